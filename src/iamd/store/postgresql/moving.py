"""Moving a database from SQLite to PostgreSQL: every row, counted and compared."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from sqlalchemy import Boolean, Table, select

from iamd.store import tables
from iamd.store.errors import StoreError
from iamd.store.migrations import LATEST, migrate, version
from iamd.store.postgresql.connection import connect
from iamd.store.postgresql.opening import OPENING, recognize
from iamd.store.postgresql.url import DatabaseUrl
from iamd.store.sealing import MasterKey
from iamd.store.sql import keys
from iamd.store.sql.texts import in_postgresql, text
from iamd.store.sqlite.connection import SqliteConnection, failing

Row = Sequence[Any]

_ROWS = 1000  # at a time
_TABLES = [table for table in tables.metadata.sorted_tables if table is not tables.schema_version]


@dataclass(frozen=True, slots=True)
class _Tally:
    """How many rows there are, and the sum of their hashes, whatever their order."""

    rows: int
    digest: int


def move(file: Path, url: DatabaseUrl, master: MasterKey) -> dict[str, int]:
    """Copy everything in a file, which no process may use meanwhile and which stays as it is, to an empty database; all
    or nothing. Returns how many rows each table has; each was read back and is the same.

    Raises StoreError: the file is in use or of another version, the master key is another one, the database is not
    empty or of another program, or what arrived is not what was sent.
    """
    with failing("read", file), _alone(file) as source:
        if version(source) != LATEST:
            raise StoreError(f"{file} has another schema version than {LATEST}: run `iamd migrate` on it first")
        keys.read(source, master)
        try:
            with closing(connect(url, writer=0)) as target:
                recognize(target)
                driver = target.driver
                with driver.transaction():
                    driver.execute("SET LOCAL statement_timeout = 0")
                    driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                    driver.execute("SELECT pg_advisory_xact_lock(%s)", (OPENING,))
                    migrate(driver, "postgresql")
                    _require_empty(driver, url)
                    return {table.name: _move(table, source, driver) for table in _TABLES}
        except psycopg.Error as error:
            raise StoreError(f"cannot write the database {url}: {str(error).strip()}") from error


@contextmanager
def _alone(file: Path) -> Iterator[SqliteConnection]:
    """The file, held so that no other process can open it."""
    if not file.is_file():
        raise StoreError(f"there is no database {file}")
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None, factory=SqliteConnection)) as connection:
        try:
            # Exclusive locking fails while any process has the database open, idle or not.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"{file} is in use ({error}): stop iamd first") from None
        yield connection
        connection.execute("ROLLBACK")


def _require_empty(driver: psycopg.Connection[Any], url: DatabaseUrl) -> None:
    for table in _TABLES:
        if driver.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table.name))).fetchone():
            raise StoreError(f"the database {url} is not empty: there are rows in {table.name}")


def _move(table: Table, source: SqliteConnection, driver: psycopg.Connection[Any]) -> int:
    """Copy a table and read it back; returns how many rows it has."""
    names = [column.name for column in table.c]
    flags = [at for at, column in enumerate(table.c) if isinstance(column.type, Boolean)]
    every_row = text(select(*table.c))
    into = {"table": sql.Identifier(table.name), "columns": sql.SQL(", ").join(map(sql.Identifier, names))}

    def rows() -> Iterator[Row]:
        found = source.execute(every_row)
        while some := found.fetchmany(_ROWS):
            yield from (_with_flags(row, flags) for row in some)

    with driver.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY {table} ({columns}) FROM STDIN").format(**into)) as copy:
            sent = _tally(rows(), copy.write_row)
        if "position" in table.c:
            last = sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'position'), max(position)) FROM {table}")
            cursor.execute(last.format(**into), (table.name,))
    with driver.cursor("moved") as read:
        read.itersize = _ROWS
        read.execute(in_postgresql(every_row))
        arrived = _tally(read)
    if arrived != sent:
        raise StoreError(f"{arrived.rows} of {sent.rows} rows of {table.name} have arrived, or not as they were")
    return sent.rows


def _with_flags(row: Row, flags: Iterable[int]) -> Row:
    """A row of SQLite's, in which truth values are numbers."""
    if not flags:
        return row
    changed = list(row)
    for at in flags:
        changed[at] = None if changed[at] is None else bool(changed[at])
    return changed


def _tally(rows: Iterable[Row], use: Callable[[Row], object] = lambda row: None) -> _Tally:
    count = total = 0
    for row in rows:
        use(row)
        count += 1
        total += int.from_bytes(hashlib.sha256(msgspec.msgpack.encode(tuple(row))).digest())
    return _Tally(count, total % (1 << 256))
