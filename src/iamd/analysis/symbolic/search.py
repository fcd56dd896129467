"""The search for a request: in all of some boxes and in none of others.

A box is what one statement covers: a list of constraints on resource and context keys, all of which must hold. Every
dimension is solved on its own. Only boxes that the request found so far is still in are looked at, one constraint of
which has to fail: the way in which lazy solvers work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from iamd.analysis.symbolic.budget import Budget
from iamd.analysis.symbolic.constraints import RESOURCES, Found, Literal, Value, key
from iamd.analysis.symbolic.resources import Resources

Box = Sequence[Literal]
_Held = tuple[tuple[Literal, ...], Value]
_State = Mapping[str, _Held]
_NOTHING_HELD: tuple[Literal, ...] = ()


class Search:
    """Answers questions about boxes; what it learns of single dimensions it keeps. `many`: whether a key may have
    several values; `resources`: which there are."""

    def __init__(self, many: Callable[[str], bool], resources: Resources, budget: Budget) -> None:
        self._many = many
        self._resources = resources
        self._hints: Mapping[str, str] = {}
        self._budget = budget
        self._solved: dict[tuple[str, frozenset[Literal]], Found | None] = {}

    def find(self, within: Sequence[Box], outside: Sequence[Box], hints: Mapping[str, str]) -> dict[str, Value] | None:
        """Values by dimension (those that do not matter are left out), or None where there are none.

        `hints`: values of keys that are tried first. Raises Undecided.
        """
        self._hints = hints
        state: _State = {}
        for literal in (literal for box in within for literal in box):
            narrowed = self._narrowed(state, literal)
            if narrowed is None:
                return None
            state = narrowed
        found = self._outside(state, outside)
        return None if found is None else {dimension: value for dimension, (_, value) in found.items()}

    def _outside(self, state: _State, boxes: Sequence[Box]) -> _State | None:
        self._budget.spend()
        inside = [box for box in boxes if not any(self._fails(state, each) for each in box)]
        if not inside:
            return state
        open_ = ([each for each in box if not self._fixed(state, each)] for box in inside)
        for constraint, wanted in min(open_, key=len):
            narrowed = self._narrowed(state, (constraint, not wanted))
            if narrowed is not None:
                found = self._outside(narrowed, boxes)
                if found is not None:
                    return found
            kept = self._narrowed(state, (constraint, wanted))
            if kept is None:
                return None  # it fails here in any case, which has been tried
            state = kept
        return None

    def _fixed(self, state: _State, literal: Literal) -> bool:
        return literal in state.get(literal[0].dimension, (_NOTHING_HELD, None))[0]

    def _fails(self, state: _State, literal: Literal) -> bool:
        """Whether the request found so far does not meet it."""
        constraint, wanted = literal
        held, value = state.get(constraint.dimension, (_NOTHING_HELD, None))
        if (constraint, not wanted) in held:
            return True
        if not held and constraint.dimension == RESOURCES:
            value = "*"
        answer = constraint.holds(value)
        return answer is not None and answer is not wanted

    def _narrowed(self, state: _State, literal: Literal) -> _State | None:
        """The state with one more constraint, or None where nothing is left."""
        constraint, wanted = literal
        dimension = constraint.dimension
        held, value = state.get(dimension, (_NOTHING_HELD, None))
        if literal in held:
            return state
        if (constraint, not wanted) in held:
            return None
        more = (*held, literal)
        if held and constraint.holds(value) is wanted:
            return {**state, dimension: (more, value)}
        found = self._solve(dimension, more)
        return None if found is None else {**state, dimension: (more, found.value)}

    def _solve(self, dimension: str, literals: tuple[Literal, ...]) -> Found | None:
        asked = (dimension, frozenset(literals))
        if asked not in self._solved:
            if dimension == RESOURCES:
                text = self._resources.find(literals, self._budget)
                self._solved[asked] = None if text is None else Found(text)
            else:
                self._solved[asked] = self._value(dimension, literals)
        return self._solved[asked]

    def _value(self, dimension: str, literals: tuple[Literal, ...]) -> Found | None:
        hint = self._hints.get(dimension)
        if hint is not None and all(each.holds(hint) is wanted for each, wanted in literals):
            return Found(hint)
        return key(literals, self._many(dimension), self._budget)
