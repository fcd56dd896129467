"""SQLite as the store's database: one file in WAL mode with synchronous=FULL, or memory.

A file is used over three connections: the writer's and the reader's, each on a thread of its own, and the watch's on
the event loop. Memory has one connection, on the writer's thread.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from math import inf
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from iamd.store.errors import StoreError
from iamd.store.image import Records
from iamd.store.interface import Group
from iamd.store.master_key import MasterKey
from iamd.store.migrations import LATEST, is_usable, require_usable
from iamd.store.sql import statements
from iamd.store.sql.connection import Connection
from iamd.store.sql.database import SqlDatabase
from iamd.store.sqlite.connection import connect, failing
from iamd.store.sqlite.file import create, prepare, use
from iamd.store.sqlite.lock import Lock
from iamd.store.sqlite.watch import Watch

P = ParamSpec("P")
T = TypeVar("T")


class SqliteDatabase(SqlDatabase):
    """Opens, migrates and, when there is none, makes the database; raises StoreError. See `interface.Database`."""

    def __init__(self, file: Path | None, master: MasterKey) -> None:
        super().__init__(master)
        self._file = file
        self._writer_id = secrets.randbits(62)  # tells this process's changes from others' in the feed
        if file is not None:
            create(file)
        self._use = None if file is None else use(file)
        with ExitStack() as on_failure:
            on_failure.callback(self._disuse)
            self._writer = connect(file)
            on_failure.callback(self._writer.close)
            self.keyring = prepare(self._writer, file, master)
            on_failure.pop_all()
        self._write_thread = ThreadPoolExecutor(1, "iamd-store-writer")
        self._reader = self._writer if file is None else connect(file)
        self._read_thread = self._write_thread if file is None else ThreadPoolExecutor(1, "iamd-store-reader")
        self._watch = None if file is None else Watch(file, self._writer_id)
        self._leadership = None if file is None else Lock(file.with_name(f"{file.name}-leader"))

    @property
    def schema(self) -> int:
        return LATEST if self._watch is None else self._watch.schema

    @property
    def bridged(self) -> bool | None:
        return None if is_usable(self.schema) else False

    async def start(self) -> None:
        """Nothing need be begun: the file tells."""

    def lead(self) -> float:
        return inf if self._leadership is None or self._leadership.take() else 0.0

    async def follow(self) -> None:
        """`poll` looks by itself."""

    async def commit(self, group: Group) -> None:
        written = await self._write(self._commit, group, self._writer_id)
        if self._watch is not None:
            self._watch.written(written.first, written.last)

    def poll(self) -> Collection[str]:
        if self._watch is None:
            return ()
        changed = self._watch.poll()
        require_usable(self._watch.schema)
        if self._watch.last_key != self.keyring.newest:
            self.keyring = self._watch.keyring(self._renewal, self.keyring)
        return changed

    def catch_up(self, records: Records) -> bool:
        return self._watch is None or self._watch.catch_up(records)

    def clear(self) -> Awaitable[None]:
        if self._file is not None:
            raise StoreError("only a database in memory can be cleared")

        def work(connection: Connection) -> None:
            with connection.writing():
                for statement in statements.CLEAR:
                    connection.execute(statement)
            self._tail.clear()

        return self._write(work)

    async def close(self) -> None:
        if self._leadership is not None:
            self._leadership.release()
        if self._watch is not None:
            self._watch.close()
        await self._on(self._read_thread, "close", self._reader.close)
        await self._on(self._write_thread, "close", self._writer.close)
        self._read_thread.shutdown()
        self._write_thread.shutdown()
        self._disuse()

    def _disuse(self) -> None:
        """Let the file be replaced."""
        if self._use is not None:
            self._use.release()

    def _read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        return self._on(self._read_thread, "read", lambda: work(self._reader, *args, **kwargs))

    def _write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        return self._on(self._write_thread, "write", lambda: work(self._writer, *args, **kwargs))

    def _on(self, thread: ThreadPoolExecutor, verb: str, work: Callable[[], T]) -> asyncio.Future[T]:
        """Queue the work at once."""

        def guarded() -> T:
            with failing(verb, self._file):
                return work()

        return asyncio.get_running_loop().run_in_executor(thread, guarded)
