"""The audit records that this process wrote last. Whoever looks at the stream as it comes (the index, detections) finds
them here, and need not read them back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from iamd.store.runs import Run

KEPT = 16_384  # records; twice as many at times

_position = attrgetter("position")


class Tail:
    """Runs without a gap: none that another process wrote lies between them. Written by one thread, read by any."""

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def add(self, runs: Sequence[Run]) -> None:
        """Runs in order, as they were committed."""
        if not runs:
            return
        known = self._runs
        if not known or known[-1].position != runs[0].position - runs[0].length:
            self._runs = list(runs)
        elif known[-1].position - known[0].position < 2 * KEPT:
            known.extend(runs)
        else:
            self._runs = [*known[bisect_right(known, known[-1].position - KEPT, key=_position) :], *runs]

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
        self._runs = []
