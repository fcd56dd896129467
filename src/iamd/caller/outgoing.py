"""Requests to identity providers: HTTPS alone, within limits, to addresses that were allowed, over connections trusted
as AWS trusts them.

Whoever may register a provider chooses a URL, so a URL must not reach into the server's own network: the name is
resolved first, every address is judged, and the connection goes to an address that passed, whatever the name resolves
to a moment later. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

import h11

from iamd import __version__

TIMEOUT = 5.0  # seconds for one request, name resolution and all
MAX_BYTES = 1 << 20  # of an answer; a hundred keys with their certificates have half of it
_CHUNK = 1 << 16
_FAMILIES = {socket.AF_INET, socket.AF_INET6}
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
T = TypeVar("T")


class Unreachable(Exception):
    """No proper answer came, or none may be asked for; the message says why, in words fit for the client."""


class Untrusted(Exception):
    """The server's certificate is neither of a known authority nor under a thumbprint."""


class Answered(NamedTuple):
    """What came back: status, headers (names in lower case) and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Asking(NamedTuple):
    """What is sent, besides the headers that every request has."""

    method: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


class Outgoing:
    """Fetches from addresses of the public internet, and from `networks` besides."""

    def __init__(self, networks: Iterable[str] = (), timeout: float = TIMEOUT) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(network) for network in networks)
        self._timeout = timeout

    async def get(self, url: str, thumbprints: Sequence[str] = ()) -> tuple[bytes, dict[str, str]]:
        """Body and headers (names in lower case) of the answer to a GET; raises Unreachable and Untrusted."""
        answered = await self._ask(url, _Asking("GET"), thumbprints)
        if answered.status != 200:
            raise Unreachable(f"it answered with status {answered.status}")
        return answered.body, answered.headers

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str], thumbprints: Sequence[str] = ()
    ) -> Answered:
        """The answer to a form, whatever its status; raises Unreachable and Untrusted."""
        body = urlencode(form).encode()
        own = [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body)))]
        return await self._ask(url, _Asking("POST", [*own, *headers.items()], body), thumbprints)

    async def _ask(self, url: str, asking: _Asking, thumbprints: Sequence[str]) -> Answered:
        """The answer over a connection that is trusted as AWS trusts it.

        The certificate must be of an authority that this machine knows or, if it is not, be issued by the one whose
        SHA-1 thumbprint is given. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
        """
        netloc, host, port, target = _parts(url)

        async def ask(context: ssl.SSLContext, address: str) -> Answered:
            async with _connected(address, port, host, context) as stream:
                return await _exchange(stream, netloc, target, asking)

        async def fetch() -> Answered:
            address = await self._address(host, port)
            try:
                return await ask(_authorities(), address)
            except ssl.SSLCertVerificationError:
                top = (await _chain(address, port, host))[-1]
                if thumbprint(top) not in thumbprints:
                    raise Untrusted from None
                return await ask(_trusting(top), address)

        return await self._bounded(fetch)

    async def top_thumbprint(self, url: str) -> str:
        """The thumbprint of the last certificate that the server shows: its own, or the authority's nearest the root.

        Raises Unreachable.
        """
        _, host, port, _ = _parts(url)

        async def look() -> str:
            return thumbprint((await _chain(await self._address(host, port), port, host))[-1])

        return await self._bounded(look)

    async def _bounded(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._timeout):
                return await work()
        except TimeoutError:
            raise Unreachable("it did not answer in time") from None
        except ssl.SSLCertVerificationError:
            raise Untrusted from None
        except (OSError, EOFError, h11.ProtocolError):
            raise Unreachable("the connection failed") from None

    async def _address(self, host: str, port: int) -> str:
        """An address of the host that may be connected to."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unreachable("its name does not resolve") from None
        addresses = [str(where[0]) for family, *_, where in found if family in _FAMILIES]
        allowed = [address for address in addresses if self.allows(address)]
        if not allowed:
            raise Unreachable("its address is not public, and the setting issuer_networks does not include it")
        return allowed[0]

    def allows(self, address: str) -> bool:
        """Whether an address may be connected to."""
        if "%" in address:  # of one link alone
            return False
        parsed: Address = ipaddress.ip_address(address)
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        if any(parsed.version == network.version and parsed in network for network in self._networks):
            return True
        if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
            return False
        if isinstance(parsed, ipaddress.IPv4Address):
            return True
        # The rest of IPv6, and what is tunnelled in it, may stand for any IPv4 address.
        return parsed in _PUBLIC_V6 and parsed.sixtofour is None and parsed.teredo is None


