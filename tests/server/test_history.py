"""How long the past is kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from iamd.server.history import keep_days
from iamd.store.errors import StoreError


class Forgetful:
    """A store that fails the first time, and then notes what it is to forget."""

    def __init__(self) -> None:
        self.failed = False
        self.forgotten: asyncio.Future[datetime] = asyncio.get_running_loop().create_future()

    async def forget(self, before: datetime) -> None:
        if not self.failed:
            self.failed = True
            raise StoreError("the disk is full")
        if not self.forgotten.done():
            self.forgotten.set_result(before)


def test_what_is_older_than_the_setting_is_forgotten_again_and_again() -> None:
    async def known() -> datetime:
        return datetime.now(UTC)

    async def main() -> None:
        store = Forgetful()
        task = asyncio.create_task(keep_days(store, 30, known, pause=0))  # type: ignore[arg-type]
        before = await asyncio.wait_for(store.forgotten, 60)
        task.cancel()
        assert timedelta(0) <= datetime.now(UTC) - timedelta(days=30) - before < timedelta(minutes=1)

    asyncio.run(main())
