"""Where connections to upstreams go, and how they are secured."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from iamd.wire.tls_files import TlsFiles, show, trust


@dataclass(frozen=True, slots=True)
class Identification:
    """By which files (PEM) an upstream and the gateway know each other: the authorities of its certificate, by default
    those that this machine trusts; and the certificate with key that it is shown, if any."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def files(self) -> TlsFiles | None:
        """What connections are secured by; None when nothing is out of a file. Raises BadCertificate."""
        named = [file for file in (self.certificate, self.key, self.authorities) if file is not None]
        return TlsFiles(named, partial(_context, self)) if named else None


class Origin:
    """Scheme, host and port of a URL, and the `files` of its TLS. Connections to one origin stand in for each other: of
    upstreams at one place, who is shown another certificate is another origin."""

    def __init__(self, url: str, files: TlsFiles | None = None) -> None:
        parts = urlsplit(url)
        self.url = url
        self.authority = parts.netloc.encode()  # for the Host header
        self.host = parts.hostname or ""
        self.secured = parts.scheme == "https"
        self.port = parts.port or (443 if self.secured else 80)
        self.trouble = ""  # why it could not be reached last
        self.files = files if self.secured else None

    @property
    def context(self) -> ssl.SSLContext | None:
        """What its connections are secured by; None in the clear. Another one when its files were renewed."""
        if self.files is not None:
            return self.files.context
        return _usual() if self.secured else None


@cache
def _usual() -> ssl.SSLContext:
    return _context(Identification())


def _context(by: Identification) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if by.authorities is None:
        context.load_default_certs()
    else:
        trust(context, by.authorities)
    if by.certificate is not None and by.key is not None:
        show(context, by.certificate, by.key)
    return context
