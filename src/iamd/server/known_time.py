"""What time it has surely become, for what is forgotten by age: what is gone because one clock was wrong does not come back.

No clock is believed that is ahead of the database's own, where that has one; nor one by which nothing was recorded for a
week. Ages are counted as of the newest event that is a week old. A clock that leaps ahead leaves none behind that leap for a
week, in which whoever signs requests elsewhere is refused. So what is to be forgotten may be kept for a week more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

from iamd.audit.lookup import terms
from iamd.store.interface import Window
from iamd.store.store import Store

SETTLED = timedelta(days=7)
LOOKS_EVERY = 3600.0  # seconds
_NEAR = timedelta(hours=1)  # of the newest there could be: no need to look for a newer one
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

Known = Callable[[], Awaitable[datetime]]


class KnownTime:
    """As the events of a store tell it; the `clock` is this server's, in UTC."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock
        self._known = _NEVER
        self._looks_again = 0.0

    async def now(self) -> datetime:
        """Raises StoreError."""
        if monotonic() >= self._looks_again:
            self._known = await self._look()
            self._looks_again = monotonic() + LOOKS_EVERY
        return self._known

    async def _look(self) -> datetime:
        settled, newest = min(self._clock(), await self._store.time()) - SETTLED, _NEVER
        for account_id in self._store.account_ids():
            for event in await self._store.events(Window(account_id, end=settled, limit=1), None, terms):
                newest = max(newest, event.time)
            if newest >= settled - _NEAR:
                break
        return newest
