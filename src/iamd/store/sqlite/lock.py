"""A lock between processes on one machine, which the system releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from iamd.store.errors import StoreError
from iamd.store.sqlite.owner import hand_over


class Lock:
    """Held through a file (mode 0600), which stays: its content means nothing. Two of one process exclude each other,
    unless both are `shared`."""

    def __init__(self, file: Path, *, shared: bool = False) -> None:
        self._file = file
        self._kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Hold it from now on, unless somebody else does; whether this one does. Raises StoreError."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = _opened(self._file)
            try:
                fcntl.flock(descriptor, self._kind | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise StoreError(f"cannot lock {self._file}: {error.strerror}") from error
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _opened(file: Path) -> int:
    """The file's descriptor."""
    with suppress(FileNotFoundError):
        return os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileExistsError:  # meanwhile
        return os.open(file, os.O_RDWR | os.O_CLOEXEC)
    hand_over(descriptor, file)
    return descriptor
