"""Versions of things, in memory that processes share which were forked after it was made: see `memory`."""

from __future__ import annotations

import mmap
from collections.abc import Hashable
from typing import Final

from iamd.node.memory import Lock

_WORD: Final = 8  # bytes


class Versions:
    """How often things were changed; a few thousand counters stand for all things there are.

    INVARIANT: processes are forked, so that `hash` says the same of a thing in all of them.
    """

    def __init__(self, counters: int = 4096) -> None:
        self._numbers = memoryview(mmap.mmap(-1, (1 + counters) * _WORD)).cast("Q")
        self._counters = counters
        self._lock = Lock()

    def of(self, thing: Hashable) -> int:
        """A number that is another one after each change, of this thing or one that shares its counter."""
        return self.at(self.counter(thing))

    def counter(self, thing: Hashable) -> int:
        """Which counter stands for the thing, for `at`."""
        return 1 + hash(thing) % self._counters

    def at(self, counter: int) -> int:
        """As `of`, for who knows the counter."""
        return self._numbers[0] + self._numbers[counter]

    def change(self, thing: Hashable) -> None:
        """Count a change."""
        self._count(self.counter(thing))

    def change_all(self) -> None:
        """Count a change of everything."""
        self._count(0)

    def _count(self, at: int) -> None:
        with self._lock:
            self._numbers[at] += 1
