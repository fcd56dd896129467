"""Work beside the event loop: an account's pieces follow each other, and another account waits for none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Barrier, Event
from typing import Any

import pytest

from iamd.services.aside import WAITING, aside
from iamd.wire.errors import Throttling

SECONDS = 60  # until a hanging test is given up


def run(test: Callable[[], Any]) -> Any:
    return asyncio.run(asyncio.wait_for(test(), SECONDS))


def test_an_accounts_pieces_follow_each_other() -> None:
    running: list[int] = []
    most: list[int] = []

    def work() -> None:
        running.append(1)
        most.append(len(running))
        running.pop()

    async def asked() -> None:
        await asyncio.gather(*(aside("one", work) for _ in range(8)))

    run(asked)
    assert most == [1] * 8


def test_another_account_is_served_meanwhile() -> None:
    go = Event()

    async def asked() -> str:
        busy = [asyncio.create_task(aside("one", go.wait)) for _ in range(5)]
        await asyncio.sleep(0)
        answer = await aside("two", lambda: "served")
        assert not any(each.done() for each in busy)
        go.set()
        await asyncio.gather(*busy)
        return answer

    assert run(asked) == "served"


def test_two_accounts_work_at_once() -> None:
    meeting = Barrier(2)

    async def asked() -> None:
        await asyncio.gather(aside("one", meeting.wait), aside("two", meeting.wait))

    run(asked)


def test_who_asks_for_too_much_is_throttled() -> None:
    go = Event()

    async def asked() -> None:
        busy = [asyncio.create_task(aside("one", go.wait)) for _ in range(WAITING + 1)]
        await asyncio.sleep(0)
        with pytest.raises(Throttling):
            await aside("one", int)
        assert await aside("two", int) == 0
        go.set()
        await asyncio.gather(*busy)
        assert await aside("one", int) == 0

    run(asked)


def test_work_that_nobody_waits_for_keeps_its_turn() -> None:
    begun, go = Event(), Event()

    def work() -> None:
        begun.set()
        go.wait()

    async def asked() -> None:
        left = asyncio.create_task(aside("one", work))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        left.cancel()
        after = asyncio.create_task(aside("one", int))
        assert await aside("two", int) == 0
        assert not after.done()
        go.set()
        assert await after == 0

    run(asked)


def test_a_failure_ends_the_turn() -> None:
    async def asked() -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            await aside("one", lambda: int("none"))
        assert await aside("one", int) == 0

    run(asked)
