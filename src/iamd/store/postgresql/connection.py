"""A connection to PostgreSQL: psycopg's, with the transactions that the store asks for."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo

from iamd.store.errors import StoreError
from iamd.store.migrations import require_usable
from iamd.store.postgresql import pooler
from iamd.store.postgresql.adapters import register
from iamd.store.postgresql.url import DatabaseUrl
from iamd.store.sql.connection import Row
from iamd.store.sql.texts import for_many, in_postgresql

logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what it warns of is raised, too

CHANNEL = "iamd"  # what is told when something is committed: by which process
LOCK_SECONDS = 5  # how long to wait for another process's transaction
_CONNECT_SECONDS = 3
LEADER_IDLE_SECONDS = 15  # after which a leader that is not heard of leads no more
_LEADING = 0x69616D65  # the advisory lock that the leader holds; one less is that of who opens the database
STAND_AGAIN = 1.0  # seconds
# A server that has lost its way must not keep this process waiting, and what somebody has set for the user or the
# database must not change what statements mean: a standby refuses serializable reads, and COPY would change bytes.
_ISOLATION = "SET default_transaction_isolation = 'read committed'"  # by itself: it counts from the next statement on
_SESSION = f"""
    SET lock_timeout = '{LOCK_SECONDS}s';
    SET idle_in_transaction_session_timeout = '60s';
    SET idle_session_timeout = 0;
    SET statement_timeout = '60s';
    SET client_encoding = 'UTF8';
    SET standard_conforming_strings = on;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
# A connection whose packets vanish, though the server is there, is given up after five seconds: by what it was sent and
# does not acknowledge, or by that it does not answer when nothing is said. A statement may well take longer.
_CONNECTING = {
    "keepalives_idle": "3",
    "keepalives_interval": "1",
    "keepalives_count": "2",
    "tcp_user_timeout": "5000",
    "connect_timeout": str(_CONNECT_SECONDS),
    "application_name": "iamd",
}

# A process that stops while it writes (suspended, cut off) must not keep the others from writing.
_WRITE_SOON = f"SET LOCAL idle_in_transaction_session_timeout = '{LOCK_SECONDS}s'"
# Held by who writes; there since the first migration, and never removed.
_LOCK = "SELECT version FROM schema_version WHERE version = 1 FOR UPDATE"
_NEWEST = "SELECT max(version) FROM schema_version"
_REPLAYED = "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() >= %s::pg_lsn"


class Unsure(Exception):
    """A transaction could not be seen to be committed, as when the connection broke meanwhile: perhaps it was."""


