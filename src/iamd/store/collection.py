"""Records of one kind in memory: found by key, by name regardless of case, or by an index; changed with undo."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from iamd.store.kind import Kind, Step, Taken, altered
from iamd.store.records import fold

R = TypeVar("R")


class Collection(Generic[R]):
    """All records of one kind in one account.

    Every change is appended to `journal`, the list that the account's records share, so that it can be undone and
    written to the database.
    """

    __slots__ = ("_by_key", "_by_name", "_indexes", "_sorted", "_sorted_names", "account_id", "journal", "kind")

    def __init__(self, kind: Kind[R], account_id: str, journal: list[Step]) -> None:
        self.kind = kind
        self.account_id = account_id
        self.journal = journal
        self._by_key: dict[str, R] = {}
        self._by_name: dict[str, str] = {}
        # By index and value: the record, or where there were several, the records by key. Mostly there is one, of a
        # million users each, and a dictionary would take three times what the record does.
        self._indexes: dict[str, dict[str, Any]] = {name: {} for name in kind.indexes}
        self._sorted: list[R] | None = None
        self._sorted_names: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[R]:
        return iter(self._by_key.values())

    def get(self, key: str) -> R | None:
        return self._by_key.get(key)

    def named(self, name: str) -> R | None:
        """The record of that name, whatever its case."""
        key = self._by_name.get(fold(name))
        return None if key is None else self._by_key[key]

    def where(self, index: str, value: str) -> Sequence[R]:
        """The records whose index has that value, oldest first."""
        found = self._indexes[index].get(value)
        if found is None:
            return ()
        return list(found.values()) if isinstance(found, dict) else (found,)

    def count(self, index: str, value: str) -> int:
        found = self._indexes[index].get(value)
        if found is None:
            return 0
        return len(found) if isinstance(found, dict) else 1

    def sorted(self) -> Sequence[R]:
        """All records by name regardless of case; by key where the kind has no names."""
        if self._sorted is None:
            keys = self._by_name if self.kind.unique_name else {key: key for key in self._by_key}
            self._sorted_names = sorted(keys)
            self._sorted = [self._by_key[keys[name]] for name in self._sorted_names]
        return self._sorted

    def after(self, name: str) -> int:
        """Where in `sorted` the records behind that name begin (the name itself need not exist any more)."""
        self.sorted()
        return bisect_right(self._sorted_names, fold(name) if self.kind.unique_name else name)

    def add(self, record: R) -> R:
        """Add a record; raises Taken when its key or its name is in use."""
        key = self.kind.key(record)
        if key in self._by_key or (self.kind.unique_name and fold(self.kind.unique_name(record)) in self._by_name):
            raise Taken(key)
        self._put(key, None, record)
        return record

    def replace(self, record: R, **changes: Any) -> R:
        """Replace a record by a copy with those fields changed; raises Taken when the new name is another's."""
        return self.exchange(record, altered(record, **changes))

    def exchange(self, record: R, after: R) -> R:
        """Replace a record by another of the same key; raises Taken when the new name is another's."""
        key = self.kind.key(record)
        if self.kind.key(after) != key:
            raise ValueError("a record's key never changes")
        if self.kind.unique_name and self._by_name.get(fold(self.kind.unique_name(after)), key) != key:
            raise Taken(key)
        self._put(key, self._by_key[key], after)
        return after

    def remove(self, record: R) -> None:
        key = self.kind.key(record)
        self._put(key, self._by_key[key], None)

    def load(self, record: R) -> None:
        """Take in a record as the database has it; not journaled."""
        key = self.kind.key(record)
        self.apply(key, self._by_key.get(key), record)

    def forget(self, key: str) -> None:
        """Drop a record that the database no longer has; not journaled."""
        if key in self._by_key:
            self.apply(key, self._by_key[key], None)

    def _put(self, key: str, before: R | None, after: R | None) -> None:
        self.apply(key, before, after)
        self.journal.append(Step(self, key, before, after))

    def apply(self, key: str, before: R | None, after: R | None) -> None:
        """Exchange one record and keep names and indexes in step."""
        self._sorted = None
        name = self.kind.unique_name
        if before is not None:
            if name:
                self._by_name.pop(fold(name(before)), None)
            if after is None:
                del self._by_key[key]
        if after is not None:
            self._by_key[key] = after
            if name:
                self._by_name[fold(name(after))] = key
        for index, value_of in self.kind.indexes.items():
            old = None if before is None else value_of(before)
            new = None if after is None else value_of(after)
            self._reindex(self._indexes[index], key, old, new, after)

    def _reindex(self, entries: dict[str, Any], key: str, old: str | None, new: str | None, after: R | None) -> None:
        if old is not None and old != new:
            held = entries[old]
            if isinstance(held, dict) and len(held) > 1:
                del held[key]
            else:
                del entries[old]
        if new is not None and after is not None:
            held = entries.get(new)
            if isinstance(held, dict):
                held[key] = after
            elif held is None or self.kind.key(held) == key:
                entries[new] = after
            else:
                entries[new] = {self.kind.key(held): held, key: after}
