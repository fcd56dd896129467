"""A process is killed at any moment, many times, on one database: nothing that it acknowledged is lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest

from iamd.store import Store
from tests.durability.worker import USERS, WRITERS, main
from tests.store.samples import ACCOUNT, contents, indexed

pytestmark = pytest.mark.embedded("test_served_postgresql is the like of it")

ROUNDS = 24
SEED = 20261121


# Workers are forked from a process that has imported everything: starting one takes milliseconds.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.durability.worker"])


def run_and_kill(directory: Path, seed: int, acknowledgements: int) -> list[tuple[str, int]]:
    """Start a worker, kill it after that many acknowledgements, and return all that it got out."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    worker = CONTEXT.Process(target=main, args=(directory, seed, theirs))
    worker.start()
    theirs.close()
    with ours:
        told = [ours.recv_bytes() for _ in range(acknowledgements)]
        worker.kill()
        with suppress(EOFError):
            while True:
                told.append(ours.recv_bytes())
    worker.join()
    assert worker.exitcode == -9
    return [(sign, int(number)) for sign, number in (message.decode().split() for message in told)]


def users_of(directory: Path) -> tuple[set[int], int]:
    """The users after a restart, through the store, and the revision; what it loads twice is the same twice."""

    async def load() -> tuple[set[int], int]:
        store, other = Store.open_sqlite(directory), Store.open_sqlite(directory)
        await store.start()
        await other.start()
        try:
            records, again = await store.load(ACCOUNT), await other.load(ACCOUNT)
            assert contents(records) == contents(again)
            assert indexed(records) == indexed(again)
            return {int(found.id[4:]) for found in records.users}, records.revision
        finally:
            await other.close()
            await store.close()

    return asyncio.run(load())


def check_integrity(directory: Path, revision: int) -> None:
    """Every change has its revision, its row in the feed and its event; the file is sound."""
    with closing(sqlite3.connect(directory / "iamd.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        feed = connection.execute("SELECT revision FROM changes ORDER BY position").fetchall()
        assert [number for (number,) in feed] == list(range(1, revision + 1))
        events = connection.execute("SELECT revision FROM events ORDER BY position").fetchall()
        assert [number for (number,) in events] == list(range(2, revision + 1))


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    choose = random.Random(SEED)
    expected: set[int] = set()
    for number in range(ROUNDS):
        told = run_and_kill(tmp_path, number, choose.choice((1, 2, 10, 100, 400)))
        for sign, changed in told:
            assert (sign == "-") == (changed in expected)
            expected.symmetric_difference_update({changed})
        found, revision = users_of(tmp_path)
        # What was committed but not told yet may be there: of each writer, which waits for one change, one.
        untold = Counter(changed % WRITERS for changed in found ^ expected)
        assert all(count == 1 for count in untold.values()), f"round {number}: {found ^ expected}"
        expected = found
        assert found <= set(range(USERS))
        check_integrity(tmp_path, revision)
