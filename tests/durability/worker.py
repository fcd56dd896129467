"""A process that changes a store as fast as it can, and tells of each change that was acknowledged.

Each message on the pipe is one acknowledged change: `+` or `-`, and the number of the user that was added or removed.
It ends only by being killed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from iamd.store import Change, Store
from tests.store.samples import ACCOUNT, SampleEvent, new_account, user

WRITERS = 16
USERS = 1600


def flip(number: int) -> Callable[[Change], str]:
    """Adds the user, or removes it when it is there; returns which."""

    def work(change: Change) -> str:
        users = change.records(ACCOUNT).users
        held = users.get(user(number).id)
        if held is None:
            users.add(user(number))
        else:
            users.remove(held)
        sign = "-" if held else "+"
        change.event(SampleEvent(f"{sign} {number}"))
        return sign

    return work


async def _work(directory: Path, seed: int, told: Connection) -> None:
    store = Store.open_sqlite(directory)
    await store.start()
    if not store.has_account(ACCOUNT):
        await store.write(new_account())
    choose = random.Random(seed)

    async def writer(own: int) -> None:
        """Each writer has users of its own: the order of its messages is that of its changes."""
        while True:
            number = choose.randrange(USERS // WRITERS) * WRITERS + own
            sign = await store.write(flip(number))
            told.send_bytes(f"{sign} {number}".encode())

    await asyncio.gather(*(writer(own) for own in range(WRITERS)))


def main(directory: Path, seed: int, told: Connection) -> None:
    asyncio.run(_work(directory, seed, told))
