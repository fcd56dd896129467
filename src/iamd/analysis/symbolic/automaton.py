"""Wildcard patterns as automata over whole texts.

All patterns of a list are read in one go: bit n of a state says that some pattern may have got to its n-th place. A
state of a product of automata is a tuple of such numbers, and only those that are reached are made. Characters that no
pattern names behave alike, so one of them stands for all: the alphabet is finite and small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from iamd.analysis.symbolic.budget import Undecided
from iamd.policy.memo import Memo
from iamd.policy.patterns import ANY, MANY, has_wildcards
from iamd.policy.text import lower


@dataclass(frozen=True, slots=True)
class Shape:
    """How a pattern is read: before its first `bound` colons a wildcard takes no colon, except (where it `spans`) a
    star that ends a field; `fold`: letter case does not matter."""

    bound: int = 0
    spans: bool = False
    fold: bool = False


TEXT = Shape()
FOLDED = Shape(fold=True)
ARN = Shape(bound=5)  # as conditions compare ARNs
RESOURCE = Shape(bound=5, spans=True)  # as the Resource element does
ACTION = Shape(bound=1)

_UNFOLDABLE = frozenset("\u0130\u03a3\u03c2\u03c3\u0307")  # whose lower case depends on what stands beside them
_KEPT = 64 * 1024  # symbols of the states of which an automaton remembers what is ahead
_CHARACTERS = 300_000  # of patterns whose automata are kept


class Automaton:
    """The texts that at least one of some marked patterns matches."""

    __slots__ = (
        "_ahead",
        "_loops",
        "_loops_colon",
        "_masks",
        "_symbols",
        "_wild",
        "_wild_colon",
        "final",
        "forever",
        "letters",
        "start",
        "texts",
        "wild",
    )

    def __init__(self, patterns: Iterable[tuple[str, Shape]]) -> None:
        listed = tuple(dict.fromkeys(patterns))
        self.wild = tuple((text, shape) for text, shape in listed if shape.fold or has_wildcards(text))
        plain = [text for text, shape in listed if not shape.fold and not has_wildcards(text)]
        self.texts = frozenset(plain)
        self._ahead: dict[int, tuple[str, bool]] = {}  # what has been asked of states
        self._masks: dict[str, int] = {}
        self._symbols: list[str] = []  # the characters that lead on from each bit; "" where it is a wildcard or the end
        self._wild = self._wild_colon = self._loops = self._loops_colon = 0
        self.start = self.final = self.forever = 0
        for text, shape in listed:
            self._add(lower(text) if shape.fold else text, shape)
        self.letters = frozenset(self._masks)

    @property
    def finite(self) -> bool:
        """Whether `texts` are all."""
        return not self.wild

    @property
    def empty(self) -> bool:
        """Whether there is none."""
        return not (self.texts or self.wild)

    @property
    def length(self) -> int:
        """The characters of its patterns."""
        return len(self._symbols)

    def _add(self, text: str, shape: Shape) -> None:
        if not text.isascii() and any("\ud800" <= char <= "\udfff" or char > "\uffff" for char in text):
            raise Undecided("texts with characters beyond the basic plane are not compared")  # `?` takes half of one
        bit, colons = 1 << len(self._symbols), 0
        self.start |= bit
        for at, char in enumerate(text):
            inside = colons < shape.bound
            if char == MANY:
                self._loops |= bit
                if not inside or (shape.spans and text[at + 1 : at + 2] == ":"):
                    self._loops_colon |= bit
                continue
            if char == ANY:
                self._wild |= bit
                self._wild_colon |= 0 if inside else bit
                self._symbols.append("")
            else:
                every = casings(char) if shape.fold else char
                for each in every:
                    self._masks[each] = self._masks.get(each, 0) | bit
                self._symbols.append(every)
                colons += char == ":"
            bit <<= 1
        self._symbols.append("")
        self.final |= bit
        if self._loops_colon & bit:
            self.forever |= bit

    def step(self, state: int, char: str) -> int:
        """The state after one more character."""
        if char == ":":
            return (state & (self._masks.get(char, 0) | self._wild_colon)) << 1 | state & self._loops_colon
        return (state & (self._masks.get(char, 0) | self._wild)) << 1 | state & self._loops

    def accepts(self, text: str) -> bool:
        """Whether a text is one of them."""
        if text in self.texts:
            return True
        if not self.wild:
            return False
        state = self.start
        for char in text:
            state = self.step(state, char)
            if not state:
                return False
        return bool(state & self.final)

    def covers(self, pattern: str, shape: Shape) -> bool:
        """Whether it is plain that every text of a marked pattern is one of them; False tells nothing."""
        if shape.fold:
            return False
        wild, loops = self._wild & self._wild_colon, self._loops & self._loops_colon
        state = self.start
        for char in pattern:
            if char == MANY:
                state &= loops
            elif char == ANY:
                state = (state & wild) << 1 | state & loops
            else:
                state = self.step(state, char)
            if not state:
                return False
        return bool(state & self.final)

    def ahead(self, state: int) -> tuple[str, bool]:
        """The characters that a state treats otherwise than all the rest, and whether the rest leads on, too."""
        known = self._ahead.get(state)
        if known is None:
            if len(self._ahead) * max(64, self.length) >= _KEPT:
                self._ahead.clear()
            known = self._ahead[state] = self._found_ahead(state)
        return known

    def _found_ahead(self, state: int) -> tuple[str, bool]:
        found = []
        left = state & ~self.final
        while left:
            low = left & -left
            found.append(self._symbols[low.bit_length() - 1])
            left ^= low
        return "".join(found), bool(state & (self._wild | self._loops))

    def samples(self, filler: str) -> Iterator[str]:
        """Some of the texts: every plain one, and each pattern with little in the place of its wildcards."""
        yield from self.texts
        for text, _ in self.wild:
            holed = text.replace(ANY, filler)
            yield holed.replace(MANY, filler)
            if MANY in holed:
                yield holed.replace(MANY, "")


@cache
def casings(char: str) -> str:
    """The characters whose lower case is a (lower-case) character. Raises Undecided where it depends on the others."""
    if char in _UNFOLDABLE:
        raise Undecided(f"letter case of `{char}` depends on the letters beside it and is not compared")
    return "".join(_lowered().get(char, (char,)))


@cache
def _lowered() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in range(0x10000):
        folded = lower(chr(code))
        if len(folded) == 1:
            found.setdefault(folded, []).append(chr(code))
    return found


def machine(patterns: Iterable[tuple[str, Shape]]) -> Automaton:
    """The automaton of marked patterns, each read in its way; alike lists share one."""
    return _kept(tuple(patterns))


_kept = Memo(Automaton, _CHARACTERS)


def automaton(patterns: Iterable[str], shape: Shape) -> Automaton:
    """The automaton of marked patterns that are all read alike."""
    return machine((text, shape) for text in patterns)


EVERYTHING = automaton((MANY,), TEXT)
NOTHING = automaton((), TEXT)
EVERY_ARN = automaton(("arn" + f":{MANY}" * 5,), TEXT)
