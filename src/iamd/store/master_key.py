"""The master key, which lies outside the database and wraps its data keys.

Its file holds a key, 32 bytes raw or as base64. While it is exchanged the file holds the new key in a first line and the
old one in a second: whatever the database has got to by then, the file opens it.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from iamd.store.errors import StoreError
from iamd.store.sealing import KEY_BYTES, Sealer, SealError, new_key, sealed_under

_UNMARKED = 0  # the id in what was wrapped before there were marks


class MasterKey:
    """Wraps data keys by the first of `keys`, and opens what any of them has wrapped. Where none has, the `file` is read
    once more: somebody may have exchanged the key."""

    def __init__(self, keys: Sequence[bytes], origin: str, file: Path | None = None) -> None:
        self._origin = origin
        self._file = file
        self._take(keys)

    def _take(self, keys: Sequence[bytes]) -> None:
        self.keys = tuple(keys)
        self._sealers = [Sealer({_UNMARKED: key, mark_of(key): key}) for key in keys]

    def __repr__(self) -> str:
        return f"MasterKey({self._origin})"

    @property
    def mark(self) -> str:
        """What tells this key from others: four bytes of a digest."""
        return _shown(mark_of(self.keys[0]))

    def wrap(self, key_id: int, key: bytes) -> bytes:
        return self._sealers[0].seal(key, _wrapping(key_id))

    def unwrap(self, key_id: int, wrapped: bytes) -> bytes:
        """The data key; raises SealError when another master key wrapped it."""
        found = self._opened(key_id, wrapped)
        if found is None and self._file is not None:
            with suppress(StoreError):  # the file may be on its way
                self._take(_read(self._file))
            found = self._opened(key_id, wrapped)
        if found is None:
            mark = sealed_under(wrapped)
            told = f": that was {_shown(mark)}, and this is {self.mark}" if mark else ""
            told += ". If it was exchanged, put that one into the file as well, in a line of its own"
            raise SealError(f"{self._origin} is not the one that this database's keys are wrapped with{told}")
        return found

    def is_newest(self, wrapped: bytes) -> bool:
        """Whether the first of the keys wrapped it."""
        return sealed_under(wrapped) == mark_of(self.keys[0])

    def newest(self) -> MasterKey:
        """The first of the keys alone."""
        return MasterKey(self.keys[:1], self._origin)

    def _opened(self, key_id: int, wrapped: bytes) -> bytes | None:
        for sealer in self._sealers:
            with suppress(SealError):
                return sealer.open(wrapped, _wrapping(key_id))
        return None


def mark_of(key: bytes) -> int:
    """What tells a master key from others, and nothing about it."""
    return int.from_bytes(hashlib.sha256(b"iamd master key" + key).digest()[:4]) or 1


def _shown(mark: int) -> str:
    return f"{mark:08x}"


def _wrapping(key_id: int) -> bytes:
    return b"iamd data key %d" % key_id


def random_master_key() -> MasterKey:
    """A master key that nobody else has, for a database that ends with the process."""
    return MasterKey([new_key()], "the master key in memory")


def read_master_key(file: Path) -> MasterKey:
    """The master key in a file; raises StoreError."""
    return MasterKey(_read(file), f"the master key in {file}", file)


def _read(file: Path) -> list[bytes]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read the master key file {file}: {error.strerror}") from None
    if len(content) == KEY_BYTES:
        return [content]
    try:
        keys = list(dict.fromkeys(base64.b64decode(line, validate=True) for line in content.split()))
    except binascii.Error:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise StoreError(f"the master key file {file} must hold {KEY_BYTES} bytes, raw or as base64")
    return keys


def create_master_key(file: Path) -> None:
    """Write a new master key with mode 0600, unless the file exists; it appears complete or not at all.

    The directory is made where there is none, with mode 0700. Raises StoreError.
    """
    with _failing(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _link([new_key()], file)


@contextmanager
def exchanging(file: Path) -> Iterator[Path]:
    """Nobody else exchanges the key in that file until the block ends; yields the file that links lead to. Raises
    StoreError."""
    file = file.resolve()
    try:
        folder = os.open(file.parent, os.O_RDONLY)
    except OSError as error:
        raise StoreError(f"cannot read the folder of the master key file {file}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"another process exchanges the master key in {file}: wait for it") from None
        except OSError as error:
            raise StoreError(f"cannot lock the folder of the master key file {file}: {error.strerror}") from None
        yield file
    finally:
        os.close(folder)


def add_master_key(file: Path) -> None:
    """Put a new key before the one in a file, which keeps its owner and mode. Raises StoreError."""
    known = _read(file)
    marks = {mark_of(key) for key in known}
    key = new_key()
    while mark_of(key) in marks:
        key = new_key()
    with _failing(file):
        _replace([key, *known], file)


def retire_master_keys(file: Path) -> list[Path]:
    """Leave the first key alone in a file. The others go to files of their own beside it, which are returned: copies that
    were made under them need them. Raises StoreError."""
    first, *others = _read(file)
    kept = [file.with_name(f"{file.name}.{_shown(mark_of(key))}") for key in others]
    with _failing(file):
        for key, place in zip(others, kept, strict=True):
            _link([key], place)
        _replace([first], file)
    return kept


@contextmanager
def _failing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot write the master key file {file}: {error.strerror}") from None


def _link(keys: Sequence[bytes], file: Path) -> None:
    """Write keys to a file that is not there; one that is there stays as it is."""
    with _written(keys, file) as temporary, suppress(FileExistsError):
        os.link(temporary, file)


def _replace(keys: Sequence[bytes], file: Path) -> None:
    """Write keys in place of a file's, whose owner and mode stay."""
    with _written(keys, file, file.stat()) as temporary:
        temporary.replace(file)


@contextmanager
def _written(keys: Sequence[bytes], file: Path, like: os.stat_result | None = None) -> Iterator[Path]:
    """A durable file beside that one until the block ends, with mode 0600 or another's owner and mode. What the block
    makes of it is durable then."""
    handle, name = tempfile.mkstemp(prefix=".master-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            if like is not None:
                os.fchown(handle, like.st_uid, like.st_gid)
                os.fchmod(handle, like.st_mode & 0o777)
            out.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
            out.flush()
            os.fsync(handle)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
    _sync_directory(file.parent)


def _sync_directory(directory: Path) -> None:
    """Make the directory's entries durable: secrets must not outlive the key that opens them."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
