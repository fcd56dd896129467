"""How much work an answer may take: beyond it there is none, never a wrong one."""

from __future__ import annotations

STEPS = 500_000  # moves of automata, branches of the search, values tried: some seconds of work
STATEMENTS = 400  # of both sides together; AWS's own limits allow half as many


class Undecided(Exception):
    """A question that cannot be answered within the limits; `str()` says what stood in the way."""


class Budget:
    """The steps that are left to one question."""

    __slots__ = ("_left", "_steps")

    def __init__(self, steps: int = STEPS) -> None:
        self._steps = self._left = steps

    @property
    def spent(self) -> int:
        """The steps that have been taken."""
        return self._steps - self._left

    def spend(self, steps: int = 1) -> None:
        """Raises Undecided when nothing is left."""
        self._left -= steps
        if self._left < 0:
            raise Undecided(
                f"no answer within {self._steps} steps: the patterns or conditions overlap in too many ways"
            )
