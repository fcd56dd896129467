"""HTTP/1.1 to upstreams on connections that are kept open.

A client library costs four times what the decision and both signatures do together; this one does what the gateway needs
and nothing else: bytes are sent as they are, answers come in pieces, and a reader that is slow slows the upstream.
httptools, which uvicorn reads requests with, reads the answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import structlog

from iamd.gateway.connection import Connection
from iamd.gateway.idle import Idle
from iamd.gateway.origins import Origin
from iamd.wire.errors import ServiceUnavailable
from iamd.wire.gateway_errors import BadGateway, Lost

_CONNECT_SECONDS = 5.0
_log = structlog.get_logger("iamd")

REPEATABLE = frozenset(
    {"DELETE", "GET", "HEAD", "OPTIONS", "PUT"}
)  # https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2


class Reply:
    """An answer: status and headers are there, the body comes in pieces. To be read to its end or closed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.status = connection.status
        self.headers = connection.headers

    def header(self, name: bytes) -> bytes | None:
        """The first header of that lower-case name."""
        return next((value for found, value in self.headers if found == name), None)

    def whole(self) -> bytes | None:
        """The body, if all of it is there already."""
        return self._connection.take_whole()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """What is still to come; raises BadGateway when it breaks off, GatewayTimeout when nothing comes."""
        connection = self._connection
        try:
            while (piece := connection.take()) != b"":
                if piece is None:
                    await connection.more()
                else:
                    yield piece
        finally:
            self.close()

    async def read(self, limit: int) -> bytes:
        """The body, as far as the limit."""
        parts, size = [], 0
        async for piece in self.pieces():
            parts.append(piece)
            size += len(piece)
            if size >= limit:
                break
        return b"".join(parts)[:limit]

    def close(self) -> None:
        """The rest is not wanted."""
        self._connection.finish()


class Connections:
    """Connections to upstreams, kept for the next request while they are `idle`. An upstream may be silent for
    `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.idle = Idle()

    async def send(
        self, origin: Origin, method: str, head: bytes, body: bytes | AsyncIterator[bytes], *, chunked: bool = False
    ) -> Reply:
        """The answer to a request, whose head ends with an empty line. A body that is no bytes is sent as it comes, in
        chunks if so said; raises what its reading raises.

        Raises ServiceUnavailable when the upstream cannot be reached, GatewayTimeout when it is silent, BadGateway
        when it answers no HTTP or breaks off. On a kept connection that turns out to be closed, a request that may be
        repeated is sent once more on a new one.
        """
        is_head = method == "HEAD"
        kept = self.idle.take(origin)
        if kept is not None:
            try:
                return await _exchange(kept, head, body, chunked, is_head)
            except Lost:
                if not isinstance(body, bytes) or method not in REPEATABLE:
                    raise BadGateway("The upstream of this service broke off.") from None
        fresh = await self._connect(origin)
        try:
            reply = await _exchange(fresh, head, body, chunked, is_head)
        except Lost as lost:
            _note(origin, str(lost))  # such as that it wants another certificate
            raise BadGateway("The upstream of this service broke off.") from None
        origin.trouble = ""
        return reply

    def close(self) -> None:
        """Close those that are idle."""
        self.idle.close()

    async def _connect(self, origin: Origin) -> Connection:
        context = origin.context
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(origin, context, self._seconds, self.idle.release),  # type: ignore[type-var]
                    origin.host,
                    origin.port,
                    ssl=context,
                )
        except (OSError, TimeoutError) as error:
            _note(origin, str(error) or f"no connection within {_CONNECT_SECONDS:.0f} seconds")
            raise ServiceUnavailable("The upstream of this service cannot be reached.") from error
        return connection


def _note(origin: Origin, trouble: str) -> None:
    """Log why an upstream cannot be used: once for each reason, until it answers again."""
    if trouble != origin.trouble:
        _log.warning("an upstream cannot be used", upstream=origin.url, reason=trouble)
    origin.trouble = trouble


async def _exchange(
    connection: Connection, head: bytes, body: bytes | AsyncIterator[bytes], chunked: bool, is_head: bool
) -> Reply:
    """Send a request and wait for the head of its answer. Raises Lost when there was nothing of it."""
    try:
        if isinstance(body, bytes):
            await connection.begin(head + body, is_head)
        else:
            await _exchange_stream(connection, connection.begin(head, is_head), body, chunked)
    except BaseException:
        connection.abort()
        raise
    return Reply(connection)


async def _exchange_stream(
    connection: Connection, started: asyncio.Future[None], body: AsyncIterator[bytes], chunked: bool
) -> None:
    connection.sending = True
    sender = asyncio.create_task(_send(connection, body, chunked))
    try:
        await asyncio.wait((sender, started), return_when=asyncio.FIRST_COMPLETED)
        if sender.done():
            await sender  # raises what the reading of the body raised
        await started
        if connection.status < 300:  # an early refusal ends the sending, an early success does not
            await sender
    finally:
        if not sender.done():
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)


async def _send(connection: Connection, body: AsyncIterator[bytes], chunked: bool) -> None:
    """Send a body as it comes, and note when all of it went."""
    async for piece in body:
        if not connection.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece):
            return
        if connection.writable is not None:
            await connection.writable
    if chunked:
        connection.write(b"0\r\n\r\n")
    connection.sending = False
