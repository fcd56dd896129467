"""Hearing of what other processes commit: PostgreSQL notifies, and is asked now and then in case it did not.

The event loop's thread never waits for the server: what was committed is read on a thread, and taken in when it is here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

import psycopg
import structlog

from iamd.store.errors import StoreError
from iamd.store.keyring import Keyring
from iamd.store.postgresql.connection import LEADER_IDLE_SECONDS, PostgresConnection
from iamd.store.postgresql.inbox import Inbox
from iamd.store.postgresql.session import Session
from iamd.store.postgresql.url import DatabaseUrl
from iamd.store.sql import feed, keys
from iamd.store.sql.feed import Changed, Mark, News

POLL_SECONDS = 1.0
_LONGEST_LOOK = 20.0  # seconds after which a look that has not come to an end never will
_DOUBT_SECONDS = 90.0  # longer than the server lets a statement take
LEASE_SECONDS = LEADER_IDLE_SECONDS - 5.0  # behind a look: the server ends a leader's connection later than that
_PATIENCE = 1.0  # seconds that a look is tried for: whoever waits for it is told soon

SILENCE_SECONDS = 4.0  # after which a server will not answer any more

T = TypeVar("T")

log = structlog.get_logger("iamd.store")


class _Heard(NamedTuple):
    """What a look at the feed found: what others changed, where it ends, and whether it is not the one that was read
    before; the keyring, if it has changed; the schema's version; whether this process leads."""

    changed: list[Changed]
    mark: Mark | None
    lost: bool
    keyring: Keyring | None
    schema: int
    leads: bool


