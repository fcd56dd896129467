"""The calls that a data directory has on record."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from iamd.audit.lookup import terms
from iamd.audit.search import behind
from iamd.cli.progress import Meter
from iamd.cli.replaying.calls import Calls, Gathering, add
from iamd.store import Store
from iamd.store.interface import Window

_PAGE = 10_000


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
    with Meter(await store.last_event(), "events read") as meter:
        for account_id in accounts:
            window = Window(account_id, since, until, limit=_PAGE)
            while page := await store.events(window, None, terms):
                for event in page:
                    add(gathering, event)
                meter.advance(len(page))
                window = dataclasses.replace(window, after=behind(page[-1]))
                if gathering.is_full:
                    yield gathering.take()
    yield gathering.take()
