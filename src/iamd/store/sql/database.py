"""A database of the store that speaks SQL, but for what databases have each their own way of: opening, threads,
transactions, and hearing of what other processes commit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from iamd.store.image import Records
from iamd.store.interface import (
    Access,
    Group,
    KeptDenial,
    KeptFinding,
    Listed,
    Recorded,
    Remembered,
    Replaced,
    Term,
    Terms,
    Usage,
    When,
    Window,
)
from iamd.store.keyring import Keyring
from iamd.store.master_key import MasterKey
from iamd.store.rows import micros
from iamd.store.runs import Run
from iamd.store.sql import events, feed, findings, history, keys, postings, reading, writing
from iamd.store.sql.connection import Connection
from iamd.store.sql.feed import Heard, Mark, News
from iamd.store.sql.tail import Tail
from iamd.store.sql.writing import Written

P = ParamSpec("P")
T = TypeVar("T")


class SqlDatabase(ABC):
    """See `interface.Database`."""

    keyring: Keyring
    reads_wait: float | None = None

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._renewal = keys.Renewal(master)
        self._tail = Tail()

    @abstractmethod
    def _read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        """Queue work that reads for the reader's thread, at once; raises StoreError."""

    def _read_much(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        """As `_read`, of work that may read so much that it is better done where it is in nobody's way."""
        return self._read(work, *args, **kwargs)

    @abstractmethod
    def _write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        """Queue work that writes for the writer's thread, at once; raises StoreError."""

    def _commit(self, connection: Connection, group: Group, writer: int) -> Written:
        """Write a group, on the writer's thread."""
        written = writing.commit(connection, group, writer)
        self._tail.add(written.events)
        return written

    async def load(self, account_id: str) -> tuple[Records, dict[str, Usage]]:
        return await self._read(reading.load, account_id)

    async def heard(self, mark: Mark | None) -> Heard:
        return await self._read(feed.heard, mark)

    async def news(self, account_id: str, behind: int) -> News | None:
        return await self._read(feed.news, account_id, behind)

    async def past(self, account_id: str, when: When) -> Records:
        return await self._read_much(reading.past, account_id, when)

    async def history(self, account_id: str, behind: int) -> list[Replaced]:
        return await self._read_much(history.touched, account_id, behind)

    async def forget(self, before: datetime) -> None:
        for account_id in await self._read(history.accounts):
            await self._write(history.forget, account_id, before)

    async def accesses(self, account_id: str) -> list[Access]:
        return await self._read_much(reading.accesses, account_id)

    async def denial(self, id: str, needed: Callable[[bytes], Collection[str]]) -> KeptDenial | None:
        return await self._read(reading.denial, id, needed)

    async def events(self, window: Window, term: Term | None, terms: Terms) -> list[Recorded]:
        if term is None:
            return await self._read_much(events.recent, window)
        return await self._read_much(events.by_term, window, term, terms)

    async def runs(self, window: Window, below: tuple[int, int]) -> list[Run]:
        return await self._read_much(events.below, window, below)

    async def runs_behind(self, position: int, limit: int) -> list[Run]:
        return self._tail.behind(position, limit) or await self._read_much(events.behind, position, limit)

    async def last_event(self) -> int:
        return await self._read(events.last)

    async def index_events(self, terms: Terms, size: int) -> bool:
        block = await self._read_much(self._next_block, terms, size)
        if block is not None:
            await self._write(postings.add, block)
        return block is not None

    def _next_block(self, connection: Connection, terms: Terms, size: int) -> postings.Block | None:
        """The next block, if it is full."""
        base = postings.last_block(connection)
        if events.last(connection) - base < size:
            return None
        found = self._tail.behind(base, size) or events.behind(connection, base, size)
        if not found or found[-1].position - base < size:
            return None
        return postings.block(found, base, terms)

    async def keep_result(self, account_id: str, id: str, when: datetime, content: bytes, before: datetime) -> None:
        await self._write(writing.keep_result, (account_id, id, micros(when), content), micros(before))

    async def result(self, account_id: str, id: str) -> bytes | None:
        return await self._read(reading.result, account_id, id)

    async def remembered(self) -> list[Remembered]:
        return await self._read(findings.remembered)

    async def remember(
        self, memories: Sequence[Remembered], found: Sequence[KeptFinding], forget_before: datetime
    ) -> bool:
        return await self._write(findings.remember, memories, found, forget_before)

    async def findings(self, account_id: str, id: str | None = None) -> list[KeptFinding]:
        return await self._read(findings.found, account_id, id)

    async def archive_finding(self, account_id: str, id: str, archived: bool) -> bool:
        return await self._write(findings.archive, account_id, id, archived)

    async def oldest_event_behind(self, position: int) -> datetime | None:
        return await self._read(events.oldest_behind, position)

    async def forget_events(self, account_id: str, before: datetime, limit: int) -> int:
        def work(connection: Connection) -> int:
            forgotten = events.forget(connection, account_id, micros(before), limit)
            self._tail.clear()
            return forgotten

        return await self._write(work)

    async def time(self) -> datetime:
        return datetime.now(UTC)

    async def accounts(self) -> dict[str, Listed]:
        return await self._read(reading.accounts)

    async def holders(self, kind: str, **values: str) -> list[str]:
        return await self._read(reading.holders, kind, **values)

    async def find_key(self, access_key_id: str) -> str | None:
        return await self._read(reading.find_key, access_key_id)

    async def rotate_master_key(self) -> None:
        await self._write(keys.rewrap, self._master)

    async def rotate_token_key(self, forget_before: datetime) -> None:
        def work(connection: Connection) -> Keyring:
            keys.add_token_key(connection, self._master, micros(forget_before))
            return keys.read(connection, self._master)

        self.keyring = await self._write(work)
