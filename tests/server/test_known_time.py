"""What is forgotten by age is not forgotten because one clock is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from iamd.server.event_retention import EventRetention
from iamd.server.history import keep_days
from iamd.server.known_time import SETTLED, KnownTime
from iamd.store import Store
from iamd.store.interface import Window
from tests.store.samples import ACCOUNT, SampleEvent, add_user, new_account, on_loop, running

DAY = timedelta(days=1)
TODAY = datetime.now(UTC)
LEAP = TODAY + 150 * DAY
MOMENT = timedelta(seconds=1)


@asynccontextmanager
async def recorded(days: int = 30) -> AsyncIterator[Store]:
    """A store in which something was recorded on each of the last days."""
    async with running(Store.open_sqlite(None)) as store:
        await store.write(new_account())
        for ago in range(days, -1, -1):
            store.append_event(SampleEvent(f"day-{ago}", time=TODAY - ago * DAY))
        yield store


async def known(store: Store, clock: datetime) -> datetime:
    return await KnownTime(store, lambda: clock).now()


async def told(store: Store) -> int:
    return len(await store.events(Window(ACCOUNT, limit=100), None, lambda event: frozenset()))


@on_loop
async def test_it_is_known_a_week_later_what_time_it_was() -> None:
    async with recorded() as store:
        assert await known(store, TODAY + MOMENT) == TODAY - SETTLED
        assert await known(store, TODAY - 40 * DAY) < TODAY - 1000 * DAY
        for account_id in ("210987654321", "310987654321"):
            await store.write(new_account(account_id))
        store.append_event(SampleEvent("elsewhere", "210987654321", time=TODAY - 7.5 * DAY))
        assert await known(store, TODAY - MOMENT) == TODAY - 7.5 * DAY


@on_loop
async def test_a_clock_that_leaps_ahead_is_not_believed_for_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    async with recorded() as store:
        monkeypatch.setattr(store._database, "time", lambda: asyncio.sleep(0, LEAP + 9 * DAY))
        for day in range(7):
            store.append_event(SampleEvent(f"leapt-{day}", time=LEAP + day * DAY))
            assert await known(store, LEAP + day * DAY) == TODAY
        assert await known(store, LEAP + SETTLED) == LEAP


@on_loop
async def test_no_clock_is_believed_that_is_ahead_of_the_database_s_own() -> None:
    async with recorded() as store:
        for day in range(30):
            store.append_event(SampleEvent(f"leapt-{day}", time=LEAP + day * DAY))
        assert await known(store, LEAP + 30 * DAY) == TODAY - SETTLED


@on_loop
async def test_nothing_is_forgotten_early_by_a_clock_that_is_months_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    async with recorded() as store:
        monkeypatch.setattr(store._database, "time", lambda: asyncio.sleep(0, LEAP))
        await store.write(add_user(1))
        store.append_event(SampleEvent("leapt", time=LEAP))
        before, touched = await told(store), len(await store.history(ACCOUNT))
        ahead = KnownTime(store, lambda: LEAP).now
        await EventRetention(store, None, 60, ahead).turn()
        forgotten, forget = asyncio.Event(), store.forget

        async def noted(before: datetime) -> None:
            await forget(before)
            forgotten.set()

        monkeypatch.setattr(store, "forget", noted)
        keeping = asyncio.create_task(keep_days(store, 60, ahead, pause=0))
        await forgotten.wait()
        keeping.cancel()
        assert await told(store) == before
        assert len(await store.history(ACCOUNT)) == touched
