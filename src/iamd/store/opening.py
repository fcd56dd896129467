"""Opening the store's database: in a directory, in memory, or on a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from iamd.store.edge.database import EdgeDatabase
from iamd.store.errors import StoreError
from iamd.store.interface import Database
from iamd.store.master_key import create_master_key, random_master_key, read_master_key
from iamd.store.postgresql.url import DatabaseUrl
from iamd.store.sqlite import SqliteDatabase
from iamd.store.sqlite.connection import connect, failing
from iamd.store.sqlite.notes import destination

DATABASE_FILE = "iamd.db"
MASTER_KEY_FILE = "master.key"
PATIENCE = 300.0  # seconds that are bridged while a database server is away


def sqlite(data_dir: Path | None, master_key_file: Path | None = None) -> Database:
    """The database in a directory, both made on first use; None keeps everything in memory.

    The master key is read from its file, by default in the directory, where the first start makes it. Raises
    StoreError, saying what is wrong: directory not writable, foreign, damaged or newer database, other master key.
    """
    if data_dir is None:
        master = random_master_key() if master_key_file is None else read_master_key(master_key_file)
        return SqliteDatabase(None, master)
    file = data_dir / DATABASE_FILE
    if master_key_file is None:
        master_key_file = data_dir / MASTER_KEY_FILE
        if not file.exists():  # where there is a database, a missing key is not to be papered over
            create_master_key(master_key_file)
    return SqliteDatabase(file, read_master_key(master_key_file))


def postgresql(
    url: DatabaseUrl, master_key_file: Path, patience: float = PATIENCE, standby: DatabaseUrl | None = None
) -> Database:
    """The database of that URL, which must exist and may be empty; its master key must be there already, the same for
    every process. For `patience` seconds reads go on while the server is away. Of a `standby` is read what need not be
    read of the primary; it need not be there. Raises StoreError, as `sqlite` does."""
    with _needing_psycopg():
        from iamd.store.postgresql.database import PostgresDatabase
    return PostgresDatabase(url, read_master_key(master_key_file), patience, standby)


def edge(folder: Path, source: str, patience: float, master_key_file: Path | None = None) -> EdgeDatabase:
    """The replica of an edge node in a folder, both made on first use, with its master key unless that has a file of its
    own; `source` is the control plane. Raises StoreError."""
    if master_key_file is None:
        master_key_file = folder / MASTER_KEY_FILE
        create_master_key(master_key_file)
    return EdgeDatabase(folder, read_master_key(master_key_file), source, patience)


def to_postgresql(file: Path, url: DatabaseUrl, master_key_file: Path) -> tuple[dict[str, int], float]:
    """Move everything in SQLite's file to an empty PostgreSQL database; returns how many rows each table has, and for how
    many seconds nothing could be written. See `postgresql.moving.move`."""
    with _needing_psycopg():
        from iamd.store.postgresql.moving import move
    moved = move(file, url, read_master_key(master_key_file))
    return moved.rows, moved.seconds


def is_moved(file: Path, url: DatabaseUrl) -> bool:
    """Whether everything in SQLite's file was moved to that database. Raises StoreError."""
    if not file.is_file():
        return False
    with closing(connect(file)) as connection, failing("read", file):
        return destination(connection) == str(url)


@contextmanager
def _needing_psycopg() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StoreError(f"PostgreSQL needs psycopg: pip install 'iamd[postgres]' ({error})") from error