class PostgresConnection:
    """See `sql.connection.Connection`. Every method raises psycopg.Error; leaving `writing` may raise Unsure."""

    def __init__(self, driver: psycopg.Connection[Any], writer: int, *, pooled: bool = False) -> None:
        """`pooled`: a pooler has given it a session of the server."""
        self.driver = driver
        self._writer = writer
        self._given = pooler.session_of(driver) if pooled else None
        self._leads = False
        self._reads = False  # in a transaction of `reading`
        self._stands_again = 0.0
        self._told: list[str] | None = None  # by which processes, since `told` was last asked; None: it does not listen

    def execute(self, statement: str, parameters: Row = (), /) -> psycopg.Cursor[Any]:
        return self.driver.execute(in_postgresql(statement), parameters)

    def executemany(self, statement: str, rows: Sequence[Row], /) -> object:
        text = in_postgresql(statement)
        for row in rows:
            self.driver.execute(text, row)
        return None

    def insert(self, statement: str, rows: Sequence[Row], /) -> None:
        for text, values in for_many(in_postgresql(statement), rows):
            self.driver.execute(text, values)

    def each(self, questions: Sequence[tuple[str, Row]], /) -> Iterator[list[Any]]:
        """All are asked at once."""
        with self.driver.pipeline():
            asked = [self.execute(statement, parameters) for statement, parameters in questions]
            for cursor in asked:
                yield cursor.fetchall()

    def announce(self) -> None:
        self.driver.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(self._writer)))

    def lead(self) -> bool:
        """Be the only one that leads, while the connection lasts; asks the server now and then until it is so."""
        if not self._leads and time.monotonic() >= self._stands_again:
            self._stands_again = time.monotonic() + STAND_AGAIN
            self.driver.execute(f"SET idle_session_timeout = '{LEADER_IDLE_SECONDS}s'")
            told = self.driver.execute("SELECT pg_try_advisory_lock(%s)", (_LEADING,)).fetchone()
            self._leads = told is not None and bool(told[0])
        return self._leads

    def require_session(self) -> None:
        """Give up the connection and raise NoSession when a pooler has given it another session than it had."""
        if self._given is not None and not pooler.is_same(self.driver, self._given):
            refusal = pooler.no_session(self.driver)
            self.close()
            raise refusal

    @property
    def socket(self) -> int:
        """Its file descriptor, readable when the server tells something."""
        return self.driver.fileno()

    def listen(self) -> bool:
        """Hear of what is announced; False when it does so already."""
        if self._told is not None:
            return False
        told = self._told = []
        self.driver.add_notify_handler(lambda note: told.append(note.payload))
        self.driver.execute(f"LISTEN {CHANNEL}")
        return True

    def told(self) -> list[str]:
        """The processes that announced something since the last call; does not wait."""
        told = [] if self._told is None else self._told.copy()
        if self._told is not None:
            self._told.clear()
        self.driver.pgconn.consume_input()
        while (note := self.driver.pgconn.notifies()) is not None:
            told.append(note.extra.decode())
        return told

    def time(self) -> int:
        """What time it is by the server's clock, in microseconds of the epoch."""
        told = self.driver.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").fetchone()
        return 0 if told is None else int(told[0])

    def written(self) -> str:
        """How far a primary's log is durable: whatever anybody has seen committed is in it."""
        told = self.driver.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        return "" if told is None else str(told[0])

    def has_replayed(self, log: str) -> bool | None:
        """Whether a standby shows everything that a primary's log has up to there; None when it is no standby."""
        told = self.driver.execute(_REPLAYED, (log,)).fetchone()
        return None if told is None or not told[0] else bool(told[1])

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within one another they are one, of the same moment."""
        if self._reads:
            yield
            return
        with self._rolled_back_on_failure():
            self.driver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            self._reads = True
            try:
                yield
            finally:
                self._reads = False
            self.driver.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One process at a time writes: a row is locked, and the next one sees what was committed ahead of it.

        So positions in the feeds come in the order of commits, and whoever has read up to one of them has missed none.
        """
        with self._rolled_back_on_failure():
            with self.driver.pipeline():  # what nobody looks at is not waited for
                self.driver.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
                self.driver.execute(_WRITE_SOON)
                held, newest = self.driver.execute(_LOCK), self.driver.execute(_NEWEST)
                if held.fetchone() is None:
                    raise StoreError("the database's schema is gone: restore it from a backup")
                require_usable(*(newest.fetchone() or (0,)))
                yield
            self._commit()

    def _commit(self) -> None:
        try:
            done = self.driver.execute("COMMIT").statusmessage
        except errors.SerializationFailure:
            raise
        except psycopg.Error as error:
            raise Unsure from error
        if done != "COMMIT":  # INVARIANT: what failed before has been raised
            raise StoreError(f"the transaction ended with {done}")

    @contextmanager
    def _rolled_back_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if not self.driver.closed and self.driver.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self.driver.rollback()
            raise

    def cut(self) -> None:
        """Break the connection from another thread: what waits for the server's answer fails at once."""
        pooler.cut(self.driver)

    def close(self) -> None:
        self.driver.close()


def connect(url: DatabaseUrl, writer: int, attributes: str = "read-write") -> PostgresConnection:
    """A connection in which nothing is committed but by `COMMIT`, and then durably, to a server with those attributes
    unless the URL names others (libpq's `target_session_attrs`); raises psycopg.Error, and StoreError for a URL that is
    none, or leads to a pooler that does not hand out sessions."""
    try:
        conninfo = make_conninfo(url.secret, **{**_CONNECTING, "target_session_attrs": attributes, **url.parameters})
    except psycopg.Error:  # whose message may have the password
        raise StoreError(f"libpq does not understand the database's URL {url}") from None
    to_server = partial(psycopg.connect, conninfo, autocommit=True)
    driver = to_server()
    register(driver)
    try:
        pooled = pooler.require_session(driver, to_server)
        driver.execute(_ISOLATION)
        driver.execute(_SESSION)
        return PostgresConnection(driver, writer, pooled=pooled)
    except BaseException:
        driver.close()
        raise


def passes(error: Exception) -> bool:
    """Whether the same is worth another try, perhaps over another connection: nothing of it was committed."""
    if isinstance(error, errors.SerializationFailure | errors.DeadlockDetected | Unsure):
        return True
    if isinstance(error, errors.LockNotAvailable | errors.QueryCanceled):
        return False
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | errors.ReadOnlySqlTransaction)
