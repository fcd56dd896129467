"""Whether what was measured again and again grew, whatever it did from one time to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

_MOST_POINTS = 120  # whose pairs are compared


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be: growth by that share of the level, and by so much besides, from the end of the warm-up to the last
    measurement."""

    name: str
    unit: str
    share: float
    slack: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`level` is the median of what was measured, `grown` by how much the trend rose over the time."""

    rule: Rule
    level: float
    grown: float

    @property
    def holds(self) -> bool:
        """Whether it did not grow by more than it may."""
        return self.grown <= self.level * self.rule.share + self.rule.slack


def judge(rule: Rule, times: Sequence[float], values: Sequence[float]) -> Verdict:
    """The trend by the median of the slopes between all pairs of points (Theil and Sen), which a third of wild values
    does not move. Raises ValueError for less than two points."""
    if len(values) < 2:
        raise ValueError("a trend takes two measurements")
    step = -(-len(values) // _MOST_POINTS)
    points = list(zip(times[::step], values[::step], strict=True))
    slopes = [(b - a) / (u - t) for (t, a), (u, b) in combinations(points, 2)]
    return Verdict(rule, median(values), median(slopes) * (times[-1] - times[0]))
