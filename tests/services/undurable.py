"""Changes that are made, and never become durable: what is told meanwhile must not tell of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

import pytest

from iamd.store.change import Change
from iamd.store.errors import StoreError
from tests.live import Live
from tests.store.samples import Gate

T = TypeVar("T")


def while_undurable(server: Live, work: Callable[[Change], object], ask: Callable[[], T]) -> tuple[bool, T]:
    """Whether an answer waited for a change that was under way, and the answer, given once its commit had failed."""
    store = server.realm.store
    loop, known = server.loop, store._database.commit
    answers: list[T] = []
    asking = Thread(target=lambda: answers.append(ask()))

    async def begun() -> tuple[Gate, asyncio.Task[object]]:
        gate = Gate(store)
        writing: asyncio.Task[object] = asyncio.create_task(store.write(work))
        await gate.reached.wait()
        return gate, writing

    async def failed(gate: Gate, writing: asyncio.Task[object]) -> None:
        gate.failure = StoreError("disk full")
        gate.opened.set()
        with pytest.raises(StoreError):
            await writing
        store._database.commit = known  # type: ignore[method-assign]

    gate, writing = server.run(begun())
    asking.start()
    deadline = time.monotonic() + 20
    while asking.is_alive() and not _waits(server) and time.monotonic() < deadline:
        time.sleep(0.005)
    waited = asking.is_alive() and _waits(server)
    asyncio.run_coroutine_threadsafe(failed(gate, writing), loop).result(20)
    asking.join(20)
    return waited, answers[0]


def _waits(server: Live) -> bool:
    committer = server.realm.store._committer
    return any(batch is not None and batch._reads for batch in (committer._committing, committer._filling))
