"""The heads of requests to upstreams, and of their answers: byte for byte the path that was decided on, signed anew."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from iamd.caller import sigv4
from iamd.caller.signature import ALGORITHM, TERMINATOR, format_timestamp
from iamd.gateway.outbound import Headers, Outbound
from iamd.gateway.strict import SIGNING_PARAMETERS
from iamd.gateway.upstreams import ANYONE, BY_HEADER, BY_KEY, Upstream
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest, breaks_line

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
_KEPT = _OURS | _HOP_BY_HOP
_UNCHECKED = b"0" * 64
"""The signature for upstreams without credentials: they take the region and service out of its scope at most."""

_ACCOUNT_HEADER = b"x-moto-account-id"


def head_of(upstream: Upstream, outbound: Outbound, now: datetime) -> bytes:
    """The request line and headers, to their empty line; raises Ambiguous for a header that breaks its line."""
    headers = signed(upstream, outbound, now)
    if outbound.length is None:
        headers.append((b"transfer-encoding", b"chunked"))
    query = outbound.query
    parts = [outbound.method.encode(), b" ", outbound.path, b"?" if query else b"", query, b" HTTP/1.1\r\n"]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    told = parts[::2]  # method, path, query, names and values
    if breaks_line(b"".join(told)):
        raise Ambiguous("A header breaks its line.")
    parts.append(b"\r\n")
    return b"".join(parts)


def signed(upstream: Upstream, outbound: Outbound, now: datetime) -> Headers:
    """The headers of a request with the upstream's host and a signature by its credentials."""
    region, service = outbound.scope
    stamp, encoded_stamp = _stamp(now)
    headers = [(b"host", upstream.origin.authority), *outbound.headers, (b"x-amz-date", encoded_stamp)]
    if service == "s3":
        headers.append((b"x-amz-content-sha256", outbound.payload_hash.encode()))
    if upstream.told == BY_HEADER:
        headers.append((_ACCOUNT_HEADER, outbound.account_id.encode()))
    scope = (stamp[:8], region, service)
    keys = upstream.credentials
    key_id = outbound.account_id if upstream.told == BY_KEY else keys.access_key_id
    names, authorization = _authorization(key_id, scope, tuple([name for name, _ in headers]))
    signature = _UNCHECKED
    if keys is not ANYONE:
        request = HttpRequest(outbound.method, outbound.path, outbound.query, headers, b"")
        made = sigv4.sign(request, names, keys.secret_access_key, scope, stamp, outbound.payload_hash)
        signature = made.encode()
    headers.append((b"authorization", authorization + signature))
    if outbound.length is not None and (outbound.length or outbound.method in ("PUT", "POST", "PATCH")):
        headers.append((b"content-length", str(outbound.length).encode()))
    return headers


@lru_cache(maxsize=1024)
def _authorization(
    key_id: str, scope: tuple[str, str, str], headers: tuple[bytes, ...]
) -> tuple[tuple[bytes, ...], bytes]:
    """Those of the headers that are signed, and the Authorization header up to the signature: a client's requests have
    the same ones all day."""
    names = tuple(sorted([name for name in headers if name.startswith(_SIGNED)]))
    credential = "/".join((key_id, *scope, TERMINATOR))
    signed = b";".join(names).decode()
    return names, f"{ALGORITHM} Credential={credential}, SignedHeaders={signed}, Signature=".encode()


@lru_cache(maxsize=4)
def _stamp(now: datetime) -> tuple[str, bytes]:
    stamp = format_timestamp(now)
    return stamp, stamp.encode()


_SIGNED = (b"host", b"content-type", b"x-amz-")


def passed_headers(request: HttpRequest, known: frozenset[bytes]) -> Headers:
    """The headers that are passed on: those of AWS's protocols, and the operation's own (`known`)."""
    passed = [
        header for header in request.headers if _is_passed(header[0]) or (header[0] in known and header[0] not in _KEPT)
    ]
    connection = request.index.get(b"connection")
    return passed if connection is None else _without(passed, connection)


@lru_cache(maxsize=4096)
def _is_passed(name: bytes) -> bool:
    return (name.startswith(_PASSED) or name in _PASSED_TOO) and name not in _KEPT


def answer_headers(headers: Headers) -> Headers:
    """The headers of an upstream's answer, without those of the connection."""
    passed = [header for header in headers if header[0] not in _HOP_BY_HOP]
    for name, value in headers:
        if name == b"connection":
            passed = _without(passed, value)
    return passed


def _without(headers: Headers, connection: bytes) -> Headers:
    """Those that a Connection header does not name. What tells the length of a body is not the connection's affair."""
    nominated = {name.strip().lower() for name in connection.split(b",")} - {b"content-length"}
    return [header for header in headers if header[0] not in nominated]


def passed_query(query: bytes) -> bytes:
    """The query as sent, without what made a presigned request of it."""
    if not query or (query.find(b"X-") < 0 and query.find(b"%") < 0):  # the rule, but for presigned requests
        return query
    return b"&".join(pair for pair in query.split(b"&") if _name(pair) not in SIGNING_PARAMETERS)


def _name(pair: bytes) -> str:
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).decode("latin-1")
