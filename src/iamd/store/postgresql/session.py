"""A thread with a connection of its own, which is made anew when it breaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

import psycopg

from iamd.store.errors import NotWritten, StoreError
from iamd.store.postgresql.connection import PostgresConnection, Unsure, connect, passes
from iamd.store.postgresql.url import DatabaseUrl

T = TypeVar("T")

PATIENCE = 8.0  # seconds that work is tried for while the server is away
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


class Session:
    """Does work in the order in which it is asked for."""

    def __init__(
        self,
        url: DatabaseUrl,
        writer: int,
        name: str,
        connection: PostgresConnection | None = None,
        attributes: str = "read-write",
    ) -> None:
        """`attributes` are those of the servers to connect to, as for `connect`."""
        self._url = url
        self._attributes = attributes
        self._writer = writer
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, f"iamd-store-{name}")
        self.on_break: Callable[[], object] = lambda: None  # told on the thread that a connection is no more
        self._exchanging = Lock()  # held where a connection is closed or cut: its number would be another one's
        self._verb = "write" if name == "writer" else "read"

    def do(self, work: Callable[[PostgresConnection], T], patience: float | None = None) -> asyncio.Future[T]:
        """Queue the work at once. It is done again, perhaps over another connection, when it failed for a reason that
        passes, for `patience` seconds (by default PATIENCE); raises NotWritten when it failed for good, and StoreError
        when it is not known whether it did."""
        return asyncio.get_running_loop().run_in_executor(
            self._thread, self._try, work, PATIENCE if patience is None else patience
        )

    def cut(self) -> bool:
        """Break the connection, if there is one; work that waits for the server goes on over another."""
        with self._exchanging:
            connection = self._connection
            if connection is not None:
                connection.cut()
        return connection is not None

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown()

    def _try(self, work: Callable[[PostgresConnection], T], patience: float) -> T:
        pause, deadline = _FIRST_PAUSE, time.monotonic() + patience
        unsure = False
        while True:
            try:
                return self._once(work)
            except (psycopg.Error, Unsure) as error:
                unsure = unsure or isinstance(error, Unsure)
                broken = self._connection is None or self._connection.driver.broken
                if broken or not isinstance(
                    error, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected
                ):
                    self._drop()
                if not (broken or passes(error)) or time.monotonic() + pause > deadline:
                    raise self._failed(error, unsure) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _once(self, work: Callable[[PostgresConnection], T]) -> T:
        if self._connection is None:
            self._connection = connect(self._url, self._writer, self._attributes)
        return work(self._connection)

    def _failed(self, error: Exception, unsure: bool) -> StoreError:
        said = f"cannot {self._verb} the database {self._url}: {str(error).strip() or 'the connection broke'}"
        return StoreError(f"{said} (perhaps it was written)") if unsure else NotWritten(said)

    def _drop(self) -> None:
        with self._exchanging:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                self.on_break()


def heed(attempt: asyncio.Future[Any]) -> None:
    """Take notice of how work ended that nobody waits for any more."""
    if not attempt.cancelled():
        attempt.exception()
