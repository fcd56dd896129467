"""TLS of the listener: the certificate is read again when its files change, without a restart."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

from iamd.server.telemetry import log

_LOOKS_EVERY = 5.0  # seconds


class BadCertificate(Exception):
    """The certificate or its key cannot be used; the message says which file and why."""


class ServerCertificate:
    """A certificate with its chain, and its key, both PEM files.

    `context` is what the listener is given, once. Every handshake takes the certificate that was read last: a renewed
    one counts from the next connection on, and connections that are open stay. Raises BadCertificate.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._seen = self._state()
        self._current = _context(certificate, key)
        self.context = _context(certificate, key)
        # Called in every handshake, also of clients that name no server: a context is replaced as a whole, so that no
        # handshake meets the new certificate with the old key.
        self.context.sni_callback = self._take

    def look(self) -> bool:
        """Read the files again if they have changed; returns whether another certificate counts now. Raises
        BadCertificate, and the one that counted goes on to: half of a renewal may be on the disk."""
        state = self._state()
        if state == self._seen:
            return False
        self._current = _context(*self._files)
        self._seen = state
        return True

    async def run(self) -> None:
        """Look from time to time, for ever."""
        told = ""
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            try:
                if self.look():
                    log.info("certificate_renewed", file=str(self._files[0]))
                told = ""
            except BadCertificate as error:
                if str(error) != told:  # once for each reason, not every few seconds
                    log.error("certificate_not_renewed", reason=str(error))
                told = str(error)

    def _take(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self._current

    def _state(self) -> tuple[Any, ...]:
        """What changes when a file does: renewals by rename and those through links of directories, too."""
        try:
            found = [file.stat() for file in self._files]
        except OSError as error:
            raise BadCertificate(f"{error.filename} cannot be read: {error.strerror}") from error
        return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in found)


def certificate_at(certificate: Path | None, key: Path | None) -> ServerCertificate | None:
    """What the listener shows; None without both files. Raises BadCertificate."""
    return None if certificate is None or key is None else ServerCertificate(certificate, key)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, _no_passphrase)
    except ssl.SSLError as error:
        reason = "do not belong together" if error.reason == "KEY_VALUES_MISMATCH" else "are no PEM certificate and key"
        raise BadCertificate(f"{certificate} and {key} {reason}") from error
    except OSError as error:
        raise BadCertificate(f"{certificate} or {key} cannot be read: {error.strerror}") from error
    return context


def _no_passphrase() -> str:
    """Instead of OpenSSL's question on the terminal."""
    raise BadCertificate("the key is encrypted: give one that is not, in a file that only the server may read")
