"""SQLite as the store's database: one file in WAL mode with synchronous=FULL, or memory.

A file is used over three connections: the writer's and the reader's, each on a thread of its own, and the watch's on
the event loop. Memory has one connection, on the writer's thread.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from iamd.store.errors import StoreError
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
from iamd.store.rows import micros
from iamd.store.sealing import MasterKey
from iamd.store.sqlite import events, findings, history, reading, statements, writing
from iamd.store.sqlite.file import add_token_key, connect, create, failing, prepare, read_keyring, transaction
from iamd.store.sqlite.tail import Tail
from iamd.store.sqlite.writing import Written

T = TypeVar("T")


class SqliteDatabase:
    """Opens, migrates and, when there is none, makes the database; raises StoreError. See `interface.Database`."""

    def __init__(self, file: Path | None, master: MasterKey) -> None:
        self._file = file
        self._master = master
        self._writer_id = secrets.randbits(62)  # tells this process's changes from others' in the feed
        if file is not None:
            create(file)
        self._writer = connect(file)
        try:
            self.keyring = prepare(self._writer, file, master)
        except StoreError:
            self._writer.close()
            raise
        self._write_thread = ThreadPoolExecutor(1, "iamd-store-writer")
        self._reader = self._writer if file is None else connect(file)
        self._read_thread = self._write_thread if file is None else ThreadPoolExecutor(1, "iamd-store-reader")
        self._watch = None if file is None else reading.Watch(file, self._writer_id)
        self._tail = Tail()

    async def commit(self, group: Group) -> None:
        def work() -> Written:
            written = writing.commit(self._writer, group, self._writer_id)
            self._tail.add(written.events)
            return written

        written = await self._on(self._write_thread, "write", work)
        if self._watch is not None:
            self._watch.written(written.first, written.last)

    async def load(self, account_id: str) -> tuple[Records, dict[str, Usage]]:
        return await self._on(self._read_thread, "read", lambda: reading.load(self._reader, account_id))

    async def past(self, account_id: str, when: When) -> Records:
        return await self._on(self._read_thread, "read", lambda: reading.past(self._reader, account_id, when))

    async def history(self, account_id: str, behind: int) -> list[Replaced]:
        return await self._on(self._read_thread, "read", lambda: history.touched(self._reader, account_id, behind))

    async def forget(self, before: datetime) -> None:
        for account_id in await self._on(self._read_thread, "read", lambda: history.accounts(self._reader)):
            await self._on(self._write_thread, "write", partial(history.forget, self._writer, account_id, before))

    async def accesses(self, account_id: str) -> list[Access]:
        return await self._on(self._read_thread, "read", lambda: reading.accesses(self._reader, account_id))

    async def denial(self, id: str, needed: Callable[[bytes], Collection[str]]) -> KeptDenial | None:
        return await self._on(self._read_thread, "read", lambda: reading.denial(self._reader, id, needed))

    async def events(self, window: Window, term: Term | None, terms: Terms) -> list[Recorded]:
        def work() -> list[Recorded]:
            return (
                events.recent(self._reader, window)
                if term is None
                else events.by_term(self._reader, window, term, terms)
            )

        return await self._on(self._read_thread, "read", work)

    async def events_behind(self, position: int, limit: int) -> list[Recorded]:
        at_hand = self._tail.behind(position, limit)
        return at_hand or await self._on(
            self._read_thread, "read", lambda: events.behind(self._reader, position, limit)
        )

    async def last_event(self) -> int:
        return await self._on(self._read_thread, "read", lambda: events.last(self._reader))

    async def index_events(self, terms: Terms, size: int) -> bool:
        block = await self._on(
            self._read_thread, "read", lambda: events.next_block(self._reader, self._tail, terms, size)
        )
        if block is not None:
            await self._on(self._write_thread, "write", lambda: events.add_block(self._writer, block))
        return block is not None

    async def keep_result(self, account_id: str, id: str, when: datetime, content: bytes, before: datetime) -> None:
        row = (account_id, id, micros(when), content)
        await self._on(self._write_thread, "write", lambda: writing.keep_result(self._writer, row, micros(before)))

    async def result(self, account_id: str, id: str) -> bytes | None:
        return await self._on(self._read_thread, "read", lambda: reading.result(self._reader, account_id, id))

    async def remembered(self) -> list[Remembered]:
        return await self._on(self._read_thread, "read", lambda: findings.remembered(self._reader))

    async def remember(
        self, memories: Sequence[Remembered], found: Sequence[KeptFinding], forget_before: datetime
    ) -> bool:
        return await self._on(
            self._write_thread, "write", lambda: findings.remember(self._writer, memories, found, forget_before)
        )

    async def findings(self, account_id: str, id: str | None = None) -> list[KeptFinding]:
        return await self._on(self._read_thread, "read", lambda: findings.found(self._reader, account_id, id))

    async def archive_finding(self, account_id: str, id: str, archived: bool) -> bool:
        return await self._on(
            self._write_thread, "write", lambda: findings.archive(self._writer, account_id, id, archived)
        )

    async def oldest_event_behind(self, position: int) -> datetime | None:
        return await self._on(self._read_thread, "read", lambda: events.oldest_behind(self._reader, position))

    async def forget_events(self, account_id: str, before: datetime, limit: int) -> int:
        def work() -> int:
            forgotten = events.forget(self._writer, account_id, micros(before), limit)
            self._tail.clear()
            return forgotten

        return await self._on(self._write_thread, "write", work)

    async def accounts(self) -> dict[str, Listed]:
        return await self._on(self._read_thread, "read", lambda: reading.accounts(self._reader))

    async def holders(self, kind: str) -> list[str]:
        return await self._on(self._read_thread, "read", lambda: reading.holders(self._reader, kind))

    async def find_key(self, access_key_id: str) -> str | None:
        return await self._on(self._read_thread, "read", lambda: reading.find_key(self._reader, access_key_id))

    async def rotate_token_key(self, forget_before: datetime) -> None:
        def work() -> Keyring:
            add_token_key(self._writer, self.keyring, micros(forget_before))
            return read_keyring(self._writer, self._master)

        self.keyring = await self._on(self._write_thread, "write", work)

    def poll(self) -> Collection[str]:
        if self._watch is None:
            return ()
        changed = self._watch.poll()
        if self._watch.last_key != self.keyring.newest:
            self.keyring = self._watch.keyring(self._master)
        return changed

    def catch_up(self, records: Records) -> bool:
        return self._watch is None or self._watch.catch_up(records)

    def clear(self) -> Awaitable[None]:
        if self._file is not None:
            raise StoreError("only a database in memory can be cleared")

        def work() -> None:
            with transaction(self._writer, "BEGIN IMMEDIATE"):
                for statement in statements.CLEAR:
                    self._writer.execute(statement)
            self._tail.clear()

        return self._on(self._write_thread, "clear", work)

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        await self._on(self._read_thread, "close", self._reader.close)
        await self._on(self._write_thread, "close", self._writer.close)
        self._read_thread.shutdown()
        self._write_thread.shutdown()

    def _on(self, thread: ThreadPoolExecutor, verb: str, work: Callable[[], T]) -> asyncio.Future[T]:
        """Queue the work at once."""

        def guarded() -> T:
            with failing(verb, self._file):
                return work()

        return asyncio.get_running_loop().run_in_executor(thread, guarded)
