"""Fills event data stores with files of events, behind the requests' backs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from iamd.audit import record_of
from iamd.audit.lake.files import Lake, belongs
from iamd.audit.lake.process import Failed
from iamd.audit.search import events_behind
from iamd.server import telemetry
from iamd.server.known_time import Known, KnownTime
from iamd.store.change import Change
from iamd.store.errors import NoAccount, StoreError
from iamd.store.interface import Recorded
from iamd.store.kinds.event_data_stores import EventDataStore
from iamd.store.store import Store

PAUSE = 60.0  # seconds between looks for full blocks
CHUNK = 4_096  # events read at a time
KEPT = timedelta(days=7)  # stores whose deletion was asked for
STRAY = timedelta(hours=1)  # what is older and was never finished is a process's that has ended


class EventDataStores:
    """Keeps the event data stores of a database; `known` tells the time for what is forgotten."""

    def __init__(self, store: Store, lake: Lake, known: Known | None = None) -> None:
        self._store = store
        self._lake = lake
        self._known = known or KnownTime(store).now
        self._filling = asyncio.Lock()
        self._begun: set[str] = set()  # ids of stores whose files were looked at

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(PAUSE)

    async def turn(self) -> None:
        """Fill what is full, forget what is old. Failures are logged, never raised."""
        try:
            for account_id in await self._store.holders("event_data_stores"):
                for store in list((await self._store.load(account_id)).event_data_stores):
                    await self._keep(store)
        except (StoreError, NoAccount, Failed, OSError) as error:
            telemetry.log.error("event data stores wait to be filled", error=str(error))

    async def _keep(self, store: EventDataStore) -> None:
        now = await self._known()
        if store.deleted is not None and store.deleted < now - KEPT:
            await asyncio.to_thread(self._lake.forget, store)
            await self._store.write(_removing(store))
            return
        await self.fill(store, await self._store.last_event())
        await asyncio.to_thread(self._lake.expire, store, retained_since(store, now), datetime.now(UTC) - STRAY)

    async def fill(self, store: EventDataStore, last: int) -> None:
        """Write the files of the blocks that are full, `last` being the newest position, and have none. Raises
        StoreError, Failed and OSError."""
        size = self._lake.block
        async with self._filling:
            if store.id not in self._begun:  # once: later on another process may know of newer events
                await asyncio.to_thread(self._lake.drop_behind, store, last)
                self._begun.add(store.id)
            for number in self._lake.blocks(store, last):
                file = self._lake.file(store, number)
                if not file.exists():
                    await self.write(store, file, number * size, (number + 1) * size)

    async def write(self, store: EventDataStore, file: Path, first: int, last: int) -> int:
        """Write the store's events behind `first` up to `last` into a file; returns how many there are. Raises
        StoreError, Failed and OSError."""
        events = [event async for event in self._events(store, first, last)]
        newest = max((event.time for event, _ in events), default=None)
        await self._lake.write(file, _lines(events), newest)
        return len(events)

    async def _events(self, store: EventDataStore, first: int, last: int) -> AsyncIterator[tuple[Recorded, bytes]]:
        """With their records as lines of JSON."""
        while first < last:
            page = await events_behind(self._store, first, min(CHUNK, last - first))
            page = [event for event in page if event.position <= last]
            if not page:
                return
            for told in await asyncio.to_thread(_told, store, page):
                yield told
            first = page[-1].position


def _told(store: EventDataStore, events: Sequence[Recorded]) -> list[tuple[Recorded, bytes]]:
    """Those events that the store has."""
    found = []
    for event in events:
        if event.account_id == store.account_id:
            record = record_of(event)
            if belongs(store, event, record):
                found.append((event, msgspec.json.encode(record) + b"\n"))
    return found


async def _lines(events: Sequence[tuple[Recorded, bytes]]) -> AsyncIterator[bytes]:
    for _, line in events:
        yield line


def retained_since(store: EventDataStore, now: datetime) -> datetime:
    """From when on the store retains events."""
    return now - timedelta(days=store.retention_days)


def _removing(store: EventDataStore) -> Callable[[Change], None]:
    """Remove a store, unless it was restored meanwhile."""

    def work(change: Change) -> None:
        stores = change.records(store.account_id).event_data_stores
        present = stores.get(store.id)
        if present is not None and present.deleted is not None:
            stores.remove(present)

    return work
