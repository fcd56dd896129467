"""Bodies that are verified while they pass: S3's hashed, unsigned and chunked payloads.

What the signature covers is the word about the payload; that the body is as it says is found out piece by piece. Nothing
of it may be acted on before the end: who forwards it holds the last piece back until then (`held_back`).
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator

from iamd.caller.payload import EMPTY, UNSIGNED, Payload
from iamd.wire.errors import SignatureDoesNotMatch
from iamd.wire.s3_errors import IncompleteBody, MalformedTrailerError

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?").fullmatch
# With one newline more, as S3's page on trailers has them and MinIO's client for Go sends them.
_TRAILER = re.compile(rb"([A-Za-z0-9-]{1,128}):[ \t]*([!-~]{0,512})\n?").fullmatch
_LONGEST_LINE = 1024

Pieces = AsyncIterator[bytes]


async def read(payload: Payload, pieces: Pieces) -> Pieces:
    """The body without its coding; raises SignatureDoesNotMatch, IncompleteBody or MalformedTrailerError when it
    is not as was said."""
    if payload.chunked:
        async for piece in _chunks(payload, _Lines(pieces)):
            yield piece
        return
    digest = hashlib.sha256()
    async for piece in pieces:
        if payload.claimed != UNSIGNED:
            digest.update(piece)
        yield piece
    if payload.claimed != UNSIGNED and digest.hexdigest() != payload.claimed:
        raise SignatureDoesNotMatch("The provided 'x-amz-content-sha256' header does not match what was computed.")


async def _chunks(payload: Payload, lines: _Lines) -> Pieces:
    signed = payload.signs_chunks
    while True:
        head = _CHUNK(await lines.line())
        if head is None or (head[2] is not None) is not signed:
            raise IncompleteBody("The body is not in aws-chunked coding.")
        size, digest = int(head[1], 16), hashlib.sha256()
        async for piece in lines.take(size):
            digest.update(piece)
            yield piece
        if signed:
            payload.follow("PAYLOAD", head[2].decode(), f"{EMPTY}\n{digest.hexdigest()}")
        if size == 0:
            break
        if await lines.line() != b"":
            raise IncompleteBody("A chunk is longer than it says.")
    if payload.has_trailers:
        await _read_trailers(payload, lines)
    elif await lines.line() != b"":
        raise IncompleteBody("The last chunk is not followed by an empty line.")
    await lines.end()


async def _read_trailers(payload: Payload, lines: _Lines) -> None:
    signature = None
    while (line := await lines.line_or_end()) != b"":
        named = _TRAILER(line)
        if named is None or signature is not None:
            raise MalformedTrailerError
        if payload.signs_chunks and named[1].lower() == b"x-amz-trailer-signature":
            signature = named[2].decode()
        else:
            payload.trails(named[1].lower(), named[2])
    payload.end()
    if payload.signs_chunks:
        text = b"".join(name + b":" + value + b"\n" for name, value in payload.trailers)
        payload.follow("TRAILER", signature or "", hashlib.sha256(text).hexdigest())


class _Lines:
    """Pieces read by lines and by length, in little memory."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._rest = b""

    async def _more(self) -> bool:
        piece = await anext(self._pieces, None)
        if piece is None:
            return False
        self._rest += piece
        return True

    async def line(self) -> bytes:
        """The next line, without its end; raises IncompleteBody."""
        while (end := self._rest.find(b"\r\n")) < 0:
            if len(self._rest) > _LONGEST_LINE or not await self._more():
                raise IncompleteBody
        line, self._rest = self._rest[:end], self._rest[end + 2 :]
        return line

    async def line_or_end(self) -> bytes:
        """The next line, empty at the end."""
        if not self._rest and not await self._more():
            return b""
        return await self.line()

    async def take(self, size: int) -> Pieces:
        """The next bytes, in pieces; raises IncompleteBody."""
        while size:
            if not self._rest and not await self._more():
                raise IncompleteBody
            piece, self._rest = self._rest[:size], self._rest[size:]
            size -= len(piece)
            if piece:
                yield piece

    async def end(self) -> None:
        """Raises IncompleteBody when there is more, other than an empty line."""
        while await self._more():
            pass
        if self._rest.strip(b"\r\n"):
            raise IncompleteBody("There is more after the last chunk.")


async def held_back(pieces: Pieces) -> Pieces:
    """The same pieces, each when the next one is there: the last one comes only when the source ended well."""
    held = b""
    async for piece in pieces:
        if held:
            yield held
        held = piece
    if held:
        yield held
