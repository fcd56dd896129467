"""Times of two things that take turns, round by round. What is told is the median over the rounds of each round's median,
of its 99th percentile, and of the two things' ratios: what else happens on the machine spoils some rounds, not the figure.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Rounds:
    """Median and 99th percentile of every round, in seconds."""

    middle: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, seconds: Sequence[float]) -> None:
        """A round's times, each of one occurrence."""
        self.middle.append(statistics.median(seconds))
        self.high.append(statistics.quantiles(seconds, n=100)[98])

    def told(self, beside: Rounds | None = None) -> str:
        text = f"p50 {statistics.median(self.middle) * 1e6:6.1f} us, p99 {statistics.median(self.high) * 1e6:7.1f} us"
        if beside is None:
            return text
        return f"{text} = {_times(self.middle, beside.middle):.2f}, {self.ratio(beside):.2f} times"

    def ratio(self, beside: Rounds) -> float:
        """How many times as much as the other one at the 99th percentile."""
        return _times(self.high, beside.high)


def _times(own: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(mine / theirs for mine, theirs in zip(own, others, strict=True))
