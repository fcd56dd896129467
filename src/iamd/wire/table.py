"""Lists of structures told by columns: what long answers are made of, because a column is written at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import Any


class Table:
    """A list of structures. Each column is named as a member, and has a value for every structure, `Nested` where the
    member is a list of structures itself. None: that structure lacks the member."""

    __slots__ = ("columns", "height")

    def __init__(self, height: int, columns: Columns) -> None:
        self.height = height
        self.columns = columns

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The structures, one by one."""
        values = [column.lists() if isinstance(column, Nested) else column for column in self.columns.values()]
        rows = zip(*values, strict=True) if values else repeat((), self.height)
        return (dict(zip(self.columns, row, strict=True)) for row in rows)


class Nested:
    """A column of lists: the items of all of them in one table, and how many each has (None: there is no list)."""

    __slots__ = ("items", "lengths")

    def __init__(self, lengths: Sequence[int | None], items: Table) -> None:
        self.lengths = lengths
        self.items = items

    def lists(self) -> list[list[dict[str, Any]] | None]:
        """The lists, one by one."""
        return grouped(self.items, self.lengths)


Columns = Mapping[str, Sequence[Any] | Nested]


def nested(lists: Sequence[Sequence[Any]], view: Callable[[list[Any]], Table], absent_if_empty: bool = False) -> Nested:
    """What `view` makes of the items of all those lists, in a list each."""
    lengths: list[int | None] = [len(each) for each in lists]
    if absent_if_empty:
        lengths = [length or None for length in lengths]
    return Nested(lengths, view(list(chain.from_iterable(lists))))


def grouped(items: Iterable[Any], lengths: Iterable[int | None]) -> list[Any]:
    """The items in lists of those lengths; None where there is no list."""
    rest = iter(items)
    return [None if length is None else list(islice(rest, length)) for length in lengths]


def columns(getters: Mapping[str, Callable[[Any], Any]], records: Sequence[Any]) -> dict[str, list[Any]]:
    """What each getter takes of the records, by member."""
    return {member: list(map(get, records)) for member, get in getters.items()}


def row(getters: Mapping[str, Callable[[Any], Any]], record: Any) -> dict[str, Any]:
    """What each getter takes of one record, by member."""
    return {member: get(record) for member, get in getters.items()}
