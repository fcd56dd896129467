"""The calls that a data directory has on record."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from iamd.audit.lookup import terms
from iamd.audit.search import behind
from iamd.cli.progress import Meter
from iamd.cli.replaying.calls import Gathering, add
from iamd.store import Store
from iamd.store.interface import Window

_PAGE = 10_000


async def gather(store: Store, accounts: Iterable[str], since: datetime | None, until: datetime | None) -> Gathering:
    """Every recorded call of those accounts in that time."""
    gathering = Gathering()
    with Meter(await store.last_event(), "events read") as meter:
        for account_id in accounts:
            window = Window(account_id, since, until, limit=_PAGE)
            while page := await store.events(window, None, terms):
                for event in page:
                    add(gathering, event)
                meter.advance(len(page))
                window = dataclasses.replace(window, after=behind(page[-1]))
    return gathering
