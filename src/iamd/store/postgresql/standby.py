"""Reading from a hot standby, to spare the primary, and never anything else than the primary would answer.

The primary is asked first how far it is, and afterwards whether it has what the standby showed. So a standby that is
behind, or of another history since one of the two was promoted, is told from one that may be believed, and the primary
is read instead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

import psycopg
import structlog
from prometheus_client import Counter
from psycopg import errors

from iamd.store.errors import NotKept, StoreError
from iamd.store.postgresql.connection import PostgresConnection
from iamd.store.postgresql.session import Session, heed
from iamd.store.postgresql.url import DatabaseUrl
from iamd.store.sql import tips
from iamd.store.sql.tips import Tip

T = TypeVar("T")

LAG_SECONDS = 0.25  # that a standby is waited for which is behind
SILENCE_SECONDS = 4.0  # after which a server will not answer any more
TRY_AGAIN_SECONDS = 1.0  # after which it is looked whether a standby can be read again
_PATIENCE = 0.3  # seconds that work is tried for: the primary is there as well
_PAUSE = 0.005

READS = Counter(
    "iamd_database_reads", "What may be read from a standby, by the server that it was read from", ["server"]
)

log = structlog.get_logger("iamd.store")


class Unfit(StoreError):
    """The servers are none of which one can tell how far it is behind the other."""


class _Primary(NamedTuple):
    """How far the primary is: its log, and what is committed."""

    log: str
    tip: Tip


class Standby:
    """For the event loop's thread. `primary` reads there, and `read` does so while the standby cannot be used."""

    def __init__(self, url: DatabaseUrl, writer: int, primary: Session) -> None:
        self._url = url
        self._primary = primary
        self._brief = Session(url, writer, "standby", attributes="standby")
        self._long = Session(url, writer, "standby-long", attributes="standby")  # for what takes its time
        self._used = True
        self._tries_again = 0.0
        self._trying: asyncio.Task[None] | None = None

    async def read(self, work: Callable[[PostgresConnection], T], *, brief: bool = False) -> T:
        """What the work finds, in which everything is that had been committed before the call. What is `brief` does not
        wait for what is not. Raises StoreError when the primary is away, and what the work raises."""
        if self._is_used():
            try:
                at = await self._primary.do(_how_far)
            except Unfit as error:
                self._note(error)
                return await self._at_primary(work)
            try:
                found = await self._read(self._brief if brief else self._long, work, at)
            except NotKept:
                pass  # so the primary says so as well
            except StoreError as error:
                self._note(error)
            else:
                READS.labels("standby").inc()
                return found
        return await self._at_primary(work)

    async def _at_primary(self, work: Callable[[PostgresConnection], T]) -> T:
        READS.labels("primary").inc()
        return await self._primary.do(work)

    async def close(self) -> None:
        if self._trying is not None:
            self._trying.cancel()
            with suppress(asyncio.CancelledError):
                await self._trying
        for session in (self._brief, self._long):
            session.cut()  # or what waits for a server that hangs would be waited for
            await session.close()

    async def _read(self, session: Session, work: Callable[[PostgresConnection], T], at: _Primary) -> T:
        """What the work finds on the standby; raises StoreError when it cannot be believed, or is away."""
        until = time.monotonic() + LAG_SECONDS
        while (shown := await self._answered(session, partial(_show, at=at, work=work))) is None:
            if time.monotonic() >= until:
                raise StoreError(f"{self._url} is behind the primary")
            await asyncio.sleep(_PAUSE)
        found, reached = shown
        # A synchronous standby may be a moment ahead: what it has is committed on the primary next, or never.
        while reached != at.tip and not await self._primary.do(partial(tips.has, tip=reached)):
            if time.monotonic() >= until:
                raise StoreError(f"{self._url} has what the primary has not")
            await asyncio.sleep(_PAUSE)
        return found

    async def _answered(self, session: Session, work: Callable[[PostgresConnection], T]) -> T:
        """What the work finds; not waited for on a server that says nothing at all. Raises StoreError."""
        asked = session.do(work, _PATIENCE)
        asked.add_done_callback(heed)
        while True:
            await asyncio.wait({asked}, timeout=SILENCE_SECONDS)
            if asked.done():
                return asked.result()
            if session is self._brief:
                raise StoreError(f"{self._url} does not answer")
            await self._answered(self._brief, lambda connection: None)

    def _is_used(self) -> bool:
        """Whether to read there; has it tried again now and then, which no reader waits for."""
        if not self._used and self._trying is None and time.monotonic() >= self._tries_again:
            self._trying = asyncio.get_running_loop().create_task(self._try())
        return self._used

    async def _try(self) -> None:
        try:
            await self._read(self._brief, lambda connection: None, await self._primary.do(_how_far))
        except StoreError:
            pass
        except Exception:  # whatever it is, it is not tried again for every read
            log.error("the standby could not be tried", standby=str(self._url), exc_info=True)
        else:
            self._used = True
            log.info("the standby is read again", standby=str(self._url))
        finally:
            self._tries_again = time.monotonic() + TRY_AGAIN_SECONDS
            self._trying = None

    def _note(self, error: StoreError) -> None:
        """Read there no more for a while; but it may well cancel a query that is in the way of what it replays."""
        if isinstance(error.__cause__, errors.SerializationFailure | errors.QueryCanceled) or not self._used:
            return
        self._used = False
        self._tries_again = time.monotonic() + TRY_AGAIN_SECONDS
        log.error("the standby cannot be used: the primary is read", error=str(error))
        for session in (self._brief, self._long):  # the URL may name several; what hangs is given up
            session.cut()


def _how_far(connection: PostgresConnection) -> _Primary:
    at = tips.tip(connection)  # before it is asked for its log, which has it then
    try:
        return _Primary(connection.written(), at)
    except (psycopg.ProgrammingError, psycopg.NotSupportedError) as error:
        raise Unfit(f"the primary does not tell how far it is: {str(error).strip()}") from error


def _show(
    connection: PostgresConnection, at: _Primary, work: Callable[[PostgresConnection], T]
) -> tuple[T, Tip] | None:
    """What the work finds on a standby and the standby's tip, as of one moment; None when it is behind. Raises StoreError
    when it is of another history."""
    replayed = connection.has_replayed(at.log)
    if replayed is None:
        raise StoreError("the server is no standby (any more)")
    if not replayed:
        return None
    with connection.reading():
        reached = tips.tip(connection)
        if reached != at.tip and not tips.has(connection, at.tip):
            raise StoreError("the standby has not what the primary has")
        return work(connection), reached
