"""The canonical form of a request, over which Signature Version 4 is made.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from iamd.wire.http import HttpRequest

S3_SERVICES: Final = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts"})
"""Signing names whose paths are object keys: taken as sent, where all others are normalised and encoded again."""


def canonical_request(
    request: HttpRequest, service: str, signed_headers: Sequence[bytes], payload_hash: str, *, presigned: bool = False
) -> bytes:
    """The canonical request; `payload_hash` is its last line. Takes any bytes and never fails."""
    path = b"/" if request.path == b"/" else canonical_path(request.path, service)
    query = canonical_query(request.query, presigned=presigned) if request.query else b""
    signed = _list_of(tuple(signed_headers))
    return b"\n".join(
        [request.method.encode(), path, query, *signed.lines(request), b"", signed.joined, payload_hash.encode()]
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


class _SignedHeaders:
    """A list of signed headers, with the lines of those that are mostly the same from request to request."""

    def __init__(self, names: tuple[bytes, ...]) -> None:
        self.joined = b";".join(names)
        self._names = names
        self._values = [b"" for _ in names]
        self._lines = [name + b":" for name in names]

    def lines(self, request: HttpRequest) -> list[bytes]:
        """One `name:value` for each name, in the order given.

        White space around values goes, runs of it become one blank; values of a repeated header are joined by commas;
        an absent header has an empty value.
        """
        sent, lines = request.index, []
        if len(sent) != len(request.headers):
            sent = _joined(request.headers)
        for at, name in enumerate(self._names):
            value = sent.get(name, b"")
            if value == self._values[at]:
                line = self._lines[at]
            else:
                line = name + b":" + b" ".join(value.split())
                if name in _REPEATING and len(value) <= _LONGEST_KEPT:
                    self._values[at], self._lines[at] = value, line
            lines.append(line)
        return lines


# Others may be secrets (session tokens, keys of customers), which are not kept here.
_REPEATING: Final = frozenset({b"content-type", b"host", b"x-amz-content-sha256", b"x-amz-date"})
_LONGEST_KEPT: Final = 128
_known_lists: Final[dict[tuple[bytes, ...], _SignedHeaders]] = {}
_MAX_LISTS: Final = 256
_MOST_NAMES: Final = 32


def _list_of(names: tuple[bytes, ...]) -> _SignedHeaders:
    found = _known_lists.get(names)
    if found is None:
        found = _SignedHeaders(names)
        if len(names) <= _MOST_NAMES and len(found.joined) <= _MOST_NAMES * _LONGEST_KEPT:
            if len(_known_lists) >= _MAX_LISTS:
                _known_lists.clear()
            _known_lists[names] = found
    return found


def _joined(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    joined: dict[bytes, bytes] = {}
    for name, value in headers:
        trimmed = b" ".join(value.split())
        joined[name] = joined[name] + b"," + trimmed if name in joined else trimmed
    return joined
