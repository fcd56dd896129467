"""Answers that are kept for who asks the same again, up to a weight: what policies say has no length of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_MISSING: Any = object()
_EACH = 200  # characters that an answer counts for besides those that were asked with


def weight(asked: object) -> int:
    """The characters of texts, and of those in tuples and sets."""
    if isinstance(asked, str):
        return len(asked)
    if isinstance(asked, tuple | frozenset):
        return sum([weight(each) for each in asked])
    return 0


class Memo(Generic[P, T]):
    """A pure function whose answers are kept while what they were asked with has `most` characters together, about. Of two
    halves the older goes when the younger is full, but for what was asked for meanwhile.

    Without such a bound, whoever asks with ever new long texts has all memory filled with what nobody asks for again.
    """

    __slots__ = ("_function", "_half", "_old", "_weigh", "_young", "held")

    def __init__(self, function: Callable[P, T], most: int, weigh: Callable[[Any], int] = weight) -> None:
        self._function = function
        self._half = most // 2
        self._weigh = weigh
        self._young: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}
        self.held = 0  # characters, about, in the younger half

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs:
            return self._function(*args, **kwargs)
        found: T = self._young.get(args, _MISSING)
        if found is _MISSING:
            found = self._old.get(args, _MISSING)
            if found is _MISSING:
                found = self._function(*args, **kwargs)
            self._keep(args, found)
        return found

    def _keep(self, args: Any, answer: T) -> None:
        taken = self._weigh(args) + _EACH
        if taken > self._half:
            return
        self.held += taken
        if self.held > self._half:
            self._old, self._young, self.held = self._young, {}, taken
        self._young[args] = answer

    @property
    def kept(self) -> int:
        """How many answers there are."""
        return len(self._young.keys() | self._old.keys())

    def clear(self) -> None:
        """Keep none of them."""
        self._young, self._old, self.held = {}, {}, 0


def remembered(most: int) -> Callable[[Callable[P, T]], Memo[P, T]]:
    """As a decorator. What is asked for with arguments by their names is not kept."""
    return lambda function: Memo(function, most)
