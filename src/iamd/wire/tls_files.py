"""Certificates and keys of TLS in PEM files, read again when the files change."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


class BadCertificate(Exception):
    """A certificate or its key cannot be used; the message says which file and why."""


class TlsFiles:
    """What `make` makes of those files, `context`; made anew when one of them changes. Raises BadCertificate, as `make`
    does."""

    def __init__(self, files: Sequence[Path], make: Callable[[], ssl.SSLContext]) -> None:
        self.files = files
        self._make = make
        self._seen = _state(files)
        self.context = make()

    def look(self) -> bool:
        """Read the files again if they have changed; returns whether another context counts now. Raises BadCertificate,
        and the one that counted goes on to: half of a renewal may be on the disk."""
        state = _state(self.files)
        if state == self._seen:
            return False
        self.context = self._make()
        self._seen = state
        return True


def _state(files: Sequence[Path]) -> tuple[Any, ...]:
    """What changes when a file does: renewals by rename and those through links of directories, too."""
    try:
        found = [file.stat() for file in files]
    except OSError as error:
        raise BadCertificate(f"{error.filename} cannot be read: {error.strerror}") from error
    return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in found)


def show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Let a context show that certificate, with its chain. Raises BadCertificate."""
    try:
        context.load_cert_chain(certificate, key, _no_passphrase)
    except ssl.SSLError as error:
        reason = "do not belong together" if error.reason == "KEY_VALUES_MISMATCH" else "are no PEM certificate and key"
        raise BadCertificate(f"{certificate} and {key} {reason}") from error
    except OSError as error:
        raise BadCertificate(f"{certificate} or {key} cannot be read: {error.strerror}") from error


def trust(context: ssl.SSLContext, authorities: Path) -> None:
    """Let a context trust what the certificates of that file have issued. Raises BadCertificate."""
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as error:
        raise BadCertificate(f"{authorities} holds no PEM certificates") from error
    except OSError as error:
        raise BadCertificate(f"{authorities} cannot be read: {error.strerror}") from error


def _no_passphrase() -> str:
    """Instead of OpenSSL's question on the terminal."""
    raise BadCertificate("the key is encrypted: give one that is not, in a file that only the server may read")
