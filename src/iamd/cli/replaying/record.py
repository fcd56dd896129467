"""The calls that a data directory has on record."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from iamd.cli.progress import Meter
from iamd.cli.replaying.calls import Calls, Gathering, add
from iamd.store import Store
from iamd.store.interface import Window
from iamd.store.rows import micros

_PAGE = 10_000
_NEVER, _EVER = -(1 << 62), 1 << 62


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking, again and again, at millions of values that are all in use."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def recorded(
    gathering: Gathering, store: Store, accounts: Iterable[str], since: datetime | None, until: datetime | None
) -> AsyncIterator[list[Calls]]:
    """Every recorded call of those accounts in that time, gathered a good many at a time."""
    start, end = _NEVER if since is None else micros(since), _EVER if until is None else micros(until)
    with Meter(await store.last_event(), "events read") as meter:
        for account_id in accounts:
            window, place = Window(account_id, since, until, limit=_PAGE), (_EVER, 0)
            while runs := await store.runs(window, place):
                for run in runs:
                    add(gathering, run, start, end)
                    meter.advance(run.length)
                place = runs[-1].place
                if gathering.is_full:
                    yield gathering.take()
    yield gathering.take()
