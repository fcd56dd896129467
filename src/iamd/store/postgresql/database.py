"""PostgreSQL as the store's database, for as many processes as there are.

Three connections, each on a thread of its own: the writer's, the reader's, and the one that follows the change feed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

import psycopg

from iamd.store.errors import NotWritten, StoreError
from iamd.store.image import Records
from iamd.store.interface import Conflict, Group, Usage
from iamd.store.master_key import MasterKey
from iamd.store.migrations import is_usable, require_usable
from iamd.store.postgresql.connection import PostgresConnection, connect
from iamd.store.postgresql.follower import Follower
from iamd.store.postgresql.opening import prepare
from iamd.store.postgresql.session import Session, heed
from iamd.store.postgresql.standby import Standby
from iamd.store.postgresql.url import DatabaseUrl
from iamd.store.rows import moment
from iamd.store.sql import feed, reading, writing
from iamd.store.sql.connection import Connection
from iamd.store.sql.database import SqlDatabase
from iamd.store.sql.feed import Mark
from iamd.store.sql.writing import Written

P = ParamSpec("P")
T = TypeVar("T")

# Decisions wait for the changes that are under way, which they may rest on, for this long; then they go on without.
READS_WAIT = 0.1
COMMIT_SECONDS = 2.0  # after which a change is given up


class PostgresDatabase(SqlDatabase):
    """Opens and migrates the database, which must exist; raises StoreError. See `interface.Database`.

    `patience` is for how many seconds images are used while the server is away; `standby` is where a server is that
    follows this one, to read from.
    """

    def __init__(
        self, url: DatabaseUrl, master: MasterKey, patience: float, standby: DatabaseUrl | None = None
    ) -> None:
        super().__init__(master)
        self.reads_wait = READS_WAIT
        self._url = url
        self._patience = patience
        self._writer_id = secrets.randbits(62)  # tells this process's changes from others' in the feed
        try:
            opened = connect(url, self._writer_id)
            try:
                self.keyring = prepare(opened, master)
            except BaseException:
                opened.close()
                raise
        except psycopg.Error as error:
            raise StoreError(f"cannot open the database {url}: {_said(error)}") from error
        self._writer = Session(url, self._writer_id, "writer", opened)
        self._reader = Session(url, self._writer_id, "reader")
        self._standby = None if standby is None else Standby(standby, self._writer_id, self._reader)
        self._follower = Follower(url, self._renewal, self._writer_id, self.keyring)
        self._follower.on_silence = lambda: (self._writer.cut(), self._reader.cut())

    @property
    def schema(self) -> int:
        return self._follower.schema

    @property
    def bridged(self) -> bool | None:
        if not is_usable(self.schema):
            return False
        away = self._follower.away_for()
        return away <= self._patience if away else None

    async def start(self) -> None:
        await self._follower.start()

    def lead(self) -> float:
        return self._follower.lead()

    async def follow(self) -> None:
        await self._follower.follow()

    async def commit(self, group: Group) -> None:
        since = self._follower.mark
        doubtful: list[Written] = []  # what an earlier attempt wrote, of which it is not known whether it was committed
        late = False

        def require_time() -> None:
            if late:
                raise NotWritten("the change was given up")

        def work(connection: PostgresConnection) -> None:
            with connection.writing():
                require_time()
                if doubtful and writing.is_there(connection, doubtful[-1], self._writer_id):
                    written = doubtful[-1]
                else:
                    written = writing.write(connection, group, self._writer_id)
                require_time()  # also where the statements took long: of nothing but a COMMIT under way is the end unknown
                doubtful[:] = [written]
            self._tail.add(written.events)

        try:
            attempt = self._writer.do(work)
            # Nobody waits for what the ledger writes, and it would write it once more.
            await asyncio.wait({attempt}, timeout=COMMIT_SECONDS if group.changes or group.events else None)
            if not attempt.done():
                late = True
                attempt.add_done_callback(heed)  # should the change be there, the follower hears of it
                raise StoreError(f"the database {self._url} has not taken the change within {COMMIT_SECONDS:g} seconds")
            attempt.result()
        except Conflict:
            # Perhaps it was an earlier commit of our own, whose answer was lost.
            self._follower.doubt(group.bases, since)
            await self._follower.follow()
            raise
        except NotWritten:
            raise
        except StoreError as error:
            self._follower.doubt(group.bases, since)
            raise NotWritten(str(error)) from error

    async def load(self, account_id: str) -> tuple[Records, dict[str, Usage]]:
        while True:
            work = partial(_load, account_id=account_id)
            if self._standby is None:
                mark, (records, usage) = await self._reader.do(work)
            else:
                mark, (records, usage) = await self._standby.read(work, brief=True)
            self._follower.saw(mark)
            if self._follower.inbox.take(records):
                return records, usage

    async def time(self) -> datetime:
        return moment(await self._reader.do(PostgresConnection.time))

    def poll(self) -> Collection[str]:
        require_usable(self._follower.schema)
        if self._follower.away_for() > self._patience:
            raise StoreError(f"the database {self._url} has been away for more than {self._patience:g} seconds")
        if self._follower.keyring.newest > self.keyring.newest:
            self.keyring = self._follower.keyring
        return self._follower.inbox.changed()

    def catch_up(self, records: Records) -> bool:
        return self._follower.inbox.catch_up(records)

    def clear(self) -> Awaitable[None]:
        raise StoreError("only a database in memory can be cleared")

    async def close(self) -> None:
        await self._follower.close()
        if self._standby is not None:
            await self._standby.close()
        await self._reader.close()
        await self._writer.close()

    def _read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        return self._reader.do(lambda connection: work(connection, *args, **kwargs))

    def _read_much(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        if self._standby is None:
            return self._read(work, *args, **kwargs)
        return self._standby.read(lambda connection: work(connection, *args, **kwargs))

    def _write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        return self._writer.do(lambda connection: work(connection, *args, **kwargs))


def _said(error: psycopg.Error) -> str:
    """What a database says that does not let itself be opened, in a line where it is one."""
    said = error.diag.message_primary or str(error).strip()
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        said += ": let it belong to the user that iamd connects as"
    return said


def _load(connection: PostgresConnection, account_id: str) -> tuple[Mark | None, tuple[Records, dict[str, Usage]]]:
    """All of an account, and where the feed ended at that moment."""
    with connection.reading():
        return feed.end(connection), reading.load(connection, account_id)
