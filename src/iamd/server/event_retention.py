"""Forgets audit events that are older than they are to be kept, behind the requests' backs."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from iamd.audit.lake.files import Lake
from iamd.server import telemetry
from iamd.server.known_time import Known, KnownTime
from iamd.store.errors import NoAccount, StoreError
from iamd.store.store import Store

PAUSE = 3600.0  # seconds
CHUNK = 2_000  # events that are removed in one transaction


class EventRetention:
    """Keeps the events of a store for so many days, and longer what a trail or an event data store still waits for.

    What was delivered or written stays where it is; digests go on, because they tell of files, not of the database.
    """

    def __init__(self, store: Store, lake: Lake | None, days: int, known: Known | None = None) -> None:
        self._store = store
        self._lake = lake
        self._length = timedelta(days=days)
        self._known = known or KnownTime(store).now

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(PAUSE)

    async def turn(self) -> None:
        """Forget what is due. Failures are logged, never raised."""
        try:
            before = await self._bound(await self._known() - self._length)
            for account_id in self._store.account_ids():
                while await self._store.forget_events(account_id, before, CHUNK) == CHUNK:
                    await asyncio.sleep(0)
        except (StoreError, NoAccount) as error:
            telemetry.log.error("old events wait to be forgotten", error=str(error))

    async def _bound(self, before: datetime) -> datetime:
        """Before which time events may be forgotten: at most `before`."""
        last = await self._store.last_event()
        needed = min([last, *await self._trails(), *await self._stores(last)])
        if needed == last:
            return before
        return min(before, await self._store.oldest_event_behind(needed) or before)

    async def _trails(self) -> list[int]:
        """Behind which positions trails have yet to deliver."""
        found = []
        for account_id in await self._store.holders("trails"):
            records = await self._store.load(account_id)
            for trail in records.trails:
                delivery = records.trail_deliveries.get(trail.key)
                pending = trail.pending(0 if delivery is None else delivery.reached)
                if pending is not None:
                    found.append(pending)
        return found

    async def _stores(self, last: int) -> list[int]:
        """Behind which positions event data stores have no files yet."""
        found: list[int] = []
        if self._lake is None:
            return found
        for account_id in await self._store.holders("event_data_stores"):
            for store in (await self._store.load(account_id)).event_data_stores:
                missing = (at for at in self._lake.blocks(store, last) if not self._lake.file(store, at).exists())
                behind = next(missing, last // self._lake.block) * self._lake.block
                if any(span.last is None or span.last > behind for span in store.spans):
                    found.append(behind)
        return found
