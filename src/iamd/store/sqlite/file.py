"""Opening a database file: who may read it, what it is, whether its schema is current."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iamd.store.errors import StoreError
from iamd.store.keyring import Keyring
from iamd.store.master_key import MasterKey
from iamd.store.migrations import migrate
from iamd.store.sql import keys
from iamd.store.sqlite import notes
from iamd.store.sqlite.connection import SqliteConnection, failing
from iamd.store.sqlite.lock import Lock

_APPLICATION_ID = 0x69616D64  # "iamd", in the file's header


def create(file: Path) -> None:
    """Make the file (mode 0600) and its directory (mode 0700) where they do not exist. Raises StoreError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"cannot write the database {file}: {error.strerror}") from None


def use(file: Path) -> Lock:
    """What whoever has the file open holds, until it is released; raises StoreError while another process replaces it."""
    lock = Lock(_lock_of(file), shared=True)
    if not lock.take():
        raise StoreError(f"{file} is being restored by another process: start again when it has ended")
    return lock


@contextmanager
def unused(file: Path) -> Iterator[None]:
    """Nobody opens the file, which need not be there, until the block ends; raises StoreError when somebody has it
    open."""
    lock = Lock(_lock_of(file))
    if not lock.take():
        raise StoreError(f"{file} is in use: stop iamd first")
    try:
        yield
    finally:
        lock.release()


def _lock_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-open")


def prepare(connection: SqliteConnection, file: Path | None, master: MasterKey) -> Keyring:
    """Bring the schema up to date, make the first keys when there are none, and unwrap them.

    Raises StoreError: foreign, damaged or read-only file, newer schema, other master key.
    """
    with failing("open", file):
        _recognize(connection, file)
        journal: str = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if file is not None and journal != "wal":
            raise StoreError(f"the file system of {file} does not support write-ahead logging")
        with connection.preparing():
            if migrate(connection, "sqlite"):
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            keys.make(connection, master)
        if file is not None:
            notes.sweep(connection, file)
        return keys.read(connection, master)


def _recognize(connection: SqliteConnection, file: Path | None) -> None:
    """Refuse a database that is not ours before anything is written to it."""
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != _APPLICATION_ID:
        raise StoreError(f"{file} is a database of another program")
    moved = notes.destination(connection)
    if moved is not None:
        raise StoreError(f"{file} was moved to {moved}: start iamd on that database, and put the file away")
    damage: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if _is_small(file) else "ok"
    if damage != "ok":
        raise StoreError(f"the database {file} is damaged: {damage}")


def _is_small(file: Path | None) -> bool:
    """Whether checking every page costs less than a moment."""
    return file is not None and file.stat().st_size < 16 * 1024 * 1024
