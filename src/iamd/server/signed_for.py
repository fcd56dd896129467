"""For which service a request is signed, told without believing it."""

from __future__ import annotations

import re
from functools import lru_cache

from iamd.server.whole import Headers

# The service of a scope, which has no region in Signature Version 4A.
_SERVICE = re.compile(rb"Credential=[^/,]*/[^/,]*/(?:[^/,]*/)?([^/,]*)/aws4_request").search
_PRESIGNED = re.compile(rb"(?:^|&)X-Amz-Credential=(?:[^&]*?(?:/|%2[Ff])){3}([^&/%]*)(?:/|%2[Ff])").search


def signed_for(headers: Headers, query: bytes) -> bytes | None:
    """The signing name of the service in the scope of a request's signature; None when there is none."""
    for name, value in headers:
        if name == b"authorization":
            return _scoped(value.partition(b", Signature=")[0]) if value.startswith(b"AWS4-") else None
    if not query:
        return None
    named = _PRESIGNED(query)
    return None if named is None else named[1]


@lru_cache(maxsize=1024)
def _scoped(header: bytes) -> bytes | None:
    """A client's requests have the same scope all day."""
    named = _SERVICE(header)
    return None if named is None else named[1]
