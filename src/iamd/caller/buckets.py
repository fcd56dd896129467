"""Token buckets: how many requests of a kind may come."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns

from iamd.node.memory import Table

SECOND = 1_000_000_000  # in nanoseconds
BURST = 5  # seconds: a bucket holds what arrives in this time
MOST = 16_384  # buckets at a time that are not full
FASTEST = 1_000_000  # tokens a second


class Buckets:
    """The buckets of a server, all its workers together; of too many, those that are soonest full give way. `clock` tells
    nanoseconds and never goes back."""

    def __init__(self, clock: Callable[[], int] = monotonic_ns) -> None:
        self._clock = clock
        self._full_at = Table(MOST, 1)  # when each bucket will be full again: all there is to know of it

    def take(self, name: tuple[str, ...], rate: int) -> bool:
        """Take a token from a bucket that gets `rate` of them a second, one at least; False: there is none."""
        now = self._clock()
        with self._full_at.entry(name, now) as entry:
            full_at = max(entry[0], now) + SECOND // rate
            if full_at - now > BURST * SECOND:
                return False
            entry[0] = full_at
        return True

    def give_back(self, name: tuple[str, ...], rate: int) -> None:
        """Undo `take`."""
        now = self._clock()
        with self._full_at.entry(name, now) as entry:
            entry[0] = max(entry[0] - SECOND // rate, now) if entry[0] else 0

    def clear(self) -> None:
        """All buckets are full again."""
        self._full_at.clear()
