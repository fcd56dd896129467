"""The audit records that this process wrote last. Whoever looks at the stream as it comes (the index, detections) finds
them here, and need not read them back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from iamd.store.runs import Run

KEPT = 16_384  # records; twice as many at times
BYTES = 8 << 20  # of them as they are stored, likewise: clients choose how long events are

_position = attrgetter("position")


class Tail:
    """Runs without a gap: none that another process wrote lies between them. Written by one thread, read by any."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._bytes = 0

    def add(self, runs: Sequence[Run]) -> None:
        """Runs in order, as they were committed."""
        if not runs:
            return
        known = self._runs
        if not known or known[-1].position != runs[0].position - runs[0].length:
            known = []
        elif known[-1].position - known[0].position < 2 * KEPT and self._bytes < 2 * BYTES - _bytes(runs):
            known.extend(runs)
            self._bytes += _bytes(runs)
            return
        else:
            known = known[bisect_right(known, known[-1].position - KEPT, key=_position) :]
        self._runs, self._bytes = _last([*known, *runs])

    def behind(self, position: int, limit: int) -> list[Run]:
        """Runs that end behind that position, as many as have so many records behind it; as many as there are, but
        nothing when the first is not here."""
        known = self._runs
        if not known or known[0].position - known[0].length > position:
            return []
        start = bisect_right(known, position, key=_position)
        end = bisect_right(known, position + limit - 1, start, key=_position)
        return known[start : end + 1]

    def clear(self) -> None:
        """Forget all: they were removed."""
        self._runs, self._bytes = [], 0


def _last(runs: list[Run]) -> tuple[list[Run], int]:
    """The last of them, as many as BYTES hold, and how many bytes they have."""
    held, start = 0, len(runs)
    while start > 0 and held + len(runs[start - 1].stored) <= BYTES:
        start -= 1
        held += len(runs[start].stored)
    return runs[start:], held


def _bytes(runs: Sequence[Run]) -> int:
    return sum([len(run.stored) for run in runs])
