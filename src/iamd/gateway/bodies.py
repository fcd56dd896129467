"""Bodies on their way: read as a whole within limits, or passed on while they are verified."""

from __future__ import annotations

from collections.abc import AsyncIterator

from iamd.caller.payload import UNSIGNED, Payload
from iamd.caller.streamed import Pieces, held_back, read
from iamd.gateway.outbound import Headers, Passed
from iamd.wire.errors import RequestEntityTooLarge
from iamd.wire.http import HttpRequest
from iamd.wire.s3_errors import IncompleteBody

_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


class Gone(Exception):
    """The client left before its request was complete."""


async def there(body: bytes) -> AsyncIterator[bytes]:
    """A body that is there as a whole."""
    yield body


class _NoPieces:
    def __aiter__(self) -> _NoPieces:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


NONE = _NoPieces()
"""The body of a request that has none, for all of them: most have none."""


async def whole(pieces: Pieces, limit: int) -> bytes:
    """All pieces; raises RequestEntityTooLarge."""
    parts, size = [], 0
    async for piece in pieces:
        size += len(piece)
        if size > limit:
            raise RequestEntityTooLarge(f"The request body is larger than {limit} bytes.")
        parts.append(piece)
    return b"".join(parts)


def bounded(body: bytes, limit: int) -> bytes:
    """A body that is there; raises RequestEntityTooLarge as `whole` does."""
    if len(body) > limit:
        raise RequestEntityTooLarge(f"The request body is larger than {limit} bytes.")
    return body


async def passed(request: HttpRequest, payload: Payload, pieces: Pieces, headers: Headers) -> Passed:
    """An S3 body for the upstream: out of its chunks, unless trailers follow it."""
    if payload.has_trailers:
        size = request.header(b"x-amz-decoded-content-length") or "0"
        kept = [*headers, (b"x-amz-decoded-content-length", size.encode())]
        return Passed(_framed(payload, read(payload, pieces)), None, _UNSIGNED_TRAILER, kept)
    told = request.header(b"x-amz-decoded-content-length" if payload.chunked else b"content-length")
    length = _length(told) if told is not None else (0 if request.header(b"transfer-encoding") is None else None)
    line = UNSIGNED if payload.chunked else payload.claimed
    if payload.chunked:
        headers = [_without_chunking(header) for header in headers]
        headers = [header for header in headers if header != (b"content-encoding", b"")]
    if length == 0 or length is None:
        body = await whole(read(payload, pieces), 1 << 20)  # nothing may be sent before the end is known
        return Passed(body, len(body), line, headers)
    return Passed(held_back(_of_length(read(payload, pieces), length)), length, line, headers)


async def _framed(payload: Payload, pieces: Pieces) -> AsyncIterator[bytes]:
    """The body in unsigned chunks, with its trailers; its end comes only when all was verified."""
    async for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n" + b"".join(name + b":" + value + b"\r\n" for name, value in payload.trailers) + b"\r\n"


async def _of_length(pieces: Pieces, length: int) -> AsyncIterator[bytes]:
    """The pieces; raises IncompleteBody when they are not as long as was said."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > length:
            raise IncompleteBody("The body is longer than x-amz-decoded-content-length says.")
        yield piece
    if size != length:
        raise IncompleteBody


def _length(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise IncompleteBody("The length of the body must be a number.")
    return int(text)


def _without_chunking(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    if name != b"content-encoding":
        return header
    return name, b",".join(each for each in map(bytes.strip, value.split(b",")) if each != b"aws-chunked")


def unchunked(headers: Headers) -> Headers:
    """The headers of a body that was read as a whole: out of its chunks, its checksum among them only if not behind."""
    return [
        (name, value)
        for name, value in headers
        if name != b"x-amz-trailer" and not (name == b"content-encoding" and b"aws-chunked" in value)
    ]
