"""A pooler between iamd and PostgreSQL may hand out sessions, not transactions.

The lock of the leader, notifications, settings and prepared statements belong to a session of the server. Behind a
pooler that gives each transaction or statement whichever session is free, every server would take itself for the leader,
and hear of nothing. So this is tried, whatever the pooler's name is.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from threading import Event, Timer
from typing import Any, TypeAlias

import psycopg
from psycopg import errors

from iamd.store.errors import StoreError

Driver: TypeAlias = psycopg.Connection[Any]

PATIENCE = 3.0  # seconds that a pooler is given
_ROUNDS = 3  # others may use the pool meanwhile

# A standby refuses to read at all where transactions are serializable by default, which is changed for nobody else.
_ISOLATION = "ISOLATION LEVEL READ COMMITTED"
_SESSION = "SELECT pg_backend_pid()"
_MARKED = "SELECT pg_backend_pid(), current_setting('iamd.session', true)"


class NoSession(StoreError):
    """A pooler gives each transaction or statement another session."""


def require_session(driver: Driver, connect: Callable[[], Driver]) -> bool:
    """Whether there is a pooler between, which hands out sessions; the one that it gave is as new then. `connect` makes
    another connection like the one that has just been made. Raises NoSession where it hands out anything less."""
    refusal = no_session(driver)
    try:
        if is_same(driver, driver.info.backend_pid):  # the server itself told its process when it was connected to
            return False
        with closing(connect()) as other, _in_time(driver, other):
            if not _keeps(driver, other):
                raise refusal
    except errors.ProtocolViolation as error:  # so PgBouncer, where each statement is on its own
        raise refusal from error
    driver.execute("SET default_transaction_isolation = 'read committed'")
    driver.execute("DISCARD ALL")  # who had it before may have left locks in it, and notifications
    return True


def session_of(driver: Driver) -> int:
    """The server's process that the connection speaks to now."""
    return int(_one(driver, _SESSION)[0])


def is_same(driver: Driver, session: int) -> bool:
    """Whether it is that process."""
    return session_of(driver) == session


def no_session(driver: Driver) -> NoSession:
    """To be raised, with what to do."""
    return NoSession(
        f"at {driver.info.host}:{driver.info.port} is a pooler that gives each transaction or statement another session:"
        " locks and notifications, by which servers agree, would be lost. Set its pool mode to session for iamd, or name"
        " PostgreSQL itself"
    )


def _keeps(driver: Driver, other: Driver) -> bool:
    """Whether a connection keeps its session, however a pooler chooses: one that hands them out in turn gives another to
    the second of two transactions; one that hands out what was free last gives it to the other connection."""
    mine = _one(driver, f"SELECT pg_backend_pid(), set_config('iamd.session', '{secrets.token_hex(8)}', false)")
    for _ in range(_ROUNDS):
        if _one(driver, _MARKED) != mine or _one(driver, _MARKED) != mine:
            return False
        other.execute(f"BEGIN {_ISOLATION}".encode())
        held = other.execute(_SESSION, prepare=False).fetchone()
        if held == mine[:1] or _one(driver, _MARKED) != mine:
            return False
        other.execute("ROLLBACK")
    return True


def _one(driver: Driver, question: str) -> tuple[Any, ...]:
    """The row that answers it, in a transaction of its own."""
    cursor = driver.execute(f"BEGIN {_ISOLATION}; {question}; COMMIT".encode(), prepare=False)
    cursor.nextset()
    return cursor.fetchone() or (0,)


@contextmanager
def _in_time(*drivers: Driver) -> Iterator[None]:
    """Cut connections that a pooler keeps waiting for a session; raises OperationalError then."""
    is_late = Event()
    timer = Timer(PATIENCE, _give_up, (is_late, drivers))
    timer.daemon = True
    timer.start()
    try:
        yield
    except psycopg.OperationalError as error:
        if not is_late.is_set():
            raise
        raise psycopg.OperationalError(
            f"the pooler before the database had no session for another connection within {PATIENCE:g} seconds: let it"
            " have six for each server of iamd (PgBouncer's default_pool_size)"
        ) from error
    finally:
        timer.cancel()


def _give_up(is_late: Event, drivers: Sequence[Driver]) -> None:
    is_late.set()
    for driver in drivers:
        cut(driver)


def cut(driver: Driver) -> None:
    """Break a connection from another thread: what waits for the server's answer fails at once."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(driver.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)
