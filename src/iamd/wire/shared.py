"""Structures that occur again and again, in one answer or in many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MOST = 96_000_000  # bytes, about
_LEAST = 600  # bytes of one without its text, about


class Shared:
    """The structure that `view` makes of those things, which do not change: it is written out once, however often it
    occurs.

    A large simulation repeats a few results hundreds of times, and writing them would cost most of the call.
    """

    __slots__ = ("_name", "_text", "kept", "made_of", "view")

    def __init__(self, view: Callable[..., dict[str, Any]], *made_of: Any, kept: bool = False) -> None:
        self.view = view
        self.made_of = made_of
        self.kept = kept
        self._name = self._text = ""

    @property
    def members(self) -> dict[str, Any]:
        """The structure, made anew."""
        return self.view(*self.made_of)

    def text(self, name: str, write: Callable[[dict[str, Any]], str]) -> str:
        """The element of that name, which `write` makes of the members the first time."""
        if name != self._name:
            self._name, self._text = name, write(self.view(*self.made_of))
            if self.kept:
                _views.put((self.view, id(self.made_of[0])), self)
        return self._text

    @property
    def weight(self) -> int:
        """The bytes that it takes, about."""
        return _LEAST + len(self._text)


def once_a_record(view: Callable[..., dict[str, Any]]) -> Callable[..., Shared]:
    """Write the view of a frozen record once, and keep it while it is asked for: records are read far more often than
    changed, and a changed record is another one. What the view shows must come from its arguments alone: the record,
    and what else it is made of (other records, counts), for which it is made anew when they are no longer equal."""

    def kept(*made_of: Any) -> Shared:
        known = _views.get((view, id(made_of[0])))  # which holds the record, so that no other has gotten its id
        return known if known is not None and known.made_of == made_of else Shared(view, *made_of, kept=True)

    return kept


class _Views:
    """Views up to a weight, which is about their bytes. Of two halves the older goes when the younger is full, but for
    what was asked for meanwhile; so a long list, read from end to end, leaves in place what is read in between."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._young: dict[Any, Shared] = {}
        self._old: dict[Any, Shared] = {}
        self._weight = 0  # of the young

    def get(self, key: Any) -> Shared | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: Any, view: Shared) -> None:
        weight = view.weight
        self._weight += weight
        if self._weight > self._half:
            self._old, self._young, self._weight = self._young, {}, weight
        self._young[key] = view


_views = _Views(_MOST)
