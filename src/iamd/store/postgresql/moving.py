"""Moving a database from SQLite to PostgreSQL while servers use it: every row, counted and compared.

Everything is copied as of one moment while changes are noted; what was noted is copied again, until little is left. For
that, nobody may write; then the new database has everything, and the old one is used no more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from iamd.store.errors import StoreError
from iamd.store.master_key import MasterKey
from iamd.store.migrations import ARRIVING, LATEST, migrate, version
from iamd.store.postgresql.connection import PostgresConnection, connect
from iamd.store.postgresql.copying import copy, copy_again, count
from iamd.store.postgresql.opening import OPENING, recognize
from iamd.store.postgresql.url import DatabaseUrl
from iamd.store.sql import keys
from iamd.store.sqlite import notes
from iamd.store.sqlite.connection import SqliteConnection, failing
from iamd.store.sqlite.connection import connect as connect_file
from iamd.store.sqlite.file import use
from iamd.store.tables import metadata

_ARRIVED = "DELETE FROM schema_version WHERE version = %s"
_FEW = 200  # changes that writers may wait for
_ROUNDS = 50  # in which as few are left, unless more is written than can be copied


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows each table has, and for how many seconds nothing could be written."""

    rows: dict[str, int]
    seconds: float


def move(file: Path, url: DatabaseUrl, master: MasterKey) -> Moved:
    """Copy everything in a file to an empty database, all or nothing; then no program uses the file any more, servers
    that still have it open refuse every request. Every row was read back and is the same.

    Whenever it is killed, one of the two is used at most; called again, it goes on or begins anew.

    Raises StoreError: the file is of another version, or moved already, the master key is another one, the database is
    not empty or of another program, or what arrived is not what was sent. Then the file is used as before.
    """
    with failing("move", file), _alone(file), closing(connect_file(file)) as source, _reaching(url):
        if notes.destination(source) == str(url):
            with closing(connect(url, writer=0)) as target:
                return _concluded(source, target.driver, url)
        if version(source) != LATEST:
            raise StoreError(f"{file} has another schema version than {LATEST}: run `iamd migrate` on it first")
        keys.read(source, master)
        try:
            notes.begin(source)
            with closing(connect(url, writer=0)) as target:
                return _move(source, target, url)
        except BaseException:
            notes.end(source)
            raise


@contextmanager
def _reaching(url: DatabaseUrl) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise StoreError(f"cannot write the database {url}: {str(error).strip()}") from error


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Servers may use the file, which must be there, meanwhile, but nobody else moves it, or puts another one in its place."""
    if not file.is_file():
        raise StoreError(f"there is no database {file}")
    lock = notes.lock(file)
    if not lock.take():
        raise StoreError(f"{file} is being moved by another process")
    try:
        used = use(file)
        try:
            yield
        finally:
            used.release()
    finally:
        lock.release()


def _move(source: SqliteConnection, target: PostgresConnection, url: DatabaseUrl) -> Moved:
    driver = target.driver
    with ExitStack() as stopped:
        with driver.transaction():
            _prepare(driver, url)
            with source.reading():
                last = notes.behind(source, 0).last
                for table in notes.TABLES:
                    copy(table, source, driver)
            for _ in range(_ROUNDS):
                with source.reading():
                    noted = notes.behind(source, last)
                    _take(noted, source, target)
                last = noted.last
                if noted.number < _FEW:
                    break
            began = time.monotonic()
            stopped.enter_context(source.writing())
            if version(source) != LATEST:  # what it added was neither copied nor noted
                raise StoreError(
                    f"not moved to {url}: a newer iamd has changed its schema meanwhile, move it with that"
                )
            _take(notes.behind(source, last), source, target)
            rows = {table.name: count(table, source, driver) for table in notes.TABLES}
            driver.execute("INSERT INTO schema_version VALUES (%s, %s)", (ARRIVING, time.time_ns() // 1000))
        # Only once it is durable there, and before anything else is written here.
        notes.mark(source, str(url))
    driver.execute(_ARRIVED, (ARRIVING,))
    return Moved(rows, time.monotonic() - began)


def _concluded(source: SqliteConnection, driver: psycopg.Connection[Any], url: DatabaseUrl) -> Moved:
    """Have the database used, to which a process that was killed has moved everything."""
    recognize(driver)
    rows = {table.name: count(table, source, driver) for table in notes.TABLES} if _is_arriving(driver) else {}
    if not driver.execute(_ARRIVED, (ARRIVING,)).rowcount:
        raise StoreError(f"everything was moved to {url}: start iamd on that database, and put the file away")
    return Moved(rows, 0.0)


def _is_arriving(driver: psycopg.Connection[Any]) -> bool:
    if driver.execute("SELECT to_regclass('schema_version')").fetchone() == (None,):
        return False
    return driver.execute("SELECT 1 FROM schema_version WHERE version = %s", (ARRIVING,)).fetchone() is not None


def _prepare(driver: psycopg.Connection[Any], url: DatabaseUrl) -> None:
    """Make the tables, in the caller's transaction, which may take a while."""
    recognize(driver)
    driver.execute("SET LOCAL statement_timeout = 0")
    driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    driver.execute("SELECT pg_advisory_xact_lock(%s)", (OPENING,))
    if _is_arriving(driver):  # a process that was killed then has left it, before the file was marked
        for name in ("schema_version", *(table.name for table in notes.TABLES)):
            driver.execute(sql.SQL("DROP TABLE IF EXISTS {table}").format(table=sql.Identifier(name)))
    migrate(driver, "postgresql")
    for table in notes.TABLES:
        if driver.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table.name))).fetchone():
            raise StoreError(f"the database {url} is not empty: there are rows in {table.name}")


def _take(noted: notes.Notes, source: SqliteConnection, target: PostgresConnection) -> None:
    for name, changed in noted.keys.items():
        copy_again(metadata.tables[name], changed, source, target)
