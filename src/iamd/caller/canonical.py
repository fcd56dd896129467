"""The canonical form of a request, over which Signature Version 4 is made.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote_from_bytes, unquote_to_bytes

from iamd.wire.http import HttpRequest

S3_SERVICES = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
"""Signing names whose paths are object keys: taken as sent, where all others are normalised and encoded again."""


def canonical_request(
    request: HttpRequest, service: str, signed_headers: Sequence[bytes], payload_hash: str, *, presigned: bool = False
) -> bytes:
    """The canonical request; `payload_hash` is its last line. Takes any bytes and never fails."""
    path = b"/" if request.path == b"/" else canonical_path(request.path, service)
    query = canonical_query(request.query, presigned=presigned) if request.query else b""
    return b"\n".join(
        [
            request.method.encode(),
            path,
            query,
            *canonical_headers(request, signed_headers),
            b"",
            b";".join(signed_headers),
            payload_hash.encode(),
        ]
    )


def canonical_path(path: bytes, service: str) -> bytes:
    """The path as signed: for S3 as sent, else without dot segments and empty ones, and percent-encoded once more."""
    if service in S3_SERVICES:
        return path or b"/"
    segments: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            if segments:
                segments.pop()
        elif segment and segment != b".":
            segments.append(segment)
    last = b"/" if segments and path.endswith(b"/") else b""
    return quote_from_bytes(b"/" + b"/".join(segments) + last, safe="/~").encode()


def canonical_query(query: bytes, *, presigned: bool = False) -> bytes:
    """The query with every name and value decoded and encoded anew (`+` is a blank), ordered by name, then value.

    A presigned request's own `X-Amz-Signature` is left out. Empty pairs say nothing and are dropped.
    """
    pairs = []
    for pair in query.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            pairs.append((_encoded_anew(name), _encoded_anew(value)))
    return "&".join(
        f"{name}={value}" for name, value in sorted(pairs) if not (presigned and name == "X-Amz-Signature")
    ).encode()


def _encoded_anew(text: bytes) -> str:
    return quote_from_bytes(unquote_to_bytes(text.replace(b"+", b" ")), safe="-_.~")


def canonical_headers(request: HttpRequest, names: Sequence[bytes]) -> list[bytes]:
    """One `name:value` for each name, in the order given.

    White space around values goes, runs of it become one blank; values of a repeated header are joined by commas; an
    absent header has an empty value.
    """
    values = request.index
    if len(values) != len(request.headers):
        values = _joined(request.headers)
    return [name + b":" + b" ".join(values.get(name, b"").split()) for name in names]


def _joined(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    joined: dict[bytes, bytes] = {}
    for name, value in headers:
        trimmed = b" ".join(value.split())
        joined[name] = joined[name] + b"," + trimmed if name in joined else trimmed
    return joined
