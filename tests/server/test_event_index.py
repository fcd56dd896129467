"""Events are indexed behind the requests' backs, and again after a failure."""

from __future__ import annotations

import asyncio
from typing import Any

from iamd.audit import ApiEvent
from iamd.audit.lookup import terms
from iamd.server.event_index import keep_indexed
from iamd.store import Store, StoreError
from tests.store.samples import ACCOUNT, NOW


class Failing:
    """A store whose database fails the first time."""

    def __init__(self, store: Store) -> None:
        self.store, self.failed, self.done = store, False, asyncio.Event()

    async def index_events(self, *given: Any) -> bool:
        if not self.failed:
            self.failed = True
            raise StoreError("the disk is full")
        more = await self.store.index_events(*given)
        if not more:
            self.done.set()
        return more


def test_block_after_block_is_indexed() -> None:
    async def run() -> bool:
        store = Store.open_sqlite(None)
        await store.start()
        for _ in range(9):
            store.append_event(ApiEvent(ACCOUNT, NOW, "iam.amazonaws.com", "GetUser", "us-east-1", "r", True))
            await store.flush()
        failing = Failing(store)
        task = asyncio.create_task(keep_indexed(failing, block=4, pause=0))  # type: ignore[arg-type]
        await failing.done.wait()
        task.cancel()
        left = await store.index_events(terms, 4)
        rest = await store.index_events(terms, 1)
        await store.close()
        return rest and not left

    assert asyncio.run(run())
