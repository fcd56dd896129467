"""The last records are at hand, without a gap."""

from __future__ import annotations

import pytest

from iamd.store.runs import Run
from iamd.store.sql import tail
from iamd.store.sql.tail import Tail
from tests.store.samples import ACCOUNT


class Stream:
    """Records of a stream, as a tail is given them."""

    def __init__(self) -> None:
        self.tail = Tail()
        self.at = 0

    def add(self, count: int) -> None:
        self.tail.add([Run(self.at + n, ACCOUNT, 0, f"e{self.at + n}", b"") for n in range(1, count + 1)])
        self.at += count

    def add_run(self, length: int, stored: bytes = b"") -> None:
        self.at += length
        self.tail.add([Run(self.at, ACCOUNT, 0, "", stored, length)])


def positions(stream: Stream, position: int, limit: int = 9) -> list[int]:
    return [run.position for run in stream.tail.behind(position, limit)]


def test_a_tail_has_what_was_written_last_without_a_gap() -> None:
    stream = Stream()
    assert positions(stream, 0) == []
    stream.add(2)
    stream.add(2)
    assert positions(stream, 0) == [1, 2, 3, 4]
    assert positions(stream, 2, 1) == [3]
    assert positions(stream, 4) == []
    stream.at += 1  # another process wrote
    stream.add(2)
    assert positions(stream, 3) == []
    assert positions(stream, 5) == [6, 7]


def test_a_tail_keeps_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "KEPT", 3)
    stream = Stream()
    for _ in range(4):
        stream.add(3)
    assert positions(stream, 5) == []
    assert positions(stream, 6) == [7, 8, 9, 10, 11, 12][: len(positions(stream, 6))]
    assert positions(stream, 9) == [10, 11, 12]


def test_a_tail_keeps_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What events are made of may be long: whoever is denied chooses it."""
    monkeypatch.setattr(tail, "BYTES", 3000)
    stream = Stream()
    for number in range(1, 101):
        stream.add_run(1, b"x" * 1000)
        held = len(positions(stream, max(0, number - 6)))
        assert held <= 6
        assert positions(stream, number - min(number, 3)) == list(range(max(1, number - 2), number + 1))
    stream.add_run(1, b"x" * 10_000)
    assert positions(stream, 100) == []
    stream.add(2)
    assert positions(stream, 101) == [102, 103]


def test_runs_that_end_behind_a_position_are_at_hand_whole() -> None:
    stream = Stream()
    stream.add(1)
    for length in (3, 2, 4):
        stream.add_run(length)
    assert positions(stream, 1, 3) == positions(stream, 2, 2) == positions(stream, 3, 1) == [4]
    assert positions(stream, 1, 4) == positions(stream, 3, 2) == [4, 6]
    assert positions(stream, 4, 99) == [6, 10]
    stream.at += 1
    stream.add_run(3)
    assert positions(stream, 10) == []
    assert positions(stream, 11) == positions(stream, 13) == [14]
