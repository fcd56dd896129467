"""Opening a database file: who may read it, what it is, whether its schema is current."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iamd.store.errors import StoreError
from iamd.store.keyring import Keyring, KeyRow, first_keys, retired, token_key
from iamd.store.migrations import migrate
from iamd.store.sealing import MasterKey
from iamd.store.sqlite import statements

_APPLICATION_ID = 0x69616D64  # "iamd", in the file's header
_BUSY_MS = 10_000  # how long to wait for another process's transaction


@contextmanager
def failing(verb: str, file: Path | None) -> Iterator[None]:
    """Turn the driver's errors into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"cannot {verb} the database {file or 'in memory'}: {error}") from error


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """Commit at the end, roll back on any exception."""
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back by itself when, for one, the disk is full
            connection.execute("ROLLBACK")
        raise


def create(file: Path) -> None:
    """Make the file (mode 0600) and its directory (mode 0700) where they do not exist; raises StoreError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"cannot write the database {file}: {error.strerror}") from None


def connect(file: Path | None) -> sqlite3.Connection:
    """A connection in which nothing is committed but by `COMMIT`, and then durably."""
    with failing("open", file):
        # Connections are made on one thread and used on another, never on two at a time.
        connection = sqlite3.connect(
            file or ":memory:",
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            timeout=_BUSY_MS / 1000,
        )
        connection.execute("PRAGMA foreign_keys = OFF")
        if file is not None:
            connection.execute("PRAGMA synchronous = FULL")
    return connection


def prepare(connection: sqlite3.Connection, file: Path | None, master: MasterKey) -> Keyring:
    """Bring the schema up to date, make the first keys when there are none, and unwrap them.

    Raises StoreError: foreign, damaged or read-only file, newer schema, other master key.
    """
    with failing("open", file):
        _recognize(connection, file)
        journal: str = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if file is not None and journal != "wal":
            raise StoreError(f"the file system of {file} does not support write-ahead logging")
        with transaction(connection, "BEGIN IMMEDIATE"):
            if migrate(connection, "sqlite"):
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            if connection.execute(statements.KEYRING).fetchone() is None:
                now = time.time_ns() // 1000
                keys = [(row.id, row.purpose, row.wrapped, now) for row in first_keys(master)]
                connection.executemany(statements.ADD_KEY, keys)
        return read_keyring(connection, master)


def read_keyring(connection: sqlite3.Connection, master: MasterKey) -> Keyring:
    """The keys as they are now."""
    return Keyring([KeyRow(*row) for row in connection.execute(statements.KEYRING)], master)


def add_token_key(connection: sqlite3.Connection, keyring: Keyring, forget_before: int) -> None:
    """Add a token key, and remove those whose successor was made before that time."""
    with transaction(connection, "BEGIN IMMEDIATE"):
        rows = [(KeyRow(*row), made) for *row, made in connection.execute(statements.KEYRING_TIMES)]
        row = token_key(rows[-1][0].id + 1, keyring.sealer)
        connection.execute(statements.ADD_KEY, (row.id, row.purpose, row.wrapped, time.time_ns() // 1000))
        for number in retired(rows, forget_before):
            connection.execute(statements.DROP_KEY, (number,))


def _recognize(connection: sqlite3.Connection, file: Path | None) -> None:
    """Refuse a database that is not ours before anything is written to it."""
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != _APPLICATION_ID:
        raise StoreError(f"{file} is a database of another program")
    damage: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if _is_small(file) else "ok"
    if damage != "ok":
        raise StoreError(f"the database {file} is damaged: {damage}")


def _is_small(file: Path | None) -> bool:
    """Whether checking every page costs less than a moment."""
    return file is not None and file.stat().st_size < 16 * 1024 * 1024
