"""TLS of the listener, and certificates that are renewed without a restart."""

from __future__ import annotations

import asyncio
import signal
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from iamd.server.telemetry import log
from iamd.wire.tls_files import BadCertificate, TlsFiles, show

_LOOKS_EVERY = 5.0  # seconds


class ServerCertificate:
    """A certificate with its chain, and its key, both PEM files.

    `context` is what the listener is given, once. Every handshake takes the certificate that was read last: a renewed
    one counts from the next connection on, and connections that are open stay. Raises BadCertificate.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self.files = TlsFiles((certificate, key), partial(_context, certificate, key))
        self.context = _context(certificate, key)
        # Called in every handshake, also of clients that name no server: a context is replaced as a whole, so that no
        # handshake meets the new certificate with the old key.
        self.context.sni_callback = self._take

    def _take(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self.files.context


async def keep_renewed(watched: Sequence[TlsFiles], hangup: asyncio.Event | None = None) -> None:
    """Look at them from time to time, for ever, and when that event is set; what cannot be renewed is logged, and stays
    as it was."""
    told: dict[TlsFiles, str] = {}
    hangup = hangup or asyncio.Event()
    while True:
        hangup.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOKS_EVERY):
                await hangup.wait()
        for each in watched:
            try:
                if each.look():
                    log.info("certificate_renewed", file=str(each.files[0]))
                told.pop(each, None)
            except BadCertificate as error:
                if str(error) != told.get(each):  # once for each reason, not every few seconds
                    log.error("certificate_not_renewed", reason=str(error))
                told[each] = str(error)


def hangups() -> asyncio.Event:
    """Set whenever the process is sent SIGHUP."""
    told = asyncio.Event()
    if threading.current_thread() is threading.main_thread():  # the only one that may handle signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told.set)
    return told


def certificate_at(certificate: Path | None, key: Path | None) -> ServerCertificate | None:
    """What the listener shows; None without both files. Raises BadCertificate."""
    return None if certificate is None or key is None else ServerCertificate(certificate, key)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    show(context, certificate, key)
    return context
