"""A connection to SQLite: what `sqlite3` has, with the transactions that the store asks for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iamd.store.errors import StoreError
from iamd.store.migrations import require_usable, version
from iamd.store.sql.connection import Row
from iamd.store.sql.texts import for_many

_BUSY_MS = 10_000  # how long to wait for another process's transaction


class SqliteConnection(sqlite3.Connection):
    """See `sql.connection.Connection`."""

    def insert(self, statement: str, rows: Sequence[Row], /) -> None:
        """Many rows at a time.

        Each step of a statement gives up the interpreter's lock, and gets it back only milliseconds later when the
        event loop is busy: with a step for every row, a large group would take as long as a disk of the last century.
        """
        for text, values in for_many(statement, rows):
            self.execute(text, values)

    def each(self, questions: Sequence[tuple[str, Row]], /) -> Iterator[list[Any]]:
        return (self.execute(statement, parameters).fetchall() for statement, parameters in questions)

    def announce(self) -> None:
        """Others see it in the file."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self.preparing():
            require_usable(version(self))
            yield

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """As `writing`, whatever the schema is."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self.execute(begin)
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self.in_transaction:  # SQLite rolls back by itself when, for one, the disk is full
                self.execute("ROLLBACK")
            raise


def connect(file: Path | None) -> SqliteConnection:
    """A connection in which nothing is committed but by `COMMIT`, and then durably; raises StoreError."""
    with failing("open", file):
        # Connections are made on one thread and used on another, never on two at a time.
        connection = sqlite3.connect(
            file or ":memory:",
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            timeout=_BUSY_MS / 1000,
            factory=SqliteConnection,
        )
        connection.execute("PRAGMA foreign_keys = OFF")
        if file is not None:
            connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def failing(verb: str, file: Path | None) -> Iterator[None]:
    """Turn the driver's errors into StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"cannot {verb} the database {file or 'in memory'}: {error}") from error
