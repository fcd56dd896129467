"""Several patterns, in the form that is quickest to ask and smallest to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .index import FEW, Index
from .patterns import MANY, Matcher, Pattern, has_wildcards


def kept(texts: Iterable[str]) -> tuple[str, ...] | frozenset[str]:
    """Texts to look for one among: a few in a tuple, which has a quarter of a set's size."""
    unlike = dict.fromkeys(texts)
    return frozenset(unlike) if len(unlike) > FEW else tuple(unlike)


class AnyOf:
    """Marked patterns, `build` compiling those that are not plain text or a plain beginning."""

    __slots__ = ("_exact", "_index", "_matchers", "_prefixes")

    def __init__(self, marked: Iterable[str], build: Callable[[str], Matcher] = Pattern) -> None:
        exact: list[str] = []
        prefixes: list[str] = []
        others: list[str] = []
        for text in marked:
            if not has_wildcards(text):
                exact.append(text)
            elif text[-1] == MANY and not has_wildcards(text[:-1]):
                prefixes.append(text[:-1])
            else:
                others.append(text)
        self._exact = kept(exact)
        self._index: Index | None = None
        if len(prefixes) + len(others) > FEW:
            others = [*(prefix + MANY for prefix in prefixes), *others]
            prefixes = []
            self._index = Index([text] for text in others)
        self._prefixes = tuple(prefixes)
        self._matchers = tuple(map(build, others))

    def matches(self, value: str) -> bool:
        """Whether one of the patterns matches the whole value."""
        if value in self._exact or value.startswith(self._prefixes):
            return True
        matchers = self._matchers
        if self._index is not None:
            matchers = tuple(matchers[at] for at in self._index.near(value))
        for matcher in matchers:  # noqa: SIM110 - a generator would cost more than the loop
            if matcher.matches(value):
                return True
        return False

    def patterns(self) -> list[str] | None:
        """The marked patterns again, for an index; None where one of them does not give itself back."""
        given = [matcher.marked for matcher in self._matchers]
        if None in given:
            return None
        return [
            *self._exact,
            *(prefix + MANY for prefix in self._prefixes),
            *(text for text in given if text is not None),
        ]
