"""The search for a text by cvc5, for patterns that overlap in more ways than automata can follow.

It comes with the extra `analysis`; without it such questions stay undecided. What it answers is held against the
automata, and "there is none" is its proof.
https://cvc5.github.io/docs/latest/theories/strings.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from iamd.analysis.symbolic.automaton import Automaton, Shape, casings
from iamd.analysis.symbolic.budget import Undecided
from iamd.policy.patterns import ANY, MANY
from iamd.policy.text import lower

try:
    import cvc5
except ImportError:
    cvc5 = None

Term = Any  # of cvc5, which tells no types


def is_there() -> bool:
    """Whether the extra is installed."""
    return cvc5 is not None


def find(inside: Sequence[Automaton], outside: Sequence[Automaton], filler: str, effort: int) -> str | None:
    """A text that all of `inside` accept and none of `outside`, or None when there is none. `filler` stands for the
    characters that no pattern names; `effort` limits what it may do, in units of cvc5's own, of which there are some hundred
    thousand in a second. Raises Undecided."""
    made = _Expressions()
    solver = cvc5.Solver(made.terms)
    solver.setLogic("QF_S")
    for name, value in (("produce-models", "true"), ("rlimit-per", str(effort))):
        solver.setOption(name, value)
    text = made.terms.mkConst(made.terms.getStringSort(), "text")
    for each in inside:
        solver.assertFormula(made.member(text, made.of(each)))
    for each in outside:
        solver.assertFormula(made.member(text, made.of(each)).notTerm())
    answer = solver.checkSat()
    if answer.isUnsat():
        return None
    found = _named(solver.getValue(text).getStringValue(), inside, outside, filler) if answer.isSat() else None
    if found is None or not _meets(found, inside, outside):
        raise Undecided("the patterns overlap in too many ways, for cvc5, too")
    return found


def _named(text: str, inside: Sequence[Automaton], outside: Sequence[Automaton], filler: str) -> str:
    """The text with `filler` for every character that no pattern names: all such behave alike."""
    letters = frozenset[str]().union(*(each.letters for each in (*inside, *outside)), ":")
    return "".join(char if char in letters else filler for char in text)


def _meets(text: str, inside: Sequence[Automaton], outside: Sequence[Automaton]) -> bool:
    return all(each.accepts(text) for each in inside) and not any(each.accepts(text) for each in outside)


class _Expressions:
    """Regular expressions of automata's patterns."""

    def __init__(self) -> None:
        self.terms: Any = cvc5.TermManager()
        kind = self._kind = cvc5.Kind
        self._any = self.terms.mkTerm(kind.REGEXP_ALLCHAR)
        self._all = self.terms.mkTerm(kind.REGEXP_ALL)
        sides = [self._range("\u0000", "9"), self._range(";", "\U0002ffff")]  # all but the colon between them
        self._field = self.terms.mkTerm(kind.REGEXP_UNION, *sides)
        self._all_field = self.terms.mkTerm(kind.REGEXP_STAR, self._field)

    def member(self, text: Term, expression: Term) -> Term:
        return self.terms.mkTerm(self._kind.STRING_IN_REGEXP, text, expression)

    def of(self, automaton: Automaton) -> Term:
        """What an automaton accepts."""
        options = [self._literal(text) for text in sorted(automaton.texts)]
        options += [self._pattern(lower(text) if shape.fold else text, shape) for text, shape in automaton.wild]
        return self._joined(self._kind.REGEXP_UNION, options, self.terms.mkTerm(self._kind.REGEXP_NONE))

    def _pattern(self, text: str, shape: Shape) -> Term:
        """A marked pattern, as `Automaton` reads it."""
        parts, colons = [], 0
        for at, char in enumerate(text):
            inside = colons < shape.bound
            if char == MANY:
                spans = not inside or (shape.spans and text[at + 1 : at + 2] == ":")
                parts.append(self._all if spans else self._all_field)
            elif char == ANY:
                parts.append(self._field if inside else self._any)
            else:
                parts.append(self._one_of(casings(char)) if shape.fold else self._literal(char))
                colons += char == ":"
        return self._joined(self._kind.REGEXP_CONCAT, parts, self._literal(""))

    def _one_of(self, letters: Iterable[str]) -> Term:
        none = self.terms.mkTerm(self._kind.REGEXP_NONE)
        return self._joined(self._kind.REGEXP_UNION, [self._literal(each) for each in letters], none)

    def _range(self, first: str, last: str) -> Term:
        return self.terms.mkTerm(self._kind.REGEXP_RANGE, self._string(first), self._string(last))

    def _literal(self, text: str) -> Term:
        return self.terms.mkTerm(self._kind.STRING_TO_REGEXP, self._string(text))

    def _string(self, text: str) -> Term:
        return self.terms.mkString("".join(f"\\u{{{ord(char):x}}}" for char in text), True)

    def _joined(self, kind: Any, options: list[Term], none: Term) -> Term:
        if len(options) < 2:
            return options[0] if options else none
        return self.terms.mkTerm(kind, *options)
