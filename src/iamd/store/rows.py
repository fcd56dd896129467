"""Records to rows and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Table

from iamd.store import tables
from iamd.store.image import KINDS
from iamd.store.kind import Kind
from iamd.store.records import Tags, fold

R = TypeVar("R")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=1024)  # audit records have whole seconds, so they share few
def micros(when: datetime) -> int:
    """Microseconds since 1970 UTC, as times are stored."""
    return (when - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=1024)
def moment(stored: int) -> datetime:
    """The time that `micros` stored."""
    return _EPOCH + timedelta(microseconds=stored)


def _tags_text(tags: Tags) -> str:
    return json.dumps(tags, ensure_ascii=False, separators=(",", ":")) if tags else "[]"


def _tags(text: str) -> Tags:
    return () if text == "[]" else tuple((key, value) for key, value in json.loads(text))


def _texts_text(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def _texts(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _optionally(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


# How a field's value is written and read, by the field's annotation; a new type needs a line here.
_CONVERSIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]] | None] = {
    "str": None,
    "str | None": None,
    "int": None,
    "bytes": None,
    "bool": (bool, bool),
    "datetime": (micros, moment),
    "datetime | None": (_optionally(micros), _optionally(moment)),
    "Tags": (_tags_text, _tags),
    "tuple[str, ...]": (_texts_text, _texts),
}


_NAMED = frozenset({"id", "boundary"})  # besides account_id, owner_id, policy_arn and their like


class Codec(Generic[R]):
    """Turns records of one kind into rows of its table, and back.

    A row is the table's columns without `position`, in the table's order.
    """

    def __init__(self, kind: Kind[R]) -> None:
        self.kind = kind
        self.table: Table = tables.metadata.tables[kind.name]
        self.key_column: str = self.table.info["key"]
        self.columns = [column.name for column in self.table.c if column.name != "position"]
        conversions = {name: _CONVERSIONS[str(type_)] for name, type_ in kind.record.__annotations__.items()}
        extra = {"key", "name_key"}
        stored = [name for name in self.columns if name not in extra]
        if sorted(stored) != sorted(conversions):
            raise TypeError(f"table {kind.name} and {kind.record.__name__} differ: {stored}, {list(conversions)}")
        names = list(conversions)  # in the order of the record's fields
        self._values: Callable[[R], tuple[Any, ...]] = attrgetter(*stored)
        self._pick = itemgetter(*(self.columns.index(name) for name in names))
        self._writers = [(stored.index(name), pair[0]) for name, pair in conversions.items() if pair]
        self._readers = [(names.index(name), pair[1]) for name, pair in conversions.items() if pair]
        self._named = [at for at, name in enumerate(names) if name in _NAMED or name.endswith(("_id", "_arn"))]
        self._extra = [(at, name) for at, name in enumerate(self.columns) if name in extra]
        self._json = msgspec.json.Decoder(kind.record)

    def row(self, record: R) -> list[Any]:
        """The record as its table has it."""
        row = list(self._values(record))
        for at, write in self._writers:
            row[at] = write(row[at])
        for at, name in self._extra:
            row.insert(at, self.kind.key(record) if name == "key" else self._name_key(record))
        return row

    def record(self, row: Sequence[Any], shared: dict[Any, Any] | None = None) -> R:
        """The record that `row` gave; names of things that other records, too, refer to are one text in memory for all
        that are read with the same `shared`."""
        values = list(self._pick(row))
        for at, read in self._readers:
            values[at] = read(values[at])
        if shared is not None:
            for at in self._named:
                name = values[at]
                values[at] = shared.setdefault(name, name)
        return self.kind.record(*values)

    def renamed(self, before: R, after: R) -> bool:
        """Whether the two differ in the name under which they are unique."""
        name = self.kind.unique_name
        return name is not None and fold(name(before)) != fold(name(after))

    def dump(self, record: R) -> bytes:
        """The record as JSON, for the history."""
        return msgspec.json.encode(record)

    def restore(self, dumped: bytes) -> R:
        """The record that `dump` gave, also by an earlier version with fewer fields."""
        return self._json.decode(dumped)

    def _name_key(self, record: R) -> str:
        name = self.kind.unique_name
        if name is None:
            raise TypeError(f"{self.kind.name} have no unique names")
        return fold(name(record))


CODECS: dict[str, Codec[Any]] = {kind.name: Codec(kind) for kind in KINDS}
