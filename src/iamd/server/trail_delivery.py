"""Delivers trails: log files of what happened, in order, and the digests by which they are verified.

Which events a log file has, and its name, is in the store before it is in its bucket, and a digest is as a whole: what is
cut off in between is put there once more, as the same object.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from iamd.audit import record_of
from iamd.audit.log_files import BucketFile, Period, Place, digest_file, log_file
from iamd.audit.search import events_behind
from iamd.audit.selectors import takes
from iamd.server import telemetry
from iamd.server.digest_keys import signer
from iamd.server.report_places import NotPut
from iamd.server.trail_buckets import Buckets
from iamd.services.cloudtrail.event_selectors import selectors_of
from iamd.services.registry import GLOBAL
from iamd.store.change import Change
from iamd.store.errors import StoreError
from iamd.store.interface import Recorded
from iamd.store.kinds.trails import DigestChain, Trail, TrailDelivery
from iamd.store.store import Store

CHUNK = 5_000  # events looked at for a file
MAX_LOOKED = 10_000
NOTED = timedelta(hours=1)  # how often it is stored how far was looked at what a trail does not take
_GLOBAL_SOURCES = frozenset(f"{name}.amazonaws.com" for name in (*GLOBAL, "sts", "signin"))


class _Pending(msgspec.Struct):
    """A digest on its way to its bucket."""

    bucket: str
    key: str
    content: bytes
    metadata: dict[str, str]


class _Plan(msgspec.Struct, frozen=True):
    """A delivery under way: of the events behind `start` up to `end`, decided on `at` that time, when all up to `reached`
    had been delivered. `trail` is as it was then: what its selectors took is delivered, though they are changed before it
    is (a plan of an earlier version has none)."""

    reached: int
    start: int
    end: int
    at: datetime
    trail: Trail | None = None


_Life = tuple[str, str, tuple[str, ...]]
"""A trail from one StartLogging or StopLogging to the next: its account, its key, its spans."""


class TrailDeliveries:
    """Delivers all trails of a store to their buckets; the `clock` tells the time in UTC."""

    def __init__(
        self,
        store: Store,
        buckets: Buckets,
        interval: float,
        digest_interval: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._buckets = buckets
        self._interval = interval
        self._digest_interval = timedelta(seconds=digest_interval)
        self._clock = clock
        self._looked: dict[_Life, int] = {}  # past the last delivery, at what the trail does not take
        self._noted: dict[_Life, datetime] = {}  # when that was last stored, for whoever forgets old events

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            await self.turn()

    async def turn(self) -> None:
        """Deliver what there is. Failures are logged and told by GetTrailStatus, never raised."""
        try:
            last = await self._store.last_event()
            if len(self._looked) > MAX_LOOKED:
                self._looked.clear()
                self._noted.clear()
            for account_id in await self._store.holders("trails"):
                for key in [trail.key for trail in (await self._store.load(account_id)).trails]:
                    await self._attempt(account_id, key, last)
        except StoreError as error:
            telemetry.log.error("trails wait to be delivered", error=str(error))

    async def _attempt(self, account_id: str, key: str, last: int) -> None:
        try:
            while await self._deliver(account_id, key, last):
                pass
            await self._digest(account_id, key)
        except NotPut as error:
            telemetry.log.error("a trail was not delivered", account=account_id, trail=key, reason=str(error))
            await self._store.write(_noting(account_id, key, failed=self._now(), failure=str(error)))

    async def _deliver(self, account_id: str, key: str, last: int) -> bool:
        """Deliver the next events, if there are any up to `last`; whether there may be more."""
        records = await self._store.load(account_id)
        trail, delivery = records.trails.get(key), records.trail_deliveries.get(key)
        if trail is None:
            return False
        life = (account_id, key, (trail.created.isoformat(), *trail.spans))
        now, begun = self._now(), _planned(delivery)
        plan = begun or await self._plan(trail, 0 if delivery is None else delivery.reached, life, last)
        if plan is None:
            return False
        events = await self._events_of(plan)
        place = Place(account_id, trail.bucket, trail.prefix)
        made = await asyncio.to_thread(_files, plan.trail or trail, place, events, plan)
        if made or begun:
            if await self._store.write(_planning(trail, plan)) != plan:
                return True  # another process decided otherwise, and may be about to put that
            for _, file in made:
                await asyncio.to_thread(self._buckets.put, place.bucket, file.key, file.content, file.metadata)
            await self._store.write(_advancing(trail, plan, made, now))
        elif now - self._noted.setdefault(life, now) >= NOTED:
            self._noted[life] = now
            await self._store.write(_noting(account_id, key, reached=plan.end))
        self._looked[life] = plan.end
        return plan.end < last

    async def _events_of(self, plan: _Plan) -> list[Recorded]:
        """All that the plan is about, whoever made it: what this process recorded is at hand, and may end before it."""
        found: list[Recorded] = []
        position = plan.start
        while position < plan.end:
            more = await events_behind(self._store, position, min(CHUNK, plan.end - position))
            if not more:
                break  # forgotten meanwhile
            found += more
            position = more[-1].position
        return [event for event in found if event.position <= plan.end]

    async def _plan(self, trail: Trail, reached: int, life: _Life, last: int) -> _Plan | None:
        """The next events up to `last` behind those that were delivered or that the trail does not take."""
        looked = self._looked.get(life, 0)
        start = trail.pending(max(reached, looked if looked <= last else 0))  # unless everything was removed meanwhile
        if start is None or start >= last:
            return None
        events = await events_behind(self._store, start, min(CHUNK, last - start))
        return _Plan(reached, start, events[-1].position, self._now(), trail) if events else None

    async def _digest(self, account_id: str, key: str) -> None:
        """Put the digests that are due: one in the home region as long as the trail logs, and wherever files were
        delivered."""
        records, now = await self._store.load(account_id), self._now()
        trail = records.trails.get(key)
        if trail is None or not trail.validated:
            return
        chains = records.digest_chains.where("trail", key)
        if trail.is_logging and trail.region not in [chain.region for chain in chains]:
            await self._store.write(_starting(trail, now))
        for chain in chains:
            goes_on = trail.is_logging and chain.region == trail.region
            is_due = now >= chain.since + self._digest_interval and (chain.files or goes_on)
            if chain.pending or is_due:
                await self._put_digest(chain, chain.pending or await self._next_digest(trail, chain, now), now)

    async def _next_digest(self, trail: Trail, chain: DigestChain, now: datetime) -> str:
        """The next digest, once it is the next link of the chain: what it is then does not depend on who puts it where it
        belongs, or how often. Empty when another process was faster."""
        named = [msgspec.json.decode(entry) for entry in chain.files]
        previous = msgspec.json.decode(chain.previous) if chain.previous else None
        period = Period(trail.name, trail.region, chain.region, chain.since, now, named, previous)
        fingerprint, sign = await signer(self._store, trail.account_id, now)
        digest = digest_file(Place(trail.account_id, trail.bucket, trail.prefix), period, fingerprint, sign)
        made = _Pending(trail.bucket, digest.key, digest.content, dict(digest.metadata))
        pending, entry = (msgspec.json.encode(each).decode() for each in (made, digest.entry))

        def linked(change: Change) -> str:
            chains = change.records(trail.account_id).digest_chains
            if chains.get(f"{chain.trail}/{chain.region}") != chain:
                return ""
            chains.replace(chain, since=now, files=(), previous=entry, pending=pending)
            return pending

        return await self._store.write(linked)

    async def _put_digest(self, chain: DigestChain, pending: str, now: datetime) -> None:
        if not pending:
            return
        digest = msgspec.json.decode(pending, type=_Pending)
        await asyncio.to_thread(self._buckets.put, digest.bucket, digest.key, digest.content, digest.metadata)

        def put(change: Change) -> None:
            chains = change.records(chain.account_id).digest_chains
            present = chains.get(f"{chain.trail}/{chain.region}")
            if present is not None and present.pending == pending:
                chains.replace(present, pending="")
                _noting(chain.account_id, chain.trail, digested=now)(change)

        await self._store.write(put)

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)


def _files(trail: Trail, place: Place, events: Sequence[Recorded], plan: _Plan) -> list[tuple[str, BucketFile]]:
    """The log files of what the trail takes of these events, by region; the same whoever makes them."""
    selectors = selectors_of(trail)
    regions: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        if event.account_id == trail.account_id and trail.covers(event.position):
            record = record_of(event)
            region = _region(trail, record)
            if region is not None and takes(selectors, record):
                regions.setdefault(region, []).append(record)
    seed = f"{trail.arn}/{plan.start}-{plan.end}"
    return [(region, log_file(place, region, records, plan.at, seed)) for region, records in regions.items()]


def _region(trail: Trail, record: dict[str, Any]) -> str | None:
    """In which region's folder the trail has the event; None when it is of a region that the trail is not for.

    Callers may sign for regions of their own invention, which get no folders.
    """
    region: str = record["awsRegion"]
    if trail.multi_region or region == trail.region:
        return region if region in _regions() else trail.region
    return trail.region if trail.global_events and record["eventSource"] in _GLOBAL_SOURCES else None


@cache
def _regions() -> frozenset[str]:
    """The regions of AWS."""
    partitions = json.loads((files("botocore") / "data" / "partitions.json").read_bytes())["partitions"]
    return frozenset(region for partition in partitions for region in partition["regions"])


def _planned(delivery: TrailDelivery | None) -> _Plan | None:
    """The delivery under way. A program that knows of none may have gone on meanwhile."""
    if delivery is None or not delivery.planned:
        return None
    plan = msgspec.json.decode(delivery.planned, type=_Plan)
    return plan if plan.reached == delivery.reached else None


def _planning(trail: Trail, plan: _Plan) -> Callable[[Change], _Plan | None]:
    """Begin that delivery; returns the one that is under way, or None when all up to there has been delivered."""

    def work(change: Change) -> _Plan | None:
        records = change.records(trail.account_id)
        delivery = records.trail_deliveries.get(trail.key)
        if records.trails.get(trail.key) is None or plan.reached != (0 if delivery is None else delivery.reached):
            return None
        present = _planned(delivery)
        if present is None:
            _noting(trail.account_id, trail.key, planned=msgspec.json.encode(plan).decode())(change)
        return present or plan

    return work


def _advancing(
    trail: Trail, plan: _Plan, made: Sequence[tuple[str, BucketFile]], now: datetime
) -> Callable[[Change], None]:
    """Note what was delivered, unless another process has meanwhile."""

    def work(change: Change) -> None:
        records = change.records(trail.account_id)
        delivery = records.trail_deliveries.get(trail.key)
        if records.trails.get(trail.key) is None or _planned(delivery) != plan:
            return
        done = {"reached": plan.end, "planned": None, "failed": None, "failure": None}
        _noting(trail.account_id, trail.key, delivered=now, **done)(change)
        for region, file in made if trail.validated else ():
            chain = records.digest_chains.get(f"{trail.key}/{region}")
            if chain is None:
                chain = records.digest_chains.add(
                    DigestChain(trail.account_id, trail.key, region, trail.started or now)
                )
            entry = msgspec.json.encode(file.entry).decode()
            records.digest_chains.replace(chain, files=(*chain.files, entry))

    return work


def _starting(trail: Trail, now: datetime) -> Callable[[Change], None]:
    """Begin the chain of digests of the home region."""

    def work(change: Change) -> None:
        chains = change.records(trail.account_id).digest_chains
        if chains.get(f"{trail.key}/{trail.region}") is None:
            chains.add(DigestChain(trail.account_id, trail.key, trail.region, trail.started or now))

    return work


def _noting(account_id: str, key: str, **changes: Any) -> Callable[[Change], None]:
    """Note what became of a delivery."""

    def work(change: Change) -> None:
        records = change.records(account_id)
        if records.trails.get(key) is None:  # deleted meanwhile
            return
        present = records.trail_deliveries.get(key)
        if present is None:
            present = records.trail_deliveries.add(TrailDelivery(account_id, key, 0))
        records.trail_deliveries.replace(present, **changes)

    return work