def thumbprint(certificate: bytes) -> str:
    """The SHA-1 of a certificate (DER), in lower-case hexadecimal: what IAM calls its thumbprint."""
    return hashlib.sha1(certificate, usedforsecurity=False).hexdigest()


def _parts(url: str) -> tuple[str, str, int, str]:
    """Host with port as written, host, port and target of an HTTPS URL; raises Unreachable for any other one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        target.encode("ascii")
    except ValueError:
        raise Unreachable("it has no valid URL") from None
    if parts.scheme != "https" or not host or "@" in parts.netloc or not target.startswith("/"):
        raise Unreachable("it has no https URL")
    return parts.netloc, host, port, target


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@cache
def _authorities() -> ssl.SSLContext:
    """Trusts the authorities that this machine knows; reading them takes a while, so only whoever asks does."""
    context = _context()
    context.load_default_certs()
    return context


def _trusting(certificate: bytes) -> ssl.SSLContext:
    """Trusts what this one certificate has issued, or the certificate itself, for the host's name as usual."""
    context = _context()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it need not be a root
    context.load_verify_locations(cadata=certificate)
    return context


def _unverified() -> ssl.SSLContext:
    """For looking at certificates only: nothing is sent over such a connection, nor read from it."""
    context = _context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


_UNVERIFIED = _unverified()


@asynccontextmanager
async def _connected(address: str, port: int, host: str, context: ssl.SSLContext) -> AsyncIterator[Stream]:
    """A TLS connection to that address, in the host's name, for as long as the block runs."""
    stream = await asyncio.open_connection(address, port, ssl=context, server_hostname=host, limit=_CHUNK)
    try:
        yield stream
    finally:
        stream[1].transport.abort()  # all has been read; a peer that does not say goodbye is not waited for


async def _chain(address: str, port: int, host: str) -> list[bytes]:
    """The certificates (DER) that the server shows, its own first."""
    async with _connected(address, port, host, _UNVERIFIED) as (_, writer):
        shown = writer.get_extra_info("ssl_object")
        # Public from Python 3.13 on; in 3.11 and 3.12 it is there one level below.
        chain = getattr(shown, "get_unverified_chain", None)
        if chain is not None:
            return list(chain())
        return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in shown._sslobj.get_unverified_chain()]


async def _exchange(stream: Stream, netloc: str, target: str, asking: _Asking) -> Answered:
    """Ask once, and read the whole answer."""
    reader, writer = stream
    http = h11.Connection(h11.CLIENT)
    headers = [
        ("Host", netloc),
        ("User-Agent", f"iamd/{__version__}"),
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        *asking.headers,
    ]
    request = h11.Request(method=asking.method, target=target, headers=headers)
    sent = (request, *([h11.Data(asking.body)] if asking.body else []), h11.EndOfMessage())
    writer.write(b"".join(http.send(each) or b"" for each in sent))
    status, answered = 0, dict[str, str]()
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
            answered = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BYTES:
                raise Unreachable("its answer is too long")
        elif isinstance(event, h11.EndOfMessage):
            return Answered(status, answered, bytes(body))
        elif isinstance(event, h11.ConnectionClosed):
            raise Unreachable("the connection failed")
