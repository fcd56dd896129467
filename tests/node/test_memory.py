"""Memory that processes share: what one writes the others see, nothing stays locked, and room is bounded."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from iamd.caller.attempts import MOST, Attempts
from iamd.node.memory import Flags, Table
from iamd.node.versions import Versions
from tests.caller.test_attempts import START


def forked(work: Callable[[], None]) -> int:
    """Do that in a process of its own; returns how it ended."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def test_processes_count_together() -> None:
    attempts, versions, flags = Attempts(), Versions(), Flags(2)
    before = versions.of("a")

    def work() -> None:
        for number in range(MOST):
            attempts.count("phone", str(number), START)
        versions.change("a")
        flags.set(1, True)

    assert forked(work) == 0
    assert not attempts.count("phone", "one more", START)
    assert attempts.count("other", "first", START)
    assert versions.of("a") != before
    assert not flags.all()
    flags.set(0, True)
    assert flags.all()


def test_a_killed_process_leaves_nothing_locked() -> None:
    table = Table(8, 1)

    def work() -> None:
        with table.entry(("a",), 0) as entry:
            entry[0] = 5
            os.kill(os.getpid(), signal.SIGKILL)

    assert forked(work) == signal.SIGKILL
    with table.entry(("a",), 4) as entry:
        assert list(entry) == [5]


def test_an_entry_counts_until_its_time_and_what_matters_least_long_gives_way() -> None:
    table = Table(8, 2)
    for number in range(8):
        with table.entry((str(number),), 0) as entry:
            entry[0], entry[1] = 10 + number, 1
    with table.entry(("7",), 17) as entry:
        assert list(entry) == [0, 0]
        entry[0] = 30
    with table.entry(("new",), 9) as entry:
        assert list(entry) == [0, 0]
        entry[0] = 30
    with table.entry(("1",), 9) as entry:
        assert list(entry) == [11, 1]
    with table.entry(("0",), 9) as entry:
        assert entry[1] == 0


def test_a_change_of_everything_is_one_of_each_thing() -> None:
    versions = Versions(4)
    before = [versions.of(thing) for thing in range(4)]
    versions.change_all()
    assert all(versions.of(thing) != known for thing, known in enumerate(before))
