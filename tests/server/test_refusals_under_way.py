"""Refusals while a change is under way that they rest on."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from iamd.store import Change
from iamd.store.errors import NotWritten
from iamd.store.interface import Group
from iamd.store.kind import altered
from tests.live import live


def test_a_key_whose_end_is_not_durable_is_not_refused_for_it() -> None:
    with live() as server, ThreadPoolExecutor(1) as aside:
        iam, store = server.client("iam"), server.realm.store
        iam.create_user(UserName="alice")
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        caller = server.client("sts", key)
        account_id = caller.get_caller_identity()["Account"]
        commit, settled = store._database.commit, store.settled
        waited_for, fails = asyncio.Event(), asyncio.Event()

        def end(change: Change) -> None:
            keys = change.records(account_id).access_keys
            held = keys.get(key["AccessKeyId"])
            assert held is not None
            keys.replace(altered(held, active=False))

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
            change = asyncio.create_task(store.write(end))
            while not store.unsettled:
                await asyncio.sleep(0)
            return change

        async def give_up(change: asyncio.Task[None], asked: Future[Any]) -> None:
            while not (waited_for.is_set() or asked.done()):
                await asyncio.sleep(0.01)
            fails.set()
            await asyncio.wait({change})
            assert isinstance(change.exception(), NotWritten)
            store._database.commit = commit  # type: ignore[method-assign]

        change = server.run(begin())
        asked = aside.submit(caller.get_caller_identity)
        server.run(give_up(change, asked))
        assert asked.result()["Arn"].endswith(":user/alice")
