"""Structures that occur again and again, in one answer or in many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

_as_json = msgspec.json.Encoder().encode
_MOST = 96_000_000  # bytes, about


class Shared(dict[str, Any]):
    """A structure that is written out once, however often the same value occurs; it must not be changed afterwards.

    A large simulation repeats a few results hundreds of times, and writing them would cost most of the call.
    """

    __slots__ = ("written",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self.written: dict[str, str] = {}  # by the element's opening


def once_a_record(view: Callable[..., Mapping[str, Any]]) -> Callable[..., Shared]:
    """Make the view of a frozen record once, and keep it while it is asked for: records are read far more often than
    changed, and a changed record is another one. What the view shows must come from its arguments alone: the record,
    and what else it is made of (other records, counts), for which it is made anew when they are no longer equal."""

    def kept(record: Any, *others: Any) -> Shared:
        known = _views.get((view, id(record)))
        if known is not None and known.others == others:
            return known.view
        made = Shared(view(record, *others))
        _views.put((view, id(record)), _Kept(record, others, made))
        return made

    return kept


class _Kept(NamedTuple):
    record: Any  # held, so that no other gets its id
    others: tuple[Any, ...]
    view: Shared


class _Views:
    """Views up to a weight, which is about their bytes. Of two halves the older goes when the younger is full, but for
    what was asked for meanwhile; so a long list, read from end to end, leaves in place what is read in between."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._young: dict[Any, _Kept] = {}
        self._old: dict[Any, _Kept] = {}
        self._weight = 0  # of the young

    def get(self, key: Any) -> _Kept | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: Any, kept: _Kept) -> None:
        self._weight += _weight(kept.view)
        if self._weight > self._half:
            self._old, self._young, self._weight = self._young, {}, _weight(kept.view)
        self._young[key] = kept


def _weight(view: Shared) -> int:
    """What a view and its written form take, about."""
    return 1_000 + 2 * len(_as_json(view))


_views = _Views(_MOST)
