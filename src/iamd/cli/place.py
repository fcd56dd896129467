"""Where the database of the settings is."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from iamd.cli import Failure
from iamd.cli.arguments import add_settings, settings
from iamd.store import Store, StoreError
from iamd.store.opening import DATABASE_FILE, MASTER_KEY_FILE

T = TypeVar("T")


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the settings that tell where the data are."""
    add_settings(parser, ("data_dir", "master_key_file"))


def place(args: argparse.Namespace) -> tuple[Path, Path]:
    """Return the files of the database and of the master key; raises Failure when there is none on disk."""
    chosen = settings(args)
    if chosen.in_memory:
        raise Failure("the settings keep everything in memory: there is no database on disk")
    return chosen.data_dir / DATABASE_FILE, chosen.master_key_file or chosen.data_dir / MASTER_KEY_FILE


def in_store(database: Path, master_key: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store, do the work and close it; returns what the work does. The database may be in use by servers.

    Raises Failure when there is no database, or it cannot be read or written, and whatever the work raises.
    """
    if not database.exists():
        raise Failure(f"there is no database {database}")

    async def run() -> T:
        store = Store.open_sqlite(database.parent, master_key)
        try:
            await store.start()
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except StoreError as error:
        raise Failure(str(error)) from error
