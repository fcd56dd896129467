"""Memory that processes share which were forked after it was made: a table of entries, and flags.

A process that is killed leaves nothing locked: the kernel takes its locks away.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from weakref import finalize

_WORD = 8  # bytes
_WINDOW = 8  # slots in which an entry may be


class Lock:
    """One process at a time; not for threads."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        finalize(self, os.close, self._file)

    def __enter__(self) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)


class Table:
    """`slots` entries of `words` unsigned numbers below 2**64, found by their names.

    The first number of an entry is the time until which the entry matters, in any unit that never goes back: later it
    counts as never made. When there is no room, what matters least long gives way.
    """

    def __init__(self, slots: int, words: int) -> None:
        self._memory = mmap.mmap(-1, slots * (words + 1) * _WORD)
        self._numbers = memoryview(self._memory).cast("Q")
        self._slots = slots
        self._stride = words + 1
        self._secret = secrets.token_bytes(16)  # nobody shall know which names share a slot
        self._lock = Lock()

    @contextmanager
    def entry(self, name: tuple[str, ...], now: int) -> Iterator[memoryview]:
        """The entry's numbers, all 0 where it is new, to be read and changed while no other process does."""
        digest = blake2b("\0".join(name).encode(), digest_size=16, key=self._secret).digest()
        key = int.from_bytes(digest[:_WORD]) | 1  # 0 is an empty slot
        first = int.from_bytes(digest[_WORD:]) % self._slots
        with self._lock:
            start, is_there = self._find(key, first, now)
            numbers = self._numbers[start + 1 : start + self._stride]
            if not is_there:
                self._numbers[start] = key
                for at in range(len(numbers)):
                    numbers[at] = 0
            yield numbers

    def clear(self) -> None:
        """All entries are gone."""
        with self._lock:
            self._memory[:] = bytes(len(self._memory))

    def _find(self, key: int, first: int, now: int) -> tuple[int, bool]:
        """Where the entry is and whether it counts, or where it may be made."""
        numbers, stride = self._numbers, self._stride
        places = [(first + at) % self._slots * stride for at in range(_WINDOW)]
        for start in places:
            if numbers[start] == key:
                return start, numbers[start + 1] > now
        return min(places, key=lambda start: numbers[start + 1]), False


class Flags:
    """A truth value for each of some processes."""

    def __init__(self, number: int) -> None:
        self._values = memoryview(mmap.mmap(-1, max(1, number)))[:number]  # none: of a server that is one process

    def set(self, index: int, value: bool) -> None:
        self._values[index] = value

    def all(self) -> bool:
        return all(self._values)
