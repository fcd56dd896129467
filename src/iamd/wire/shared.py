"""Structures that occur again and again, in one answer or in many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

R = TypeVar("R")

_MAX_VIEWS = 8192


class Shared(dict[str, Any]):
    """A structure that is written out once, however often the same value occurs; it must not be changed afterwards.

    A large simulation repeats a few results hundreds of times, and writing them would cost most of the call.
    """

    __slots__ = ("written",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self.written: dict[str, str] = {}  # by the element's opening


def once_a_record(view: Callable[[R], Mapping[str, Any]]) -> Callable[[R], Shared]:
    """Make the view of a frozen record once, and keep it while it is asked for: records are read far more often than
    changed, and a changed record is another one. What the view shows must come from the record alone."""
    views: dict[int, tuple[R, Shared]] = {}  # holds the record, so that no other gets its id

    def kept(record: R) -> Shared:
        known = views.get(id(record))
        if known is not None:
            return known[1]
        if len(views) >= _MAX_VIEWS:
            views.clear()
        made = Shared(view(record))
        views[id(record)] = (record, made)
        return made

    return kept
