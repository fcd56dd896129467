"""Backups of the SQLite database: consistent copies taken while it is in use, verified before they are put back.

A copy is one file, encrypted under the master key, with its SHA-256 beside it in the form that `sha256sum --check` reads.
One that is not encrypted has its secrets sealed all the same: without the master key neither can be used, so keep that key
elsewhere.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from iamd.store.encrypted_copies import decrypt, encrypt, is_encrypted
from iamd.store.errors import StoreError
from iamd.store.keyring import Keyring, KeyRow
from iamd.store.master_key import MasterKey, read_master_key
from iamd.store.migrations import require_usable, version
from iamd.store.sql import statements
from iamd.store.sqlite.file import unused
from iamd.store.sqlite.owner import hand_over

_BESIDE = ".backup-"


def backup(database: Path, copy: Path, master_key_file: Path | None) -> str:
    """Write a copy of the database (mode 0600) with its checksum; returns the SHA-256 in hex.

    It is encrypted under the master key; without one, SQLite's own file. The database may be in use. Both files are
    durable on return, and nothing is left behind by a failure. Raises StoreError: no database there, no such key, the
    copy exists already, disk trouble.
    """
    if not database.is_file():
        raise StoreError(f"there is no database {database}")
    master = None if master_key_file is None else read_master_key(master_key_file)
    checksum = checksum_file(copy)
    for file in (copy, checksum):
        if file.exists():
            raise StoreError(f"{file} exists already: choose another name")
    new = copy.with_name(copy.name + ".new")
    with _failing(f"back up {database} to {copy}"), _removed_on_failure(new, checksum, copy):
        os.close(_create(new))
        if master is None:
            _copy(database, new)
        else:
            with _beside(database) as plain:
                _copy(database, plain)
                _check_key(plain, master)  # or nobody could restore it
                encrypt(plain, new, master)
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
    new = database.with_name(database.name + ".restoring")
    with _failing(f"restore {copy} to {database}"), _removed_on_failure(new):
        digest = _verified(copy)
        master = read_master_key(master_key_file)
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _create(new)
        try:
            hand_over(made, new)
        finally:
            os.close(made)
        if is_encrypted(copy):
            decrypt(copy, new, master)
        else:
            shutil.copyfile(copy, new)
            if _digest(new) != digest:
                raise StoreError(f"{copy} changed while it was restored")
        with closing(_open(new, "ro")) as connection:
            _check(connection, copy)
        _check_key(new, master)
        _sync(new)
        with unused(database), _alone(database):
            _remove_logs(database)
            new.replace(database)
            _sync(database.parent)


def _verified(copy: Path) -> str:
    """The copy's SHA-256, if it is the one that was written beside it; raises StoreError, OSError."""
    expected = checksum_file(copy).read_text().split()[:1]
    digest = _digest(copy)
    if expected != [digest]:
        raise StoreError(f"{copy} is damaged: its SHA-256 is not the one in {checksum_file(copy)}")
    return digest


def checksum_file(copy: Path) -> Path:
    """Return the name of the file with a copy's checksum."""
    return copy.with_name(copy.name + ".sha256")


def _copy(database: Path, plain: Path) -> None:
    """SQLite's own copy, as of one moment: one file that needs no other to be read."""
    with closing(_open(database, "rw")) as source, closing(sqlite3.connect(plain)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        _check(target, plain)


@contextmanager
def _beside(database: Path) -> Iterator[Path]:
    """A file (mode 0600) in the database's own folder, until the block ends: nothing is in the clear elsewhere. Those that
    killed processes have left go, which nobody locks any more."""
    for left in database.parent.glob(f"{_BESIDE}*"):
        with suppress(OSError), left.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
    handle, plain = _locked_beside(database)
    try:
        yield plain
    finally:
        plain.unlink()
        os.close(handle)


def _locked_beside(database: Path) -> tuple[int, Path]:
    while True:
        handle, name = tempfile.mkstemp(prefix=_BESIDE, dir=database.parent)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:  # else it was taken for one that was left
            return handle, Path(name)
        os.close(handle)


def _check(connection: sqlite3.Connection, file: Path) -> None:
    problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise StoreError(f"{file} is damaged: {problem}")
    try:
        schema = version(connection)
    except sqlite3.OperationalError:
        raise StoreError(f"{file} is no database of iamd") from None
    if schema < 1:
        raise StoreError(f"{file} is no database of iamd")
    require_usable(schema)


def _check_key(file: Path, master: MasterKey) -> None:
    """Raise SealError unless the master key is the one of that database."""
    with closing(_open(file, "ro")) as connection:
        Keyring([KeyRow(*row) for row in connection.execute(statements.KEYRING)], master)


def _open(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True)


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Hold the database, if there is one; raises StoreError when another process has it open, be it another program."""
    if not database.exists():
        yield
        return
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            # Exclusive locking fails while any process has the database open, idle or not.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            raise StoreError(f"{database} is in use ({error}): stop iamd first") from None
        except sqlite3.DatabaseError:
            pass  # it is damaged, which is why a copy is to take its place
        yield


def _remove_logs(database: Path) -> None:
    """Leave nothing beside the database that SQLite would play into the file that takes its place: the logs of one that is
    damaged, or was removed by hand."""
    for log in ("-wal", "-shm", "-journal"):
        database.with_name(database.name + log).unlink(missing_ok=True)
    _sync(database.parent)


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        raise StoreError(f"cannot {what}: {where}{error.strerror}") from error
    except sqlite3.Error as error:
        raise StoreError(f"cannot {what}: {error}") from error


@contextmanager
def _removed_on_failure(*files: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for file in files:
            file.unlink(missing_ok=True)
        raise


def _create(file: Path) -> int:
    """Make an empty file with mode 0600, in place of what a killed process left there; returns its descriptor."""
    file.unlink(missing_ok=True)
    return os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)


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
