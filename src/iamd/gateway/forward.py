"""Requests to upstreams: byte for byte the path that was decided on, signed anew, streamed both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import unquote_to_bytes

import msgspec

from iamd.caller import sigv4
from iamd.caller.signature import ALGORITHM, TERMINATOR, format_timestamp
from iamd.gateway.connections import Connections, Headers, Reply
from iamd.gateway.strict import SIGNING_PARAMETERS, Ambiguous
from iamd.gateway.upstreams import ANYONE, BY_HEADER, BY_KEY, Upstream
from iamd.wire.http import HttpRequest

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
_UNCHECKED = "0" * 64
"""The signature for upstreams without credentials: they take the region and service out of its scope at most."""

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
    """Sends requests to upstreams, which may be silent for so many `seconds`; to be closed."""

    def __init__(self, seconds: float) -> None:
        self._connections = Connections(seconds)

    def close(self) -> None:
        """Close all connections that are idle."""
        self._connections.close()

    async def send(self, upstream: Upstream, outbound: Outbound, now: datetime) -> Reply:
        """The upstream's answer, its body still to be read; raises as `Connections.send`."""
        headers = signed(upstream, outbound, now)
        chunked = outbound.length is None
        if chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        target = outbound.path + (b"?" + outbound.query if outbound.query else b"")
        head = b"%b %b HTTP/1.1\r\n" % (outbound.method.encode(), target)
        head += b"".join([b"%b: %b\r\n" % header for header in headers]) + b"\r\n"
        if not head.count(b"\r") == head.count(b"\n") == len(headers) + 2:
            raise Ambiguous("A header breaks its line.")
        return await self._connections.send(upstream.url, outbound.method, head, outbound.body, chunked=chunked)


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
    scope = (stamp[:8], region, service)
    keys = upstream.credentials
    signature = _UNCHECKED
    if keys is not ANYONE:
        request = HttpRequest(outbound.method, outbound.path, outbound.query, headers, b"")
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


def answer_headers(headers: Headers) -> Headers:
    """The headers of an upstream's answer, without those of the connection."""
    nominated = {each.strip().lower() for name, value in headers if name == b"connection" for each in value.split(b",")}
    return [header for header in headers if header[0] not in _HOP_BY_HOP and header[0] not in nominated]


def passed_query(query: bytes) -> bytes:
    """The query as sent, without what made a presigned request of it."""
    return b"&".join(pair for pair in query.split(b"&") if _name(pair) not in SIGNING_PARAMETERS)


def _name(pair: bytes) -> str:
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).decode("latin-1")
