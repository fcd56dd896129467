"""Backups of the SQLite database: consistent copies taken while it is in use, verified before they are put back.

A copy is one file, with its SHA-256 beside it in the form that `sha256sum --check` reads. Secrets in it
stay sealed: without the master key it cannot be used, so keep that key elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from iamd.store.errors import StoreError
from iamd.store.keyring import Keyring, KeyRow
from iamd.store.migrations import LATEST, version
from iamd.store.sealing import read_master_key
from iamd.store.sql import statements


def backup(database: Path, copy: Path) -> str:
    """Write a copy of the database (mode 0600) with its checksum; returns the SHA-256 in hex.

    The database may be in use. Both files are durable on return, and nothing is left behind by a
    failure. Raises StoreError: no database there, the copy exists already, disk trouble.
    """
    if not database.is_file():
        raise StoreError(f"there is no database {database}")
    checksum = checksum_file(copy)
    for file in (copy, checksum):
        if file.exists():
            raise StoreError(f"{file} exists already: choose another name")
    new = copy.with_name(copy.name + ".new")
    with _failing(f"back up {database} to {copy}"), _removed_on_failure(new):
        _create(new)
        with closing(_open(database, "rw")) as source, closing(sqlite3.connect(new)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file that needs no other to be read
            _check(target, new)
        digest = _digest(new)
        _sync(new)
        checksum.write_text(f"{digest}  {copy.name}\n")
        _sync(checksum)
        new.rename(copy)
        _sync(copy.parent)
    return digest


def restore(copy: Path, database: Path, master_key_file: Path) -> None:
    """Put a copy in the place of the database, whole or not at all; what was there is gone.

    Verified first: checksum, SQLite's own integrity check, schema, and that the master key opens it.
    Raises StoreError when one of them fails or another process has the database open.
    """
    digest = verify(copy, master_key_file)
    new = database.with_name(database.name + ".restoring")
    with _failing(f"restore {copy} to {database}"), _removed_on_failure(new):
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(new)
        shutil.copyfile(copy, new)
        if _digest(new) != digest:
            raise StoreError(f"{copy} changed while it was restored")
        _sync(new)
        with _alone(database):
            new.replace(database)
            _sync(database.parent)


def verify(copy: Path, master_key_file: Path) -> str:
    """Return the copy's SHA-256 when it is a whole and usable backup; raises StoreError when it is not."""
    with _failing(f"read {copy}"):
        expected = checksum_file(copy).read_text().split()[:1]
        digest = _digest(copy)
        if expected != [digest]:
            raise StoreError(f"{copy} is damaged: its SHA-256 is not the one in {checksum_file(copy)}")
        with closing(_open(copy, "ro")) as connection:
            _check(connection, copy)
            rows = [KeyRow(*row) for row in connection.execute(statements.KEYRING)]
    Keyring(rows, read_master_key(master_key_file))
    return digest


def checksum_file(copy: Path) -> Path:
    """Return the name of the file with a copy's checksum."""
    return copy.with_name(copy.name + ".sha256")


def _check(connection: sqlite3.Connection, file: Path) -> None:
    problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise StoreError(f"{file} is damaged: {problem}")
    try:
        schema = version(connection)
    except sqlite3.OperationalError:
        raise StoreError(f"{file} is no database of iamd") from None
    if not 1 <= schema <= LATEST:
        raise StoreError(f"{file} has schema version {schema}; this iamd knows 1 to {LATEST}")


def _open(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True)


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Hold the database, if there is one, so that no other process can open it; raises StoreError when one has."""
    if not database.exists():
        yield
        return
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            # Exclusive locking fails while any process has the database open, idle or not.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            # Leaves no write-ahead log, which would be replayed into the file that takes this one's place.
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"{database} is in use ({error}): stop iamd first") from None
        yield


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {what}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StoreError(f"cannot {what}: {error}") from error


@contextmanager
def _removed_on_failure(file: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _create(file: Path) -> None:
    """Make an empty file with mode 0600, in place of what a killed process left there."""
    file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Make a file's content, or a folder's names, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
