"""One connection to an upstream: what asyncio and httptools tell it, put together to answers.

A plain class, so that it can be compiled; who waits for it is in `connections`, who is told at once in `relay`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from ssl import SSLContext
from time import monotonic
from typing import Any, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from iamd.gateway.origins import Origin
from iamd.gateway.outbound import Headers
from iamd.wire.gateway_errors import BadGateway, GatewayTimeout, Lost

_HIGH: Final = 256 << 10  # bytes that wait for their reader
_LOW: Final = 64 << 10
_LONGEST_HEAD: Final = 64 << 10
_HIGHEST: Final = 599  # https://www.rfc-editor.org/rfc/rfc9110#section-15

_now: Final = monotonic  # as a constant of the compiled module it is not looked up
_LOWER: Final[dict[bytes, bytes]] = {}  # names of headers, which are few, in lower case
_MOST_NAMES: Final = 1024


def _lower(name: bytes) -> bytes:
    lower = name.lower()
    if len(_LOWER) < _MOST_NAMES:
        _LOWER[name] = lower
    return lower


class Connection:
    """One connection, on which one request after another is made; silence for `seconds` ends it. `released` is told
    when it is free for the next request. `context` secures it."""

    def __init__(
        self, origin: Origin, context: SSLContext | None, seconds: float, released: Callable[[Connection], None]
    ) -> None:
        self.origin = origin
        self.context = context
        self.status = 0
        self.headers: Headers = []
        self.writable: asyncio.Future[None] | None = None  # to be waited for while the upstream is slow
        self.sending = False  # a body is on its way, at the pace of the client
        self._seconds = seconds
        self._released = released
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._since = _now()
        self._silence: asyncio.TimerHandle | None = None
        self._parser: Any = None
        self._busy = False
        self._is_head = False
        self._pieces: deque[bytes] = deque()
        self._forget()

    def _forget(self) -> None:
        """Nothing is known of an answer."""
        self.status = 0
        self.headers = []
        self._head_size = 0
        self._news: Callable[[], None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._waiting: asyncio.Future[None] | None = None
        if self._pieces:
            self._pieces = deque()
        self._size = 0
        self._paused = False
        self._sized = False
        self._keeps = False
        self._complete = False
        self._surplus = False
        self.has_length = False  # the answer says how long its body is
        self.failure: Exception | None = None  # what went wrong

    # The request.

    def usable(self, seconds: float) -> bool:
        """Whether it is open and has not been idle for longer than that."""
        return self._transport is not None and _now() - self._since < seconds

    def begin(self, data: bytes, is_head: bool) -> asyncio.Future[None]:
        """Send the beginning of a request; done when status and headers of its answer are there. It raises Lost when
        there was nothing of it."""
        self._begin(data, is_head)
        started: asyncio.Future[None] = self._loop.create_future()
        self._started = started
        return started

    def ask(self, data: bytes, is_head: bool, news: Callable[[], None]) -> None:
        """Send a whole request. `news` is called whenever there is more of the answer, or none to come; first when its
        status is there, or what went wrong: see `failure`. Raises Lost."""
        self._begin(data, is_head)
        self._news = news

    def detach(self) -> None:
        """Call nobody any more: the rest of the answer is waited for."""
        self._news = None

    def _begin(self, data: bytes, is_head: bool) -> None:
        if self._transport is None:
            raise Lost
        if self._parser is None or self._is_head:  # one that waits for the body after a HEAD is of no use any more
            self._parser = HttpResponseParser(self)
        self._forget()
        self._is_head = is_head
        self._busy = True
        self._since = _now()
        if self._silence is None:
            self._silence = self._loop.call_later(self._seconds, self._listen)
        self._transport.write(data)

    def write(self, data: bytes) -> bool:
        """Send more of the request; false when the connection is gone."""
        if self._transport is None:
            return False
        self._transport.write(data)
        self._since = _now()
        return True

    # The answer.

    def take_whole(self) -> bytes | None:
        """The body if it has come to its end, which ends this exchange."""
        if not self._complete or self.failure is not None:
            return None
        if len(self._pieces) == 1:
            body = self._pieces.popleft()
        else:
            body = b"".join(self._pieces)
            self._pieces.clear()
        self._size = 0
        self._flow()
        self.finish()
        return body

    def take(self) -> bytes | None:
        """The next of the body, empty at its end; None when there is nothing yet. Raises what went wrong."""
        if not self._pieces:
            if self.failure is not None:
                raise self.failure
            return b"" if self._complete else None
        piece = self._pieces.popleft()
        self._size -= len(piece)
        self._flow()
        return piece

    def _flow(self) -> None:
        """Let the upstream go on when most of what waits has been taken."""
        if self._paused and self._size < _LOW and self._transport is not None:
            self._paused = False
            self._since = _now()
            self._transport.resume_reading()

    def more(self) -> asyncio.Future[None]:
        """Done when there is something to take."""
        waiting: asyncio.Future[None] = self._loop.create_future()
        self._waiting = waiting
        return waiting

    def finish(self) -> None:
        """The exchange is over: keep the connection if nothing is left on it, else close it."""
        if not self._busy:
            return
        self._busy, self._news = False, None
        whole = self._complete and self.failure is None and not self.sending
        if whole and self._keeps and self._transport is not None:
            self._since = _now()
            self._released(self)
        else:
            self.abort()

    def abort(self) -> None:
        """Close at once; nobody waits for an answer any more."""
        if self._started is not None and not self._started.done():
            self._started.cancel()
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    # What asyncio calls.

    def connection_made(self, transport: Any) -> None:
        """It is open."""
        self._transport = transport

    def pause_writing(self) -> None:
        """The upstream is slow."""
        self.writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """It takes more."""
        if self.writable is not None:
            self.writable.set_result(None)
            self.writable = None

    def data_received(self, data: bytes) -> None:
        """Some of an answer."""
        self._since = _now()
        if not self._busy or self._complete:
            self.abort()  # nothing was asked, or more is told than was asked
            return
        if self.status == 0:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self._fail(BadGateway("The upstream of this service does not answer in HTTP."))
            return
        if self._head_size > _LONGEST_HEAD and self.status == 0:
            self._fail(BadGateway("The upstream of this service answers with a head that is too long."))
        elif self._surplus:
            self._fail(BadGateway("The upstream of this service answers more than it was asked."))
        elif self.status:
            self._tell()

    def eof_received(self) -> None:
        """Nothing more comes."""

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed."""
        self._transport = None
        self.resume_writing()
        if not self._busy or self._complete:
            return
        if self.status and not self._sized and error is None:
            self._complete = True  # an answer without length ends with its connection
            self._tell()
        elif not self.status and not self._head_size:
            self._fail(Lost(error))
        else:
            self._fail(BadGateway("The upstream of this service broke off."))

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Another answer, where one is due at most."""
        self._surplus = self._complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        if not self.status:
            self.headers.append((_LOWER.get(name) or _lower(name), value))

    def on_headers_complete(self) -> None:
        """The head is there; one that informs is followed by another."""
        status: int = self._parser.get_status_code()
        if self._surplus:
            return
        if status > _HIGHEST:
            raise ValueError(f"{status} is no status")  # ends the parsing
        if status < 200:
            self.headers = []
            return
        for name, _ in self.headers:
            if name == b"content-length":
                self.has_length = self._sized = True
            elif name == b"transfer-encoding":
                self._sized = True
        self._keeps = self._parser.should_keep_alive()
        self.status = status
        if self._is_head:  # the parser waits for a body that does not come
            self._complete = True

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        if self._is_head:
            self._keeps = False  # the rest of it would be taken for the answer to the next request
        if self._surplus or self._is_head:
            return
        self._pieces.append(body)
        self._size += len(body)
        if self._size > _HIGH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The body is at its end."""
        if self.status:
            self._complete = True

    def _tell(self) -> None:
        """There is more of the answer, or what went wrong."""
        if self._news is not None:
            self._news()
            return
        if self._started is not None and not self._started.done():
            if self.failure is not None:
                self._started.set_exception(self.failure)
            else:
                self._started.set_result(None)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, failure: Exception) -> None:
        self.failure = failure
        self._tell()
        self.abort()

    def _listen(self) -> None:
        """Give up an upstream from which nothing has come for too long, unless it is the client who is slow."""
        self._silence = None
        if not self._busy:
            return  # the next request looks again
        left = self._since + self._seconds - _now()
        if self._paused or self._complete or (self.sending and self.writable is None):
            self._silence = self._loop.call_later(self._seconds, self._listen)
        elif left > 0:
            self._silence = self._loop.call_later(left, self._listen)
        else:
            self._fail(GatewayTimeout("The upstream of this service took too long to answer."))
