"""Keeps the index over audit events up to date, behind the requests' backs."""

from __future__ import annotations

import asyncio

from iamd.audit.lookup import terms
from iamd.server import telemetry
from iamd.store.errors import StoreError
from iamd.store.store import Store

BLOCK = 8192
"""Events to a block. A look-up by attribute looks through the newest events, up to so many, and then asks the index;
the fewer, the more rows the index has."""
PAUSE = 2.0  # seconds


async def keep_indexed(store: Store, block: int = BLOCK, pause: float = PAUSE) -> None:
    """Index block after block until cancelled. A database that fails is asked again; whoever looks something up
    meanwhile finds it, only later."""
    while True:
        try:
            while await store.index_events(terms, block):
                await asyncio.sleep(0)
        except StoreError as error:
            telemetry.log.error("events wait to be indexed", error=str(error))
        await asyncio.sleep(pause)
