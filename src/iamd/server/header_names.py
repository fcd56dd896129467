"""Names of headers in lower case: one object for each that is usual, however it is spelled.

Requests have the same names all day. That of a table need not be made again, and has its hash, by which it is looked up
later on. The table is fixed: what clients send does not fill it.
"""

from __future__ import annotations

from typing import Final

CONNECTION: Final = b"connection"
EXPECT: Final = b"expect"
PROXY_CONNECTION: Final = b"proxy-connection"

_USUAL: Final = (
    CONNECTION,
    EXPECT,
    PROXY_CONNECTION,
    b"accept",
    b"accept-encoding",
    b"amz-sdk-invocation-id",
    b"amz-sdk-request",
    b"authorization",
    b"cache-control",
    b"content-encoding",
    b"content-length",
    b"content-md5",
    b"content-type",
    b"cookie",
    b"host",
    b"if-match",
    b"if-none-match",
    b"origin",
    b"range",
    b"referer",
    b"transfer-encoding",
    b"user-agent",
    b"x-amz-acl",
    b"x-amz-checksum-crc32",
    b"x-amz-checksum-mode",
    b"x-amz-content-sha256",
    b"x-amz-date",
    b"x-amz-decoded-content-length",
    b"x-amz-sdk-checksum-algorithm",
    b"x-amz-security-token",
    b"x-amz-target",
    b"x-amz-trailer",
    b"x-amz-user-agent",
    b"x-amzn-query-mode",
    b"x-forwarded-for",
    b"x-forwarded-proto",
)


def _spellings(name: bytes) -> set[bytes]:
    """As HTTP/2 has it, as most clients do, and as botocore does."""
    title = name.title()
    return {name, title, title.replace(b"Sha256", b"SHA256"), title.replace(b"Md5", b"MD5")}


_LOWER: Final = {spelling: name for name in _USUAL for spelling in _spellings(name)}


def known(name: bytes) -> bytes:
    """The name in lower case."""
    lower = _LOWER.get(name)
    if lower is None:
        lower = name.lower()
        return _LOWER.get(lower, lower)
    return lower