class Follower:
    """For the event loop's thread."""

    def __init__(self, url: DatabaseUrl, renewal: keys.Renewal, writer: int, keyring: Keyring) -> None:
        self._session = Session(url, writer, "follower")
        self._renewal = renewal
        self._writer = writer
        self.keyring = keyring
        self.inbox = Inbox()
        self.on_silence: Callable[[], object] = lambda: None  # told when the server does not answer
        self.schema = 0  # its version, when it was last heard of
        self.mark: Mark | None = None  # the row of the feed behind which the next look begins
        self._last: Mark | None = None  # the last row that was heard of
        self._seen: set[Mark] = set()  # others, at which images were read, and which are to be heard of still
        self._heard_at = time.monotonic()
        self._doubtful: dict[str, float] = {}  # accounts, and until when
        self._doubts = 0  # how often there were some
        self._away: type[Exception] | None = None  # what tells that the server is
        self._session.on_break = self._lead_no_more
        self._stands = False  # for being the leader
        self._leads_until = 0.0
        self._ear: PostgresConnection | None = None  # notifies, while no look is under way
        self._socket = -1  # of it, while the loop watches it
        self._wake = asyncio.Event()
        self._next: asyncio.Future[None] | None = None  # the end of the next look
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow; raises StoreError when the server is away."""
        loop = asyncio.get_running_loop()
        self._next = loop.create_future()
        self._running = loop.create_task(self._run())
        await self.follow()

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        if self._next is not None:
            _fail(self._next, StoreError("the store is closed"))
            self._next = None
        self._deafen()
        await self._session.close()

    async def follow(self) -> None:
        """Return when the inbox has everything that was committed before the call; raises StoreError."""
        if self._next is None or self._running is None or self._running.done():
            raise StoreError("the store is not open")
        look = self._next
        self._wake.set()
        await asyncio.shield(look)

    def doubt(self, accounts: Iterable[str], since: Mark | None) -> None:
        """Hear of this process's own changes of those accounts as well, for as long as a commit may take to end; also
        of those behind `since`, which was `mark` when it began: they may have been passed over as known."""
        until = time.monotonic() + _DOUBT_SECONDS
        self._doubtful.update(dict.fromkeys(accounts, until))
        self._doubts += 1
        if since is None or (self.mark is not None and since.position < self.mark.position):
            self.mark = since

    def saw(self, mark: Mark | None) -> None:
        """Note that an image was read when the feed ended there; without that row images are forgotten."""
        if mark is not None and mark != self._last:
            self._seen.add(mark)

    def lead(self) -> float:
        """See `interface.Database.lead`."""
        if not self._stands:
            self._stands = True
            self._wake.set()
        return max(0.0, self._leads_until - time.monotonic())

    def _lead_no_more(self) -> None:
        """The lock went with the connection."""
        self._leads_until = 0.0

    def away_for(self) -> float:
        """Seconds since the server was last heard; 0 when it is there."""
        silent = time.monotonic() - self._heard_at
        return silent if self._away or silent > _LONGEST_LOOK else 0.0

    async def _run(self) -> None:
        while self._next is not None:
            look, self._next = self._next, asyncio.get_running_loop().create_future()
            self._wake.clear()
            try:
                await self._look()
            except asyncio.CancelledError:
                _fail(look, StoreError("the store is closed"))
                raise
            except Exception as error:
                self._note_away(error)
                _fail(look, error if isinstance(error, StoreError) else StoreError(str(error)))
            else:
                self._note_back()
                look.set_result(None)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def _look(self) -> None:
        self._deafen()
        while True:
            began, doubts, seen = time.monotonic(), self._doubts, frozenset(self._seen)
            hear = partial(self._hear, mark=self.mark, last=self._last, seen=seen)
            heard = await self._answered(self._session.do(hear, _PATIENCE))
            if heard.lost:
                log.error("the database has lost changes: all accounts are read anew")
                self.inbox.forget()
            others = self._others(heard.changed)
            wanted = self.inbox.wanted(others)
            news = await self._answered(self._session.do(partial(self._news, wanted), _PATIENCE)) if wanted else {}
            if news is not None:
                break
        self.inbox.put(others, news)
        self._heard_at = time.monotonic()
        self.schema = heard.schema
        self._leads_until = began + LEASE_SECONDS if heard.leads else 0.0
        self._last = heard.mark
        self._seen -= seen
        if heard.lost or doubts == self._doubts:  # or it was set back meanwhile, and the next look hears all again
            self.mark = heard.mark
        if heard.keyring is not None and heard.keyring.newest > self.keyring.newest:
            self.keyring = heard.keyring
        self._listen()

    def _others(self, changed: list[Changed]) -> list[Changed]:
        """Those that others have made, or perhaps this process without knowing."""
        now = time.monotonic()
        self._doubtful = {account_id: until for account_id, until in self._doubtful.items() if until > now}
        return [each for each in changed if each.writer != self._writer or each.account_id in self._doubtful]

    async def _answered(self, asked: asyncio.Future[T]) -> T:
        """Wait for what the server answers. One that says nothing, with its connections still there, is not waited for:
        another one may have taken its place."""
        await asyncio.wait({asked}, timeout=SILENCE_SECONDS)
        if not asked.done() and self._session.cut():
            log.error("the database does not answer: its connections are given up")
            self.on_silence()
        return await asked

    def _hear(
        self, connection: PostgresConnection, mark: Mark | None, last: Mark | None, seen: frozenset[Mark]
    ) -> _Heard:
        """Look at the feed behind a mark; on the session's thread."""
        connection.require_session()  # where it listens, and holds the leader's lock
        self._ear, anew = connection, connection.listen()
        known = {*seen, last} if anew and last is not None else seen
        lost = not all(feed.is_at(connection, each) for each in known)
        end, changed, newest, schema = feed.look(connection, 0 if mark is None else mark.position)
        keyring = None if newest == self.keyring.newest else self._renewal.read(connection, self.keyring)
        leads = self._stands and connection.lead()
        return _Heard([] if lost else changed, end, lost, keyring, schema, leads)

    def _news(self, wanted: dict[str, int], connection: PostgresConnection) -> dict[str, News | None] | None:
        """What is new in those accounts; None over another connection than was heard on. On the session's thread."""
        if connection is not self._ear:
            return None
        return {account_id: feed.news(connection, account_id, base) for account_id, base in wanted.items()}

    def _listen(self) -> None:
        """Be woken by the server. What it told during the look may have come too late for it."""
        if self._ear is not None:
            self._socket = self._ear.socket
            asyncio.get_running_loop().add_reader(self._socket, self._told)
            self._told()

    def _deafen(self) -> None:
        """Leave the connection to the session's thread."""
        if self._socket >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
        self._ear, self._socket = None, -1

    def _told(self) -> None:
        try:
            told = [] if self._ear is None else self._ear.told()
        except psycopg.Error:  # the connection broke; the next look makes another one
            self._deafen()
            self._wake.set()
            return
        if any(writer != str(self._writer) for writer in told):
            self._wake.set()

    def _note_away(self, error: Exception) -> None:
        self._lead_no_more()
        if self._away is not type(error):  # also where a break turns out to be a pooler's
            self._away = type(error)
            log.error("the database is away: requests are decided on what is in memory", error=str(error))

    def _note_back(self) -> None:
        if self._away:
            self._away = None
            log.info("the database is back")


def _fail(look: asyncio.Future[None], error: StoreError) -> None:
    look.set_exception(error)
    look.exception()  # nobody need have waited for it
