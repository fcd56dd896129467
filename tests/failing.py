"""A change that fails, once somebody has asked what it would have answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from iamd.store import Change
from iamd.store.errors import NotWritten
from iamd.store.interface import Group
from iamd.store.kind import altered
from tests.live import Live

T = TypeVar("T")


def meanwhile(server: Live, work: Callable[[Change], None], ask: Callable[[], T]) -> T:
    """What is answered to who asks while the work is being committed, which fails as soon as the answer waits for it, or
    is there without."""
    store = server.realm.store
    commit, settled = store._database.commit, store.settled
    waited_for, fails = asyncio.Event(), asyncio.Event()

    async def failing(group: Group) -> None:
        if group.changes:
            await fails.wait()
            raise NotWritten("no")
        await commit(group)

    async def noted() -> None:
        waited_for.set()
        await settled()

    async def begin() -> asyncio.Task[None]:
        store._database.commit = failing  # type: ignore[method-assign]
        store.settled = noted  # type: ignore[method-assign]
        change = asyncio.create_task(store.write(work))
        while not store.unsettled:
            await asyncio.sleep(0)
        return change

    async def fail(change: asyncio.Task[None], asked: Future[Any]) -> None:
        while not (waited_for.is_set() or asked.done()):
            await asyncio.sleep(0.01)
        fails.set()
        await asyncio.wait({change})
        store._database.commit = commit  # type: ignore[method-assign]
        store.settled = settled  # type: ignore[method-assign]
        assert isinstance(change.exception(), NotWritten)

    with ThreadPoolExecutor(1) as aside:
        change = server.run(begin())
        asked = aside.submit(ask)
        server.run(fail(change, asked))
        return asked.result()


def without_policies(account_id: str) -> Callable[[Change], None]:
    """Nobody has an inline policy any more."""

    def work(change: Change) -> None:
        inline = change.records(account_id).inline
        for policy in list(inline):
            inline.remove(policy)

    return work


def without_key(account_id: str, key_id: str) -> Callable[[Change], None]:
    """The key counts no more."""

    def work(change: Change) -> None:
        keys = change.records(account_id).access_keys
        held = keys.get(key_id)
        assert held is not None
        keys.replace(altered(held, active=False))

    return work
