"""A lock between processes on one machine, which the system releases when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from iamd.store.errors import StoreError


class Lock:
    """Held through a file (mode 0600), which stays: its content means nothing. Two of one process exclude each other."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Hold it from now on, unless somebody else does; whether this one does. Raises StoreError."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
