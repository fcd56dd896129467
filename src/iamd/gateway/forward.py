"""Requests to upstreams: byte for byte the path that was decided on, signed anew, streamed both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import unquote_to_bytes

import aiohttp
import msgspec
from yarl import URL

from iamd.caller import sigv4
from iamd.caller.signature import ALGORITHM, TERMINATOR, format_timestamp
from iamd.gateway.strict import SIGNING_PARAMETERS
from iamd.gateway.upstreams import BY_HEADER, BY_KEY, Upstream
from iamd.wire.errors import ServiceUnavailable
from iamd.wire.http import HttpRequest

Headers = list[tuple[bytes, bytes]]

# What AWS's protocols know; anything else (an upstream's own switches, proxies' words) is not passed on.
_PASSED = (b"content-", b"x-amz-", b"x-amzn-", b"if-", b"amz-sdk-", b"accept")
_PASSED_TOO = frozenset({b"range", b"expires", b"cache-control", b"user-agent", b"origin", b"pragma"})
_OURS = frozenset(
    {
        b"content-length",
        b"x-amz-date",
        b"x-amz-security-token",
        b"x-amz-content-sha256",
        b"x-amz-decoded-content-length",
    }
)
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade".split()
)
_ACCOUNT_HEADER = b"x-moto-account-id"


class Outbound(msgspec.Struct, frozen=True):
    """What is sent to an upstream. `body` is whole, or comes with its `length` (None: in chunks). `account_id` is whose
    request it is there."""

    method: str
    path: bytes
    query: bytes
    headers: Headers
    body: bytes | AsyncIterator[bytes]
    length: int | None
    payload_hash: str
    scope: tuple[str, str]  # region and signing name
    account_id: str


class Forwarder:
    """Connections to upstreams; to be closed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def send(self, upstream: Upstream, outbound: Outbound, now: datetime) -> aiohttp.ClientResponse:
        """The upstream's answer, its body still to be read; raises ServiceUnavailable."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auto_decompress=False,
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=15),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=self._seconds),
                trust_env=False,
            )
        headers = signed(upstream, outbound, now)
        target = (outbound.path + (b"?" + outbound.query if outbound.query else b"")).decode("ascii")
        try:
            return await self._session.request(
                outbound.method,
                URL(upstream.url + target, encoded=True),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
                data=outbound.body or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        except TimeoutError as error:
            raise ServiceUnavailable("The upstream of this service took too long to answer.") from error
        except aiohttp.ClientError as error:
            raise ServiceUnavailable("The upstream of this service cannot be reached.") from error


def signed(upstream: Upstream, outbound: Outbound, now: datetime) -> Headers:
    """The headers of a request with the upstream's host and a signature by its credentials."""
    region, service = outbound.scope
    stamp = format_timestamp(now)
    headers = [(b"host", upstream.host.encode()), *outbound.headers, (b"x-amz-date", stamp.encode())]
    if service == "s3":
        headers.append((b"x-amz-content-sha256", outbound.payload_hash.encode()))
    if upstream.told == BY_HEADER:
        headers.append((_ACCOUNT_HEADER, outbound.account_id.encode()))
    names = sorted(name for name, _ in headers if name in (b"host", b"content-type") or name.startswith(b"x-amz-"))
    request = HttpRequest(outbound.method, outbound.path, outbound.query, headers, b"")
    scope = (stamp[:8], region, service)
    keys = upstream.credentials
    signature = sigv4.sign(request, names, keys.secret_access_key, scope, stamp, outbound.payload_hash)
    key_id = outbound.account_id if upstream.told == BY_KEY else keys.access_key_id
    credential = "/".join((key_id, *scope, TERMINATOR))
    authorization = (
        f"{ALGORITHM} Credential={credential}, SignedHeaders={b';'.join(names).decode()}, Signature={signature}"
    )
    headers.append((b"authorization", authorization.encode()))
    if outbound.length is not None and (outbound.length or outbound.method in ("PUT", "POST", "PATCH")):
        headers.append((b"content-length", str(outbound.length).encode()))
    return headers


def passed_headers(request: HttpRequest, known: frozenset[bytes]) -> Headers:
    """The headers that are passed on: those of AWS's protocols, and the operation's own (`known`)."""
    nominated = {name.strip().lower() for name in request.index.get(b"connection", b"").split(b",")}
    return [
        (name, value)
        for name, value in request.headers
        if (name.startswith(_PASSED) or name in _PASSED_TOO or name in known)
        and name not in _OURS
        and name not in _HOP_BY_HOP
        and name not in nominated
    ]


def answer_headers(response: aiohttp.ClientResponse) -> Headers:
    """The headers of an upstream's answer, without those of the connection."""
    raw = [(name.lower(), value) for name, value in response.raw_headers]
    nominated = {each.strip().lower() for name, value in raw if name == b"connection" for each in value.split(b",")}
    return [(name, value) for name, value in raw if name not in _HOP_BY_HOP and name not in nominated]


def passed_query(query: bytes) -> bytes:
    """The query as sent, without what made a presigned request of it."""
    return b"&".join(pair for pair in query.split(b"&") if _name(pair) not in SIGNING_PARAMETERS)


def _name(pair: bytes) -> str:
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).decode("latin-1")
