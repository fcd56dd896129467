"""Several patterns, in the form that is quickest to ask and smallest to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from .index import FEW, Index
from .patterns import MANY, Beginning, Branch, Exact, Matcher, Pattern, beginnings, begins, has_wildcards

T = TypeVar("T")


def kept(values: Iterable[T]) -> tuple[T, ...] | frozenset[T]:
    """Values to look for one among: a few in a tuple, which has a quarter of a set's size."""
    unlike = dict.fromkeys(values)
    return frozenset(unlike) if len(unlike) > FEW else tuple(unlike)


def any_of(marked: Sequence[str], build: Callable[[str], Matcher] = Pattern) -> Matcher:
    """What matches one of the marked patterns, `build` compiling those that are not plain text or a plain beginning."""
    if not any(map(has_wildcards, marked)):
        return Exact(marked[0]) if len(marked) == 1 else OneOf(marked)
    if len(marked) <= FEW and all(map(_is_beginning, marked)):
        return Beginning(_lone_or_all(text[:-1] for text in marked))
    if len(marked) == 1:
        return build(marked[0])
    if len(marked) == 2:
        shorter, longer = sorted(marked, key=len)
        if _is_beginning(longer) and longer[:-2] == shorter:
            return Branch(longer[:-1])
    return AnyOf(marked, build)


def _is_beginning(marked: str) -> bool:
    """Whether the pattern's only wildcard is a `*` at its end."""
    return marked.endswith(MANY) and not has_wildcards(marked[:-1])


def _lone_or_all(texts: Iterable[str]) -> str | tuple[str, ...]:
    """The texts, a lone one by itself: it is as good to `str.startswith`, and smaller."""
    listed = tuple(texts)
    return listed[0] if len(listed) == 1 else listed


class OneOf(Matcher):
    """Any number of plain texts."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = kept(texts)

    def matches(self, value: str) -> bool:
        return value in self._texts

    def patterns(self) -> list[str] | None:
        return list(self._texts)


class AnyOf(Matcher):
    """Any number of patterns, sorted by their forms and indexed where they are many."""

    __slots__ = ("_exact", "_matchers", "_prefixes")

    def __init__(self, marked: Iterable[str], build: Callable[[str], Matcher]) -> None:
        exact: list[str] = []
        prefixes: list[str] = []
        others: list[str] = []
        for text in marked:
            if not has_wildcards(text):
                exact.append(text)
            elif _is_beginning(text):
                prefixes.append(text[:-1])
            else:
                others.append(text)
        self._exact = kept(exact)
        if len(prefixes) + len(others) > FEW:
            self._prefixes: str | tuple[str, ...] = ()
            self._matchers: tuple[Matcher, ...] = (Indexed([*(text + MANY for text in prefixes), *others], build),)
        else:
            self._prefixes = _lone_or_all(prefixes)
            self._matchers = tuple(map(build, others))

    def matches(self, value: str) -> bool:
        if begins(value, self._prefixes) or value in self._exact:
            return True
        for matcher in self._matchers:  # noqa: SIM110 - a generator would cost more than the loop
            if matcher.matches(value):
                return True
        return False

    def patterns(self) -> list[str] | None:
        others = _patterns(self._matchers)
        return None if others is None else [*self._exact, *beginnings(self._prefixes), *others]


class Indexed(Matcher):
    """Many patterns, of which only those are tried that a text can match."""

    __slots__ = ("_index", "_matchers")

    def __init__(self, marked: Sequence[str], build: Callable[[str], Matcher]) -> None:
        self._index = Index([text] for text in marked)
        self._matchers = tuple(map(build, marked))

    def matches(self, value: str) -> bool:
        return any(self._matchers[at].matches(value) for at in self._index.near(value))

    def patterns(self) -> list[str] | None:
        return _patterns(self._matchers)


def _patterns(matchers: Iterable[Matcher]) -> list[str] | None:
    """The patterns of all the matchers; None where one of them does not tell."""
    found: list[str] = []
    for matcher in matchers:
        given = matcher.patterns()
        if given is None:
            return None
        found += given
    return found
