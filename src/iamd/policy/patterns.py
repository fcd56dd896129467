"""Wildcard patterns, matched in linear time.

A pattern is kept as *marked* text: every `*` and `?` that is a wildcard is replaced by a marker character that no
document and no context value can hold, so that the literal asterisks that `${*}` or a policy variable bring in stay
plain text. Nothing here backtracks and no regular expression sees a policy's text: a hostile pattern costs time in
proportion to the value that it is matched against, never more.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .text import shared

if TYPE_CHECKING:
    from .variables import Context

ANY = "\x00"  # stands for one UTF-16 code unit
MANY = "\x01"  # stands for any number of them, none included


def mark(text: str) -> str:
    """The text with its wildcards turned into markers."""
    return text.replace("*", MANY).replace("?", ANY)


def is_plain(value: str) -> bool:
    """Whether a value may be put into a pattern: it holds no marker."""
    return ANY not in value and MANY not in value


def has_wildcards(marked: str) -> bool:
    return ANY in marked or MANY in marked


def units(text: str) -> str:
    """The text as UTF-16 code units, each one character: `?` matches half of a supplementary character."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    raw = text.encode("utf-16-be", "surrogatepass")
    return "".join(chr(raw[at] << 8 | raw[at + 1]) for at in range(0, len(raw), 2))


def begins(value: str, texts: str | tuple[str, ...]) -> bool:
    """Whether the value begins with the text, or with one of several."""
    if isinstance(texts, str):
        return value.startswith(texts)
    return value.startswith(texts)  # the same to Python, and twice as fast when it is compiled


def beginnings(texts: str | tuple[str, ...]) -> list[str]:
    """The marked patterns of what begins with the text, or with one of several."""
    return [text + MANY for text in ((texts,) if isinstance(texts, str) else texts)]


class Matcher:
    """Something that a whole text can match."""

    __slots__ = ()

    def matches(self, value: str) -> bool:
        raise NotImplementedError

    def covers(self, value: str, context: Context, missing: list[str]) -> bool:
        """The same under a request's context, which only variables ask for."""
        return self.matches(value)

    def patterns(self) -> list[str] | None:
        """The marked patterns that it is made of, for an index; None where they do not tell all that it matches."""
        return None


class Exact(Matcher):
    """One text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def matches(self, value: str) -> bool:
        return value == self._text

    def patterns(self) -> list[str] | None:
        return [self._text]


class Beginning(Matcher):
    """Whatever begins with a text, or with one of several."""

    __slots__ = ("texts",)

    def __init__(self, texts: str | tuple[str, ...]) -> None:
        self.texts = texts

    def matches(self, value: str) -> bool:
        return begins(value, self.texts)

    def patterns(self) -> list[str] | None:
        return beginnings(self.texts)


class Branch(Matcher):
    """A text and whatever is behind it and one character more: a bucket and its objects."""

    __slots__ = ("_behind",)

    def __init__(self, behind: str) -> None:
        self._behind = behind

    def matches(self, value: str) -> bool:
        behind = self._behind
        return value.startswith(behind) or (len(value) == len(behind) - 1 and behind.startswith(value))

    def patterns(self) -> list[str] | None:
        return [self._behind[:-1], self._behind + MANY]


class Pattern(Matcher):
    """A compiled marked pattern."""

    __slots__ = ("_holed", "_least", "_middle", "_prefix", "_suffix")

    def __init__(self, marked: str) -> None:
        self._holed = HoledPattern(marked) if ANY in marked else None
        runs = marked.split(MANY)
        middle = [run for run in runs[1:-1] if run]
        self._prefix = runs[0]
        self._suffix = runs[-1]
        self._middle: str | tuple[str, ...] = middle[0] if len(middle) == 1 else tuple(middle)
        self._least = len(marked) - len(runs) + 1 if len(runs) > 1 else -1  # -1: there is no star

    def patterns(self) -> list[str] | None:
        if self._holed is not None:
            return self._holed.patterns()
        if self._least < 0:
            return [self._prefix]
        middle = (self._middle,) if isinstance(self._middle, str) else self._middle
        return [MANY.join((self._prefix, *middle, self._suffix))]

    def share(self) -> None:
        """Keep the beginning once for all patterns that are kept: the ARNs of a service begin alike."""
        self._prefix = shared(self._prefix)

    def matches(self, value: str) -> bool:
        if self._holed is not None:
            return self._holed.matches(value)
        prefix, suffix = self._prefix, self._suffix
        if not (value.startswith(prefix) and value.endswith(suffix)):
            return False
        size = len(value)
        if self._least < 0:
            return size == len(prefix)
        if size < self._least:
            return False
        place, end, middle = len(prefix), size - len(suffix), self._middle
        if isinstance(middle, str):
            return value.find(middle, place, end) >= 0
        for run in middle:  # leftmost fits never spoil a later one, so no step is taken back
            place = value.find(run, place, end)
            if place < 0:
                return False
            place += len(run)
        return True


class Piece:
    """A run of literal characters and `?` between two `*`."""

    __slots__ = ("_final", "_masks", "_wild", "length", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.length = len(text)
        self._wild = 0  # the bits of the positions where any character will do
        self._masks: dict[str, int] = {}
        for at, char in enumerate(text):
            if char == ANY:
                self._wild |= 1 << at
            else:
                self._masks[char] = self._masks.get(char, 0) | 1 << at
        self._final = 1 << (self.length - 1) if self.length else 0

    def at(self, value: str, start: int) -> bool:
        """Whether the piece matches the value at just that place."""
        if start < 0 or start + self.length > len(value):
            return False
        return all(char in (ANY, value[start + at]) for at, char in enumerate(self.text))

    def find(self, value: str, start: int, end: int) -> int:
        """The first place from `start` where the piece fits before `end`, or -1.

        It is searched by Shift-And: one machine-word step a character, whatever the piece.
        """
        masks, wild, final = self._masks, self._wild, self._final
        state = 0
        for at in range(start, end):
            state = (state << 1 | 1) & (masks.get(value[at], 0) | wild)
            if state & final:
                return at - self.length + 1
        return -1


class HoledPattern(Matcher):
    """A pattern with `?`, which alone can tell a character from its code units."""

    __slots__ = ("_first", "_last", "_least", "_middle", "_single")

    def __init__(self, marked: str) -> None:
        pieces = [Piece(text) for text in units(marked).split(MANY)]
        self._single = len(pieces) == 1
        self._first = pieces[0]
        self._last = pieces[-1]
        self._middle = tuple(piece for piece in pieces[1:-1] if piece.length)
        self._least = sum(piece.length for piece in pieces)

    def patterns(self) -> list[str] | None:
        pieces = (self._first,) if self._single else (self._first, *self._middle, self._last)
        marked = MANY.join(piece.text for piece in pieces)
        return [marked] if marked.isascii() else None  # its code units may be halves of characters

    def matches(self, value: str) -> bool:
        value = units(value)
        size = len(value)
        if not (self._first.at(value, 0) and self._last.at(value, size - self._last.length)):
            return False
        if self._single:
            return size == self._least
        if size < self._least:
            return False
        place, end = self._first.length, size - self._last.length
        for piece in self._middle:
            found = piece.find(value, place, end)
            if found < 0:
                return False
            place = found + piece.length
        return True


def matches(marked: str, value: str) -> bool:
    """One-off match of a marked pattern, for patterns that a request completes."""
    if not has_wildcards(marked):
        return marked == value
    return Pattern(marked).matches(value)
