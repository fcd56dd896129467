"""Rules to try one after the other; where they are many, only those that a resource can be about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from .index import FEW, Index

_PATIENCE = 4  # an index is worth its making where it is asked more often


class Patterned(Protocol):
    """What tells the marked patterns of all resources that it is about, or None."""

    def patterns(self) -> list[str] | None: ...


T = TypeVar("T", bound=Patterned)


class Shelf(Generic[T]):
    """`entries` in the order in which they are tried."""

    __slots__ = ("_asked", "_index", "entries")

    def __init__(self, entries: Sequence[T]) -> None:
        self.entries = tuple(entries)
        self._asked = 0
        self._index: Index | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.entries)

    def near(self, resource: str) -> Sequence[T]:
        """The entries without (most of) those that are not about the resource."""
        if len(self.entries) <= FEW:
            return self.entries
        if self._index is None:
            self._asked += 1
            if self._asked <= _PATIENCE:
                return self.entries
            self._index = Index([entry.patterns() for entry in self.entries])
        return [self.entries[at] for at in self._index.near(resource)]
