"""What grows is found, what only moves is not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soak.growth import Rule, judge
from soak.watching import Measured, verdicts

RULE = Rule("memory", "MiB", 0.05, 1.0)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.floats(50, 500), st.integers(40, 400))
def test_wild_values_are_no_growth_and_hide_none(choice: random.Random, level: float, number: int) -> None:
    times = [5.0 * each for each in range(number)]
    still = [level + choice.uniform(-0.01, 0.01) * level for _ in times]
    rising = [value + 0.2 * level * at / times[-1] for at, value in zip(times, still, strict=True)]
    for values, holds in ((still, True), (rising, False)):
        for place in choice.sample(range(number), number // 10):
            values[place] += choice.choice([-0.5, 5.0]) * level
        assert judge(RULE, times, values).holds is holds


def test_a_trend_takes_two_measurements() -> None:
    with pytest.raises(ValueError, match="two measurements"):
        judge(RULE, [1.0], [1.0])


def run(**rates: float) -> dict[str, bool]:
    """Whether each rule holds for a server that takes so much more each second, after a minute of warming up."""
    measured = []
    for at in range(0, 1200, 5):
        memory = 100 + min(at, 60) + rates.get("memory", 0.0) * at
        files, threads = 30 + int(rates.get("files", 0.0) * at), 6 + int(rates.get("threads", 0.0) * at)
        disk = 1000 * at + int(rates.get("disk", 0.0) * at**2)
        measured.append(
            Measured(float(at), 10 * at, memory, files, threads, disk, 0.01 * at + rates.get("cpu", 0.0) * at**2)
        )
    return {each.rule.name: each.holds for each in verdicts(measured, 300)}


@pytest.mark.parametrize(
    ("rates", "name"),
    [
        ({"memory": 0.02}, "memory"),
        ({"files": 0.01}, "open files"),
        ({"threads": 0.01}, "threads"),
        ({"disk": 1.0}, "disk for a step"),
        ({"cpu": 1e-5}, "CPU for a step"),
    ],
)
def test_each_kind_of_leak_is_found_and_only_it(rates: dict[str, float], name: str) -> None:
    assert set(run().values()) == {True}
    assert {each for each, holds in run(**rates).items() if not holds} == {name}
