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


def meanwhile(server: Live, work: Callable[[Change], None], ask: Callable[[], T], behind: str | None = None) -> T:
    """What is answered to who asks while the work is being committed, which fails as soon as the answer waits for it, or
    is there without. The work begins before it is asked, or `behind` the first call of that method of the store."""
    store = server.realm.store
    commit, settled = store._database.commit, store.settled
    waited_for, fails, begun = asyncio.Event(), asyncio.Event(), asyncio.Event()
    changes: list[asyncio.Task[None]] = []

    async def failing(group: Group) -> None:
        if group.changes:
            await fails.wait()
            raise NotWritten("no")
        await commit(group)

    async def noted() -> None:
        waited_for.set()
        await settled()

    async def begin() -> None:
        store._database.commit = failing  # type: ignore[method-assign]
        store.settled = noted  # type: ignore[method-assign]
        changes.append(asyncio.create_task(store.write(work)))
        while not store.unsettled:
            await asyncio.sleep(0)
        begun.set()

    async def begin_behind(method: str) -> None:
        called = getattr(store, method)

        async def first(*args: Any) -> Any:
            setattr(store, method, called)
            answered = await called(*args)
            await begin()
            return answered

        setattr(store, method, first)

    async def fail(asked: Future[Any]) -> None:
        await begun.wait()
        while not (waited_for.is_set() or asked.done()):
            await asyncio.sleep(0.01)
        fails.set()
        (change,) = changes
        await asyncio.wait({change})
        store._database.commit = commit  # type: ignore[method-assign]
        store.settled = settled  # type: ignore[method-assign]
        assert isinstance(change.exception(), NotWritten)

    with ThreadPoolExecutor(1) as aside:
        server.run(begin() if behind is None else begin_behind(behind))
        asked = aside.submit(ask)
        server.run(fail(asked))
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
