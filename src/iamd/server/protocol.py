"""uvicorn's HTTP protocol with limits on what a client may send, and how long it may take, for one request."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from iamd.audit.ids import new_uuid
from iamd.server.joined import JoinedWrites

_TOO_LONG = b"431 Request Header Fields Too Large"


def limited(header_bytes: int, seconds: float) -> type[asyncio.Protocol]:
    """A protocol class that refuses requests whose first line and headers are longer than that, and closes
    connections on which a request has not arrived completely after `seconds`."""

    class Limited(LimitedHttp):
        max_header_bytes = header_bytes
        max_seconds = seconds

    return Limited


class TooLarge(Exception):
    """The body is larger than the server takes."""


class Gone(Exception):
    """The client left before its request was complete."""


class LimitedHttp(HttpToolsProtocol):
    max_header_bytes: ClassVar[int]
    max_seconds: ClassVar[float]

    def connection_made(self, transport: Any) -> None:
        self._piece = 0  # bytes of what came last
        self._received = 0  # bytes of the pieces that hold the request's first line and headers: at least theirs
        self._shared = 0  # of these, those of the first piece if another request came in it, too
        self._alone = True  # no other one has come in the piece that came last
        self._behind = 0  # of those behind the headers that brought nothing of the body: chunks' sizes, a trailer
        self._begun = False  # there is a part of a request
        self._upgrades = False  # the request asks for another protocol, too
        self._watches = True
        self._in_headers = True
        self._deadline: asyncio.TimerHandle | None = None
        self._idle_since: float | None = None
        self._joined = JoinedWrites(transport)
        super().connection_made(self._joined)  # type: ignore[arg-type]
        self._watch()

    def data_received(self, data: bytes) -> None:
        self._piece, self._alone = len(data), not self._begun
        self._received += self._piece
        self._behind += self._piece
        self._idle_since = None
        self._parse(data)
        counted = self._received - self._shared if self._in_headers else self._behind
        if self._begun and counted > self.max_header_bytes:
            self._refuse(_TOO_LONG)
        if self._begun or not self.is_answering:
            self._watch()

    def _parse(self, data: bytes) -> None:
        """Take in what came. No other protocol can be had, and a request for one is taken as what it is besides; the
        parser takes it for a request without a body, though, and the body for the next request.
        https://www.rfc-editor.org/rfc/rfc9110#section-7.8
        """
        rest: bytes | memoryview = data
        try:
            while rest:
                try:
                    self.parser.feed_data(rest)
                    return
                except httptools.HttpParserUpgrade as upgrade:
                    rest = memoryview(rest)[upgrade.args[0] :]
                    self._start_over()
        except httptools.HttpParserError:
            self.send_400_response("")

    def _start_over(self) -> None:
        """Parse the request line and the headers again, without what asks for another protocol."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        closes = not self.parser.should_keep_alive()
        lines = [method + b" " + self.url + b" HTTP/" + version]
        lines += [name + b": " + value for name, value in self.headers if name != b"connection"]
        lines += [b"connection: close"] * closes
        self._upgrades = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self.parser.feed_data(b"\r\n".join(lines) + b"\r\n\r\n")

    @property
    def is_answering(self) -> bool:
        """Whether there is a request of which the answer is still to come."""
        return self.cycle is not None and not self.cycle.response_complete

    def on_message_begin(self) -> None:
        self._begun = self._in_headers = True
        self._received = self._piece
        self._shared, self._alone = 0 if self._alone else self._piece, False
        self._idle_since = None
        super().on_message_begin()
        scope: Any = self.scope
        scope["iamd.unhurried"] = self._stop_watching

    def on_headers_complete(self) -> None:
        if self._received > self.max_header_bytes and self._header_bytes() > self.max_header_bytes:
            # Ends the parsing, so that what was refused is not executed; the parser's error is answered below.
            raise ValueError("the request line and the headers are too long")
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise ValueError("this is no proxy")
            self._upgrades = True
            return
        self._in_headers = False
        self._behind = 0
        self.begin_exchange()
        # What follows a body in chunks, its trailer, is kept apart and dropped: proxies pass it on as the client sent it,
        # so it must not add to what they vouch for. https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1
        self.headers = []

    def begin_exchange(self) -> None:
        """The headers are there, the body is still to come."""
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._behind = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._upgrades:
            return  # it starts over
        self._begun, self._watches = False, True
        self._unwatch()
        scope: Any = self.scope
        scope["iamd.arrived"] = perf_counter()
        self.end_exchange()

    def end_exchange(self) -> None:
        """The request is complete."""
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """As uvicorn's, but that its timer for idle connections is not set anew for every request."""
        self._joined.flush()
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._end_idleness(self._idle_since)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _end_idleness(self, since: float) -> None:
        """Come back when the connection will have been idle since then for as long as it may."""
        due = since + self.timeout_keep_alive
        self.timeout_keep_alive_task = self.loop.call_at(due, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, unless there was a request meanwhile."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # a request is under way: its answer sets the timer
        if self.loop.time() - self._idle_since >= self.timeout_keep_alive:
            super().timeout_keep_alive_handler()
        else:
            self._end_idleness(self._idle_since)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def shutdown(self) -> None:
        """As uvicorn's; but a client that keeps an idle connection of TLS need not say goodbye, too, which some never do."""
        super().shutdown()
        if self.scheme == "https" and not self.is_answering and self.transport.get_write_buffer_size() == 0:
            self._joined.abort()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser or a limit has refused."""
        self._refuse(_TOO_LONG if self._header_bytes() > self.max_header_bytes else b"400 Bad Request")

    def _header_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _watch(self) -> None:
        """Start the clock for a request that did not come in one piece, and for one that does not come at all."""
        if self._watches and self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.max_seconds, self._give_up)

    def _stop_watching(self) -> None:
        """Let the rest of this request take its time: whoever reads it has limits of his own."""
        self._watches = False
        self._unwatch()

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._begun:
            self._refuse(b"408 Request Timeout")
        else:
            self.transport.close()

    def _refuse(self, status: bytes) -> None:
        """Answer and close. The client sees no AWS error, since no request has been understood."""
        if self.transport.is_closing():
            return
        headers = [*self.server_state.default_headers, (b"x-amzn-requestid", new_uuid().encode())]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(
            b"HTTP/1.1 " + status + b"\r\n" + lines + b"content-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.close()
