"""Where the database of the settings is."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from iamd.cli import Failure
from iamd.cli.arguments import add_settings, settings
from iamd.store import Store, StoreError, opening
from iamd.store.opening import DATABASE_FILE, MASTER_KEY_FILE
from iamd.store.postgresql.url import DatabaseUrl

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory, the file of the master key, the server that the database is on (without one, it is in the
    directory), and its standby."""

    data_dir: Path
    master_key: Path
    server: DatabaseUrl | None = None
    standby: DatabaseUrl | None = None

    @property
    def file(self) -> Path:
        """The database's file; raises Failure when it is on a server."""
        if self.server is not None:
            raise Failure(f"the database is on a server, {self.server}, and not in a file")
        return self.data_dir / DATABASE_FILE

    def store(self) -> Store:
        """The store, not started yet; raises Failure when there is no database, StoreError when it cannot be used."""
        if self.server is not None:
            return Store(opening.postgresql(self.server, self.master_key, standby=self.standby))
        if not self.file.exists():
            raise Failure(f"there is no database {self.file}")
        return Store.open_sqlite(self.data_dir, self.master_key)


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the settings that tell where the data are."""
    add_settings(parser, ("data_dir", "database", "read_database", "master_key_file"))


def place(args: argparse.Namespace) -> Place:
    """Return where the database is; raises Failure when the settings have it in memory."""
    chosen = settings(args)
    if chosen.in_memory:
        raise Failure("the settings keep everything in memory: there is no database on disk")
    master_key = chosen.master_key_file or chosen.data_dir / MASTER_KEY_FILE
    return Place(chosen.data_dir, master_key, chosen.database, chosen.read_database)


def in_store(place: Place, work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store, do the work and close it; returns what the work does. The database may be in use by servers.

    Raises Failure when there is no database, or it cannot be read or written, and whatever the work raises.
    """

    # What goes to standard output is the answer.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

    async def run() -> T:
        store = place.store()
        try:
            await store.start()
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except StoreError as error:
        raise Failure(str(error)) from error
