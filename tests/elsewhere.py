"""Tests of a server in memory run on PostgreSQL instead when IAMD_TEST_DATABASE is `postgresql`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

import pytest

from iamd.server import data
from iamd.settings import Settings
from iamd.store import Store
from iamd.store.master_key import random_master_key
from iamd.store.postgresql.database import PostgresDatabase
from iamd.store.postgresql.url import parse
from iamd.store.sql import statements
from iamd.store.sql.connection import Connection
from tests import postgresql

P = ParamSpec("P")
T = TypeVar("T")

WANTED = os.environ.get("IAMD_TEST_DATABASE", "sqlite")


class _Clearable(PostgresDatabase):
    """Can be reset, as memory can, whose reads and writes have one thread, too."""

    def _read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        return self._write(work, *args, **kwargs)

    def clear(self) -> Awaitable[None]:
        def work(connection: Connection) -> None:
            with connection.writing():
                for statement in statements.CLEAR:
                    connection.execute(statement)
            self._tail.clear()

        return self._write(work)


@contextmanager
def database_for_memory() -> Iterator[None]:
    """Servers in memory that are started meanwhile have the database that is wanted."""
    if WANTED == "sqlite":
        yield
        return
    if WANTED != "postgresql":
        raise RuntimeError(f"IAMD_TEST_DATABASE is {WANTED}, and not sqlite or postgresql")

    def store(settings: Settings, memory: int) -> Store:
        if not settings.in_memory:
            return known(settings, memory)
        return Store(_Clearable(parse(postgresql.shared().new_database()), random_master_key(), 60), memory)

    known = data.store
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "store", store)
        yield
