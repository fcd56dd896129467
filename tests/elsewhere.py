"""Tests run on PostgreSQL instead of SQLite when IAMD_TEST_DATABASE is `postgresql`.

Servers in this process and the commands have a database on a server then, one for each data directory, and so have
servers in memory. Processes are told by `variables`, and what opens the store by itself uses `open_store`. Tests that
are of SQLite are marked `embedded`, with the reason.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
import pytest

from iamd.cli import arguments
from iamd.cli import place as places
from iamd.cli.place import Place
from iamd.server import data
from iamd.settings import Settings
from iamd.store import Store, opening
from iamd.store.master_key import create_master_key, random_master_key
from iamd.store.opening import DATABASE_FILE, MASTER_KEY_FILE
from iamd.store.postgresql import url as urls
from iamd.store.postgresql.database import PostgresDatabase
from iamd.store.sql import statements
from iamd.store.sql.connection import Connection
from tests import postgresql

P = ParamSpec("P")
T = TypeVar("T")

WANTED = os.environ.get("IAMD_TEST_DATABASE", "sqlite")
MARK = "embedded(reason): the test is of SQLite, also when others run on PostgreSQL"

_here = True  # whether what is opened now is SQLite's


def choose(test: pytest.Item) -> None:
    """Have what the test opens where it belongs."""
    global _here
    _here = WANTED == "sqlite" or test.get_closest_marker("embedded") is not None


def install(patch: pytest.MonkeyPatch) -> None:
    """Give what asks the settings for its database the one that is wanted."""
    if WANTED == "sqlite":
        return
    if WANTED != "postgresql":
        raise pytest.UsageError(f"IAMD_TEST_DATABASE is {WANTED}, and not sqlite or postgresql")
    store, hindsight = data.store, data.hindsight

    def store_elsewhere(chosen: Settings, memory: int) -> Store:
        if _here or not chosen.in_memory:
            return store(_elsewhere(chosen), memory)
        url = postgresql.shared().new_database()
        return Store(_Clearable(urls.parse(url), random_master_key(), 60), memory)

    patch.setattr(data, "store", store_elsewhere)
    patch.setattr(data, "hindsight", lambda chosen: hindsight(_elsewhere(chosen)))
    patch.setattr(places, "settings", lambda args: _elsewhere(arguments.settings(args)))


def settings(folder: Path) -> dict[str, str]:
    """What tells where the database of a data directory is, besides the directory."""
    return {} if _here else {"database": _url(folder), "master_key_file": str(_key(folder))}


def variables(folder: Path) -> dict[str, str]:
    """The same for a process."""
    return {f"IAMD_{name.upper()}": value for name, value in settings(folder).items()}


def place(folder: Path) -> Place:
    """The same for what commands are made of."""
    return Place(folder, folder / MASTER_KEY_FILE) if _here else Place(folder, _key(folder), urls.parse(_url(folder)))


def open_store(folder: Path) -> Store:
    """The store of a data directory."""
    if _here:
        return Store.open_sqlite(folder)
    return Store(opening.postgresql(urls.parse(_url(folder)), _key(folder)))


@contextmanager
def empty() -> Iterator[Callable[[], Store]]:
    """What opens an empty database until the block ends; on PostgreSQL there is one at a time."""
    with TemporaryDirectory() as folder:
        if _here:
            yield lambda: Store.open_sqlite(Path(folder))
        else:
            url, key = urls.parse(postgresql.shared().empty()), _key(Path(folder))
            yield lambda: Store(opening.postgresql(url, key))


def query(folder: Path, *statements: str) -> list[Any]:
    """Run SQL on the database of a data directory, from outside; returns the rows of the last statement."""
    if _here:
        with closing(sqlite3.connect(folder / DATABASE_FILE, isolation_level=None)) as file:
            return [file.execute(each).fetchall() for each in statements][-1]
    with psycopg.connect(_url(folder), autocommit=True) as server:
        told = [server.execute(each.encode()) for each in statements][-1]
        return [] if told.description is None else told.fetchall()


def _elsewhere(chosen: Settings) -> Settings:
    if _here or chosen.in_memory or chosen.database or chosen.control_plane:
        return chosen
    key = chosen.master_key_file or _key(chosen.data_dir)
    return dataclasses.replace(chosen, database=urls.parse(_url(chosen.data_dir)), master_key_file=key)


@cache
def _made(folder: Path) -> str:
    return postgresql.shared().new_database()


def _url(folder: Path) -> str:
    return _made(folder.resolve())


def _key(folder: Path) -> Path:
    """The master key, which SQLite's database would make by itself."""
    file = folder / MASTER_KEY_FILE
    create_master_key(file)
    return file


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
