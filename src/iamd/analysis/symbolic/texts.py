"""Sets of texts, and the search for a text that is in some of them and outside others."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

from iamd.analysis.symbolic import smt
from iamd.analysis.symbolic.automaton import EVERY_ARN, Automaton
from iamd.analysis.symbolic.budget import Budget, Undecided

_FILLERS = "xyzwvutsrqponmlkjihgfedcba0123456789-_"
# The states of a product of automata that are followed before cvc5 is asked, and how much it may do: it is best at what
# automata are worst at, and the other way round.
_EFFORT = 20  # of cvc5's units that take as long as one step
STAGES = ((500, 20_000), (30_000, 200_000))
_OPAQUE = 6  # texts with variables in one question about one value


@dataclass(frozen=True, slots=True)
class Opaque:
    """A text with variables that nothing is known of but its wording: what it matches is among `widened`."""

    text: str
    widened: Automaton


@dataclass(frozen=True, slots=True)
class TextSet:
    """The texts that patterns match. `arns`: only ARNs can be outside of it (as the negated ARN operators have it)."""

    known: Automaton
    opaque: tuple[Opaque, ...] = ()
    arns: bool = False

    def has(self, text: str) -> bool | None:
        """Whether a text is in it; None where that depends on variables."""
        if self.known.accepts(text):
            return True
        return None if any(each.widened.accepts(text) for each in self.opaque) else False


Want = tuple[TextSet, bool]  # a set, and whether the text is to be in it
_Demand = tuple[Automaton, bool]


def find(wants: Sequence[Want], budget: Budget) -> str | None:
    """A text that is in the sets that it is to be in and in no other, or None when there is none.

    What texts with variables match is left open: an answer may need a value that they cannot have, None is certain.
    Raises Undecided.
    """
    opaque = {each.text: each for text_set, _ in wants for each in text_set.opaque}
    if len(opaque) > _OPAQUE:
        raise Undecided(f"more than {_OPAQUE} texts with variables bear on one value")
    for picked in product((False, True), repeat=len(opaque)):
        matched = {text for text, is_matched in zip(opaque, picked, strict=True) if is_matched}
        basis: list[_Demand] = [(opaque[text].widened, True) for text in matched]
        for demands in _demands(wants, matched):
            found = _search([*basis, *demands], budget)
            if found is not None:
                return found
    return None


def _demands(wants: Sequence[Want], matched: set[str]) -> list[list[_Demand]]:
    """The ways to meet all wants, when just these texts with variables match."""
    ways: list[list[_Demand]] = [[]]
    for text_set, inside in wants:
        hit = any(each.text in matched for each in text_set.opaque)
        if inside:
            options: list[list[_Demand]] = [[]] if hit else [[(text_set.known, True)]]
            if text_set.arns and not hit:
                options.append([(EVERY_ARN, False)])
        elif hit:
            return []
        else:
            options = [[(text_set.known, False), *([(EVERY_ARN, True)] if text_set.arns else [])]]
        ways = [[*way, *option] for way in ways for option in options]
    return ways


class _Large(Exception):
    """A product has more states than are followed."""


# What has been found out: comparisons of one policy with parts or copies of itself ask the same again and again.
_answers: dict[tuple[frozenset[Automaton], frozenset[Automaton]], tuple[str | None]] = {}
_KEPT = 8_192
_LONGEST = 2_048  # characters of the patterns of one of them


def _search(demands: Sequence[_Demand], budget: Budget) -> str | None:
    inside = list(dict.fromkeys(each for each, wanted in demands if wanted))
    outside = list(dict.fromkeys(each for each, wanted in demands if not wanted))
    if any(each in outside for each in inside):
        return None
    budget.spend()
    asked = frozenset(inside), frozenset(outside)
    known = _answers.get(asked)  # another thread may clear them meanwhile
    if known is None:
        known = (_found(inside, outside, budget),)
        if sum(each.length for each in (*inside, *outside)) <= _LONGEST:
            if len(_answers) >= _KEPT:
                _answers.clear()
            _answers[asked] = known
    return known[0]


def _found(inside: list[Automaton], outside: list[Automaton], budget: Budget) -> str | None:
    finite = min((each for each in inside if each.finite), key=lambda each: len(each.texts), default=None)
    letters = frozenset[str]().union(*(each.letters for each in (*inside, *outside)))
    filler = _filler(letters)
    samples = ("", filler) if not inside else min(inside, key=lambda each: len(each.wild)).samples(filler)
    for text in samples if finite is None else sorted(finite.texts):
        budget.spend()
        if all(each.accepts(text) for each in inside) and not any(each.accepts(text) for each in outside):
            return text
    if finite is not None or any(_all_outside(each, outside) for each in inside):
        return None
    for states, effort in STAGES if smt.is_there() else ():
        with suppress(_Large):
            return _walk(inside, outside, filler, budget, states)
        budget.spend(effort // _EFFORT)
        with suppress(Undecided):
            return smt.find(inside, outside, filler, effort)
    return _walk(inside, outside, filler, budget, None)


def _all_outside(inside: Automaton, outside: Sequence[Automaton]) -> bool:
    """Whether it is plain, without a walk, that all texts of an automaton are among those of others."""
    return all(any(each.accepts(text) for each in outside) for text in inside.texts) and all(
        any(each.covers(text, shape) for each in outside) for text, shape in inside.wild
    )


def _filler(letters: frozenset[str]) -> str:
    """A character that no pattern names, a readable one if there is one."""
    readable = next((char for char in _FILLERS if char not in letters), None)
    return readable or next(chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in letters)


def _walk(
    inside: list[Automaton], outside: list[Automaton], filler: str, budget: Budget, limit: int | None
) -> str | None:
    """The shortest text, by breadth-first search of the product. Raises _Large for more states
    than `limit`."""
    count = len(inside)
    start = tuple(each.start for each in (*inside, *outside))
    machines = (*inside, *outside)
    came: dict[tuple[int, ...], tuple[tuple[int, ...], str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        if all(state[at] & each.final for at, each in enumerate(inside)) and not any(
            state[count + at] & each.final for at, each in enumerate(outside)
        ):
            return _spelled(came, state)
        budget.spend(len(machines))
        if limit is not None and len(came) > limit:
            raise _Large
        for char in _next(machines, count, state, filler):
            reached = tuple([each.step(now, char) for each, now in zip(machines, state, strict=True)])
            if reached in came or not all(reached[:count]):
                continue
            if any(now & each.forever for each, now in zip(outside, reached[count:], strict=True)):
                continue
            came[reached] = (state, char)
            waiting.append(reached)
    return None


def _next(machines: Sequence[Automaton], count: int, state: tuple[int, ...], filler: str) -> list[str]:
    """The characters to go on with: one (`filler`) stands for all that no pattern waits for."""
    special = {filler, ":"}
    for at, (each, now) in enumerate(zip(machines, state, strict=True)):
        chars, others = each.ahead(now)
        if at < count and not others:
            return sorted(set(chars))
        special.update(chars)
    return [filler, *sorted(special - {filler})]


def _spelled(came: dict[tuple[int, ...], tuple[tuple[int, ...], str] | None], state: tuple[int, ...]) -> str:
    chars = []
    step = came[state]
    while step is not None:
        state, char = step
        chars.append(char)
        step = came[state]
    return "".join(reversed(chars))
