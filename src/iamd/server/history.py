"""Forgets what is older than the history that is to be kept, behind the requests' backs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from iamd.server import telemetry
from iamd.server.known_time import Known, KnownTime
from iamd.store.errors import StoreError
from iamd.store.store import Store

PAUSE = 3600.0  # seconds


async def keep_days(store: Store, days: int, known: Known | None = None, pause: float = PAUSE) -> None:
    """Let every account be rebuilt as it was on any of the last so many days, and no earlier; until cancelled."""
    known = known or KnownTime(store).now
    while True:
        try:
            await store.forget(await known() - timedelta(days=days))
        except StoreError as error:
            telemetry.log.error("old history waits to be forgotten", error=str(error))
        await asyncio.sleep(pause)
