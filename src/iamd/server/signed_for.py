"""For which service a request is signed, told without believing it."""

from __future__ import annotations

import re
from typing import Final

from iamd.wire.http import HttpRequest

# The service of a scope, which has no region in Signature Version 4A.
_SERVICE = re.compile(rb"Credential=[^/,]*/[^/,]*/(?:[^/,]*/)?([^/,]*)/aws4_request").search
_PRESIGNED = re.compile(rb"(?:^|&)X-Amz-Credential=(?:[^&]*?(?:/|%2[Ff])){3}([^&/%]*)(?:/|%2[Ff])").search


# What was found in the beginnings of headers, which a client's requests have in common all day.
_SCOPED: Final[dict[bytes, bytes | None]] = {}
_MOST_SCOPED: Final = 1024
_LONGEST_SCOPED: Final = 1024  # bytes


def signed_for(request: HttpRequest) -> bytes | None:
    """The signing name of the service in the scope of a request's signature; None when there is none."""
    authorization = request.index.get(b"authorization")
    if authorization is not None:
        if not authorization.startswith(b"AWS4-"):
            return None
        # A scope has no comma, and mostly stands before the first: what is behind that changes with every request.
        first = _scoped(authorization.partition(b",")[0])
        return _scoped(authorization.partition(b", Signature=")[0]) if first is None else first
    if not request.query:
        return None
    named = _PRESIGNED(request.query)
    return None if named is None else named[1]


def _scoped(header: bytes) -> bytes | None:
    if header in _SCOPED:
        return _SCOPED[header]
    named = _SERVICE(header)
    service = None if named is None else named[1]
    if len(header) <= _LONGEST_SCOPED:
        if len(_SCOPED) >= _MOST_SCOPED:
            _SCOPED.clear()
        _SCOPED[header] = service
    return service
