"""The last records are at hand, without a gap."""

from __future__ import annotations

import pytest

from iamd.store.interface import Recorded
from iamd.store.sql import tail
from iamd.store.sql.tail import Tail
from tests.store.samples import ACCOUNT, NOW


class Stream:
    """Records of a stream, as a tail is given them."""

    def __init__(self) -> None:
        self.tail = Tail()
        self.at = 0

    def add(self, count: int) -> None:
        self.tail.add([Recorded(self.at + n, ACCOUNT, NOW, f"e{self.at + n}", b"") for n in range(1, count + 1)])
        self.at += count


def positions(stream: Stream, position: int, limit: int = 9) -> list[int]:
    return [record.position for record in stream.tail.behind(position, limit)]


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
