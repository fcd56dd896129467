"""HTTP/1.1 to upstreams on connections that are kept open.

A client library costs four times what the decision and both signatures do together; this one does what the gateway needs
and nothing else: bytes are sent as they are, answers come in pieces, and a reader that is slow slows the upstream.
httptools, which uvicorn reads requests with, reads the answers.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from time import monotonic
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from iamd.gateway.outbound import Headers
from iamd.wire.errors import ServiceUnavailable
from iamd.wire.gateway_errors import BadGateway, GatewayTimeout

_CONNECT_SECONDS = 5.0
_IDLE_SECONDS = 4.0  # less than servers keep idle connections: uvicorn 5, nginx 75
_IDLE_MOST = 256
_HIGH, _LOW = 256 << 10, 64 << 10  # bytes that wait for their reader
_LONGEST_HEAD = 64 << 10
_REPEATABLE = frozenset(
    {"DELETE", "GET", "HEAD", "OPTIONS", "PUT"}
)  # https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2


class _Lost(Exception):
    """The connection ended before anything of the answer came."""


class Reply:
    """An answer: status and headers are there, the body comes in pieces. To be read to its end or closed."""

    def __init__(self, connection: _Connection, status: int, headers: Headers) -> None:
        self._connection = connection
        self.status = status
        self.headers = headers

    def header(self, name: bytes) -> bytes | None:
        """The first header of that lower-case name."""
        return next((value for found, value in self.headers if found == name), None)

    def whole(self) -> bytes | None:
        """The body, if all of it is there already."""
        return self._connection.taken_whole()

    async def pieces(self) -> AsyncIterator[bytes]:
        """What is still to come; raises BadGateway when it breaks off, GatewayTimeout when nothing comes."""
        try:
            while piece := await self._connection.piece():
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
    """Connections to upstreams, kept for the next request. An upstream may be silent for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._idle: dict[str, deque[_Connection]] = {}
        self._tls: ssl.SSLContext | None = None

    async def send(
        self, origin: str, method: str, head: bytes, body: bytes | AsyncIterator[bytes], *, chunked: bool = False
    ) -> Reply:
        """The answer to a request, whose head ends with an empty line. A body that is no bytes is sent as it comes, in
        chunks if so said; raises what its reading raises.

        Raises ServiceUnavailable when the upstream cannot be reached, GatewayTimeout when it is silent, BadGateway
        when it answers no HTTP or breaks off. On a kept connection that turns out to be closed, a request that may be
        repeated is sent once more on a new one.
        """
        is_head = method == "HEAD"
        kept = self._kept(origin)
        if kept is not None:
            try:
                return await kept.exchange(head, body, chunked, is_head)
            except _Lost:
                if not isinstance(body, bytes) or method not in _REPEATABLE:
                    raise BadGateway("The upstream of this service broke off.") from None
        fresh = await self._connect(origin)
        try:
            return await fresh.exchange(head, body, chunked, is_head)
        except _Lost:
            raise BadGateway("The upstream of this service broke off.") from None

    def close(self) -> None:
        """Close those that are idle."""
        for idle in self._idle.values():
            for connection in idle:
                connection.abort()
        self._idle.clear()

    def _kept(self, origin: str) -> _Connection | None:
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.usable(_IDLE_SECONDS):
                return connection
            connection.abort()
        return None

    def _release(self, connection: _Connection) -> None:
        idle = self._idle.setdefault(connection.origin, deque())
        idle.append(connection)
        if len(idle) > _IDLE_MOST:
            idle.popleft().abort()

    async def _connect(self, origin: str) -> _Connection:
        url = urlsplit(origin)
        tls = url.scheme == "https"
        if tls and self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: _Connection(self, origin, self._seconds),
                    url.hostname or "",
                    url.port or (443 if tls else 80),
                    ssl=self._tls if tls else None,
                )
        except (OSError, TimeoutError) as error:
            raise ServiceUnavailable("The upstream of this service cannot be reached.") from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection, on which one request after another is made."""

    def __init__(self, pool: Connections, origin: str, seconds: float) -> None:
        self.origin = origin
        self._pool = pool
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._writable: asyncio.Future[None] | None = None
        self._since = monotonic()
        self._silence: asyncio.TimerHandle | None = None
        self._sender: asyncio.Task[None] | None = None
        self._busy = False
        self._reset(is_head=False)

    def _reset(self, *, is_head: bool) -> None:
        self._parser = HttpResponseParser(self)
        self._is_head = is_head
        self._headers: Headers = []
        self._head_size = 0
        self._started: asyncio.Future[Reply] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._sized = False
        self._keeps = False
        self._complete = False
        self._failure: Exception | None = None

    # The request.

    def usable(self, seconds: float) -> bool:
        """Whether it is open and has not been idle for longer than that."""
        return self._transport is not None and monotonic() - self._since < seconds

    async def exchange(self, head: bytes, body: bytes | AsyncIterator[bytes], chunked: bool, is_head: bool) -> Reply:
        """Send a request and wait for the head of its answer. Raises _Lost when there was nothing of it."""
        if self._transport is None:
            raise _Lost
        self._reset(is_head=is_head)
        self._busy = True
        started: asyncio.Future[Reply] = self._loop.create_future()
        self._started = started
        self._watch()
        try:
            if isinstance(body, bytes):
                self._transport.write(head + body)
                return await started
            self._transport.write(head)
            return await self._exchange_stream(started, body, chunked)
        except BaseException:
            self.abort()
            raise

    async def _exchange_stream(
        self, started: asyncio.Future[Reply], body: AsyncIterator[bytes], chunked: bool
    ) -> Reply:
        sender = self._sender = self._loop.create_task(self._send(body, chunked))
        try:
            await asyncio.wait((sender, started), return_when=asyncio.FIRST_COMPLETED)
            if sender.done():
                await sender  # raises what the reading of the body raised
            reply = await started
            if reply.status < 300:  # an early refusal ends the sending, an early success does not
                await sender
            return reply
        finally:
            if not sender.done():
                await _cancelled(sender)

    async def _send(self, body: AsyncIterator[bytes], chunked: bool) -> None:
        async for piece in body:
            if self._transport is None:
                return
            self._transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            self._since = monotonic()
            if self._writable is not None:
                await self._writable
        if chunked and self._transport is not None:
            self._transport.write(b"0\r\n\r\n")

    # The answer.

    def taken_whole(self) -> bytes | None:
        """The body if it has come to its end, which ends this exchange."""
        if not self._complete or self._failure is not None:
            return None
        body = b"".join(self._pieces)
        self._pieces.clear()
        self.finish()
        return body

    async def piece(self) -> bytes:
        """The next of the body; empty at its end."""
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self._complete:
                return b""
            self._waiting = self._loop.create_future()
            await self._waiting
        piece = self._pieces.popleft()
        self._size -= len(piece)
        if self._paused and self._size < _LOW and self._transport is not None:
            self._paused = False
            self._since = monotonic()
            self._transport.resume_reading()
        return piece

    def finish(self) -> None:
        """The exchange is over: keep the connection if nothing is left on it, else close it."""
        if not self._busy:
            return
        self._busy = False
        self._unwatch()
        if self._complete and self._failure is None and self._transport is not None and self._keeps_open():
            self._since = monotonic()
            self._pool._release(self)
        else:
            self.abort()

    def _keeps_open(self) -> bool:
        return self._keeps and (self._sender is None or self._sender.done())

    def abort(self) -> None:
        """Close at once."""
        self._unwatch()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set_result(None)
            self._writable = None

    def data_received(self, data: bytes) -> None:
        self._since = monotonic()
        if self._started is None or self._complete:
            self.abort()  # nothing was asked, or more is told than was asked
            return
        if not self._started.done():
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._fail(BadGateway("The upstream of this service does not answer in HTTP."))
        else:
            if self._head_size > _LONGEST_HEAD and not self._started.done():
                self._fail(BadGateway("The upstream of this service answers with a head that is too long."))
            elif self._complete and self._started.done():
                self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._writable is not None:
            self.resume_writing()
        if self._started is None or self._complete:
            return
        if self._started.done() and not self._sized and error is None:
            self._complete = True  # an answer without length ends with its connection
            self._wake()
        elif not self._started.done() and not self._head_size:
            self._fail(_Lost())
        else:
            self._fail(BadGateway("The upstream of this service broke off."))

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self._headers = []
            return
        self._sized = any(name in (b"content-length", b"transfer-encoding") for name, _ in self._headers)
        self._keeps = self._parser.should_keep_alive()
        if self._is_head:  # the parser waits for a body that does not come
            self._complete = True
        if self._started is not None and not self._started.done():
            self._started.set_result(Reply(self, status, self._headers))

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)
        self._size += len(body)
        if self._size > _HIGH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        if self._started is not None and self._started.done():
            self._complete = True

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, failure: Exception) -> None:
        self._failure = failure
        if self._started is not None and not self._started.done():
            self._started.set_exception(failure)
        self._wake()
        self.abort()

    # Silence.

    def _watch(self) -> None:
        self._since = monotonic()
        self._silence = self._loop.call_later(self._seconds, self._listen)

    def _listen(self) -> None:
        """Give up an upstream from which nothing has come for too long, unless it is the client who is slow."""
        left = self._since + self._seconds - monotonic()
        sending = self._sender is not None and not self._sender.done()
        if self._paused or (sending and self._writable is None):
            self._silence = self._loop.call_later(self._seconds, self._listen)
        elif left > 0:
            self._silence = self._loop.call_later(left, self._listen)
        else:
            self._fail(GatewayTimeout("The upstream of this service took too long to answer."))

    def _unwatch(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
