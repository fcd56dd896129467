"""Rows of SQLite's tables on their way to PostgreSQL's, read back and compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from sqlalchemy import Boolean, Table, and_, bindparam, delete, insert, select

from iamd.store.errors import StoreError
from iamd.store.postgresql.connection import PostgresConnection
from iamd.store.sql.texts import in_postgresql, text
from iamd.store.sqlite.connection import SqliteConnection

Row = Sequence[Any]

_ROWS = 1000  # at a time


@dataclass(frozen=True, slots=True)
class _Tally:
    """How many rows there are, and the sum of their hashes, whatever their order."""

    rows: int
    digest: int


@dataclass(frozen=True, slots=True)
class _ByKey:
    """The statements for a row of a table; `insert` takes its columns, the others its key."""

    select: str
    delete: str
    insert: str


def copy(table: Table, source: SqliteConnection, driver: psycopg.Connection[Any]) -> None:
    """Copy a whole table into an empty one; raises StoreError when what arrived is not what was sent."""
    names = [column.name for column in table.c]
    every_row = text(select(*table.c))
    into = {"table": sql.Identifier(table.name), "columns": sql.SQL(", ").join(map(sql.Identifier, names))}

    def rows() -> Iterator[Row]:
        found = source.execute(every_row)
        while some := found.fetchmany(_ROWS):
            yield from (_with_flags(table, row) for row in some)

    with (
        driver.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {table} ({columns}) FROM STDIN").format(**into)) as out,
    ):
        sent = _tally(rows(), out.write_row)
    with driver.cursor("moved") as read:
        read.itersize = _ROWS
        read.execute(in_postgresql(every_row))
        arrived = _tally(read)
    if arrived != sent:
        raise _wrong(table, arrived.rows, sent.rows)


def copy_again(table: Table, keys: Sequence[Row], source: SqliteConnection, target: PostgresConnection) -> None:
    """Make the rows of those keys what they are now; raises StoreError when what arrived is not what was sent."""
    own = _by_key(table)
    with target.driver.pipeline():  # all that is there goes first: names may have been exchanged
        target.executemany(own.delete, keys)
    for at in range(0, len(keys), _ROWS):
        some = keys[at : at + _ROWS]
        sent = [_with_flags(table, row) for key in some for row in source.execute(own.select, key)]
        with target.driver.pipeline():
            target.executemany(own.insert, sent)
        arrived = [tuple(row) for found in target.each([(own.select, key) for key in some]) for row in found]
        if arrived != sent:
            raise _wrong(table, len(arrived), len(sent))


def count(table: Table, source: SqliteConnection, driver: psycopg.Connection[Any]) -> int:
    """How many rows both have; raises StoreError when they have not the same number. Continues the positions."""
    rows: int = source.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # noqa: S608  # a name of ours
    into = {"table": sql.Identifier(table.name)}
    found = driver.execute(sql.SQL("SELECT count(*) FROM {table}").format(**into)).fetchone()
    if found != (rows,):
        raise _wrong(table, 0 if found is None else found[0], rows)
    if "position" in table.c:
        last = sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'position'), max(position)) FROM {table}")
        driver.execute(last.format(**into), (table.name,))
    return rows


@cache
def _by_key(table: Table) -> _ByKey:
    one = and_(*(column == bindparam(f"k_{column.name}") for column in table.primary_key))
    return _ByKey(
        text(select(*table.c).where(one)),
        text(delete(table).where(one)),
        text(insert(table).values({column.name: bindparam(f"v_{column.name}") for column in table.c})),
    )


@cache
def _flags(table: Table) -> list[int]:
    """Where the table has truth values, which are numbers in SQLite."""
    return [at for at, column in enumerate(table.c) if isinstance(column.type, Boolean)]


def _with_flags(table: Table, row: Row) -> Row:
    flags = _flags(table)
    if not flags:
        return row
    changed = list(row)
    for at in flags:
        changed[at] = None if changed[at] is None else bool(changed[at])
    return tuple(changed)


def _tally(rows: Iterable[Row], use: Callable[[Row], object] = lambda row: None) -> _Tally:
    number = total = 0
    for row in rows:
        use(row)
        number += 1
        total += int.from_bytes(hashlib.sha256(msgspec.msgpack.encode(tuple(row))).digest())
    return _Tally(number, total % (1 << 256))


def _wrong(table: Table, arrived: int, sent: int) -> StoreError:
    return StoreError(f"{arrived} of {sent} rows of {table.name} have arrived, or not as they were")
