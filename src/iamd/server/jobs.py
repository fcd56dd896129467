"""What a server does beside answering requests: each job runs until the server stops, or leads no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import partial
from shutil import rmtree
from time import perf_counter
from typing import Any

from iamd.audit.lake.files import Lake
from iamd.server.closed_accounts import ClosedAccounts
from iamd.server.detections import Detections
from iamd.server.event_data_stores import EventDataStores
from iamd.server.event_index import keep_indexed
from iamd.server.event_queries import Deliver, EventQueries
from iamd.server.event_retention import EventRetention
from iamd.server.finding_sinks import Outbox
from iamd.server.history import keep_days
from iamd.server.leadership import Leadership
from iamd.server.query_delivery import delivered
from iamd.server.report_places import place_of
from iamd.server.report_schedule import ReportSchedule
from iamd.server.trail_buckets import buckets_at
from iamd.server.trail_delivery import TrailDeliveries
from iamd.services.call import Realm
from iamd.settings import Settings
from iamd.store.errors import StoreError
from iamd.store.store import Store

_LOOKS_EVERY = 1.0  # seconds between looks for what other processes have committed


@asynccontextmanager
async def jobs(settings: Settings, realm: Realm, *, fills_lake: bool = True) -> AsyncIterator[Leadership]:
    """Do meanwhile what is done beside the requests, as the settings say: some of it only while this server leads, and
    one of a machine's workers fills the lake."""
    outbox = Outbox(settings.findings_to)
    leadership = Leadership(realm.store.lead, partial(_of_the_leader, settings, realm, outbox))
    async with (
        meanwhile(_keep_current(realm.store)),
        meanwhile(outbox.run()),
        _event_data_stores(settings, realm.store, realm.lake if fills_lake else None),
        meanwhile(leadership.run()),
    ):
        yield leadership


async def _keep_current(store: Store) -> None:
    """Take in what other processes commit, also while nobody asks this one: jobs go by the records in memory, and else
    only requests look whether these are current."""
    while True:
        with suppress(StoreError):  # whoever needs the database tells that it is away
            await store.refresh(perf_counter())
        await asyncio.sleep(_LOOKS_EVERY)


@asynccontextmanager
async def _of_the_leader(settings: Settings, realm: Realm, outbox: Outbox) -> AsyncIterator[None]:
    """Do meanwhile what one server does for all. Begun anew, nothing is remembered but what the database has."""
    store = realm.store
    history = meanwhile(keep_days(store, settings.history_days)) if settings.history_days else nullcontext()
    retention = EventRetention(store, realm.lake, settings.event_days)
    async with (
        _reports(settings, store),
        _trails(settings, store),
        meanwhile(keep_indexed(store)),
        meanwhile(Detections(realm, outbox).run()) if settings.detections else nullcontext(),
        history,
        meanwhile(retention.run()) if settings.event_days else nullcontext(),
        meanwhile(ClosedAccounts(store).run()),
    ):
        yield


@asynccontextmanager
async def _event_data_stores(settings: Settings, store: Store, lake: Lake | None) -> AsyncIterator[None]:
    """Fill event data stores and run their queries meanwhile, if there can be any: every machine has files of its own, and
    a query is run by the server that takes it first."""
    if lake is None:
        yield
        return
    stores = EventDataStores(store, lake)
    try:
        queries = EventQueries(store, lake, stores, _query_delivery(settings, store))
        async with meanwhile(stores.run()), meanwhile(queries.run()):
            yield
    finally:
        if settings.in_memory:
            rmtree(lake.folder, ignore_errors=True)


def _query_delivery(settings: Settings, store: Store) -> Deliver | None:
    """What puts results of queries into the buckets of trails, if the settings say where they are."""
    if settings.trail_buckets is None:
        return None
    buckets, region = buckets_at(settings.trail_buckets), settings.region
    return lambda query, now: delivered(store, buckets, query, region, now.replace(microsecond=0))


@asynccontextmanager
async def _reports(settings: Settings, store: Store) -> AsyncIterator[None]:
    """Write credential reports meanwhile, if the settings say so."""
    if settings.report_to is None or settings.report_schedule == "off":
        yield
        return
    schedule = ReportSchedule(store, place_of(settings.report_to), settings.report_schedule, settings.report_format)
    async with meanwhile(schedule.run()):
        yield


@asynccontextmanager
async def _trails(settings: Settings, store: Store) -> AsyncIterator[None]:
    """Deliver trails meanwhile, if the settings say where to."""
    if settings.trail_buckets is None:
        yield
        return
    buckets = buckets_at(settings.trail_buckets)
    deliveries = TrailDeliveries(store, buckets, settings.trail_interval, settings.trail_digest_interval)
    async with meanwhile(deliveries.run()):
        yield


@asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do that work, which never ends, until the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
