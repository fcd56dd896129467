"""Work that takes long, beside the event loop: of each account one piece at a time, so that no account waits for what
another one keeps asking for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar
from weakref import WeakValueDictionary

from iamd.wire.errors import Throttling

T = TypeVar("T")

AT_ONCE = 2  # pieces of work; they share one processor with the event loop
WAITING = 16  # requests of an account that wait for their turn

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="iamd-aside")
_asked: Counter[str] = Counter()
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def aside(account_id: str, work: Callable[[], T], *, patient: bool = False) -> T:
    """What the work returns or raises, when it is the turn of the account that asks for it. Raises Throttling when many of
    its requests wait, but where one is `patient`: what it did is only to be told."""
    if _asked[account_id] > WAITING and not patient:
        raise Throttling
    _asked[account_id] += 1
    try:
        turn = _turns.setdefault(account_id, asyncio.Lock())
        await turn.acquire()
        return await asyncio.wrap_future(_begun(work, turn))
    finally:
        _asked[account_id] -= 1
        if not _asked[account_id]:
            del _asked[account_id]


def _begun(work: Callable[[], T], turn: asyncio.Lock) -> Future[T]:
    """The turn ends when the work is done, also where nobody waits for it any more."""
    loop = asyncio.get_running_loop()

    def ended(_: Future[T]) -> None:
        with suppress(RuntimeError):  # the server has stopped meanwhile
            loop.call_soon_threadsafe(turn.release)

    begun = _threads.submit(work)
    begun.add_done_callback(ended)
    return begun
