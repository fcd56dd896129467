"""HTTP/1.1 with a client: what asyncio and httptools tell, put together to requests within limits.

As uvicorn's HttpToolsProtocol, whose place it takes, but a plain class, so that it can be compiled, and with limits on what
a client may send, and how long it may take, for one request. What becomes of the requests is in `prompt` and `tasks`.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl

from iamd.server.channel import Channel
from iamd.server.header_names import CONNECTION, EXPECT, PROXY_CONNECTION, known
from iamd.server.prompt import Prompt
from iamd.server.taking import Taking
from iamd.server.tasks import Tasks
from iamd.server.timers import Timers
from iamd.server.whole import Headers

if TYPE_CHECKING:
    from iamd.server.front import Front

_LATE: Final = b"408 Request Timeout"
_TOO_LONG: Final = b"431 Request Header Fields Too Large"
_METHODS: Final = {name.encode(): name for name in ("GET", "PUT", "POST", "HEAD", "DELETE")}


class HttpProtocol:
    """One connection of a client; `config` and `state` are of uvicorn's server, which it is told by `shutdown` that it
    stops."""

    def __init__(self, front: Front, config: Any, state: Any, loop: Any) -> None:
        self._front = front
        self._max = front.header_bytes
        self._config = config
        self._state = state
        self._loop = loop
        self._place: str | None = None  # with whose connections it is counted
        self._parser: Any = None
        # The request that comes in:
        self._url = b""
        self._headers: Headers = []
        self._expects = False  # its client waits for a word before it sends the body
        self._asks = False  # it says something on the connection
        self._upgrades = False  # it asks for another protocol, too
        self._in_headers = True
        self._piece = 0  # bytes of what came last
        self._received = 0  # bytes of the pieces that hold the request's first line and headers: at least theirs
        self._shared = 0  # of these, those of the first piece if another request came in it, too
        self._refused = False  # what came is not taken any more
        self._alone = True  # no other one has come in the piece that came last
        self._behind = 0  # of those behind the headers that brought nothing of the body: chunks' sizes, a trailer

    # What asyncio calls.

    def connection_made(self, transport: Any) -> None:
        """It is open."""
        front, config, state, loop = self._front, self._config, self._state, self._loop
        client, self._secure = get_remote_addr(transport), is_ssl(transport)
        place = {
            "asgi": {"version": config.asgi_version, "spec_version": "2.3"},
            "server": get_local_addr(transport),
            "client": client,
            "scheme": "https" if self._secure else "http",
            "root_path": "",
        }
        self._taking = Taking(transport, loop, front.seconds)
        channel = self._channel = Channel(transport, state, self._taking)
        timers = self._timers = Timers(channel, loop, front.seconds, config.timeout_keep_alive)
        tasks = Tasks(config, state, loop, channel, timers, place)
        self._prompt = Prompt(front, state, loop, channel, tasks, client[0] if client else "", self._secure)
        self._parse_from_here()
        state.connections.add(self)
        timers.watch(self._give_up)
        if client:
            self._place = front.crowd.place(client[0])
        if self._place is not None and not front.crowd.enter(self._place):
            channel.abort()

    def data_received(self, data: bytes) -> None:
        """Some of a request, or of several."""
        if self._refused:
            return
        timers = self._timers
        piece = len(data)
        self._piece, self._alone = piece, not timers.begun
        self._received += piece
        self._behind += piece
        timers.busy()
        self._parse(data)
        if timers.begun:
            if (self._received - self._shared if self._in_headers else self._behind) > self._max:
                self._refuse(_TOO_LONG)
            timers.watch(self._give_up)
        elif not self._prompt.is_answering():
            timers.watch(self._give_up)

    def eof_received(self) -> None:
        """Nothing more comes."""

    def pause_writing(self) -> None:
        """The client is slow."""
        self._channel.pause_writing()

    def resume_writing(self) -> None:
        """It takes more."""
        self._channel.resume_writing()
        self._prompt.resume()

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed."""
        if self._place is not None:
            self._front.crowd.leave(self._place)
        connections = self._state.connections
        connections.discard(self)
        if self._prompt.lost(self._forget):
            connections.add(self)  # so that a server that stops waits for what is still to be recorded
        self._channel.resume_writing()
        self._taking.stop()
        self._timers.stop()
        self._parser = None

    def _forget(self) -> None:
        self._state.connections.discard(self)

    def shutdown(self) -> None:
        """The server stops: what has begun is finished. A client that keeps an idle connection of TLS need not say goodbye,
        too, which some never do."""
        self._prompt.shut_down()
        if self._secure and not self._prompt.is_answering() and not self._channel.has_more_to_send():
            self._channel.abort()

    # What the parser calls.

    def _parse_from_here(self) -> None:
        self._parser = HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # so that what came before is answered

    def _parse(self, data: bytes) -> None:
        """Take in what came. No other protocol can be had, and a request for one is taken as what it is besides; the
        parser takes it for a request without a body, though, and the body for the next request.
        https://www.rfc-editor.org/rfc/rfc9110#section-7.8
        """
        rest: Any = data
        try:
            while rest:
                try:
                    self._parser.feed_data(rest)
                    return
                except HttpParserUpgrade as upgrade:
                    rest = memoryview(rest)[upgrade.args[0] :]
                    self._start_over()
        except HttpParserError:
            self._refuse(_TOO_LONG if self._header_bytes() > self._max else b"400 Bad Request")

    def _refuse(self, status: bytes) -> None:
        """What came last ends the connection: with this refusal, when all that came before is answered. Only once: what was
        to be refused has left its place, and a second refusal would stand in another's answer."""
        if self._refused:
            return
        self._refused = True
        self._prompt.refuse(status, self._timers.begun and not self._in_headers)

    def _give_up(self) -> None:
        """Nothing came for too long, or not all of a request."""
        if self._timers.begun:
            self._refuse(_LATE)
        else:
            self._channel.close()

    def _start_over(self) -> None:
        """Parse the request line and the headers again, without what asks for another protocol; the parser takes either
        header for it."""
        parser = self._parser
        first = parser.get_method() + b" " + self._url + b" HTTP/" + parser.get_http_version().encode()
        asking = (CONNECTION, PROXY_CONNECTION)
        lines = [first, *[name + b": " + value for name, value in self._headers if name not in asking]]
        if not parser.should_keep_alive():
            lines.append(b"connection: close")
        self._upgrades = False
        self._parse_from_here()
        self._parser.feed_data(b"\r\n".join(lines) + b"\r\n\r\n")

    def on_message_begin(self) -> None:
        """Another request."""
        if self._prompt.complete:  # the client has sent it without waiting
            self._prompt.answer()
        self._url = b""
        self._headers = []
        self._expects = self._asks = False
        self._timers.begun = self._in_headers = True
        self._received = self._piece
        self._shared, self._alone = 0 if self._alone else self._piece, False
        self._timers.busy()

    def on_url(self, url: bytes) -> None:
        """Some of the request's target."""
        self._url = self._url + url if self._url else url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or one behind the body."""
        lower = known(name)
        if lower is EXPECT:
            self._expects = self._expects or value.lower() == b"100-continue"
        elif lower is CONNECTION or lower is PROXY_CONNECTION:
            self._asks = True
        self._headers.append((lower, value))

    def on_headers_complete(self) -> None:
        """The head is there."""
        if self._received > self._max and self._header_bytes() > self._max:
            # Ends the parsing, so that what was refused is not executed; the parser's error is answered above.
            raise ValueError("the request line and the headers are too long")
        parser = self._parser
        method: bytes = parser.get_method()
        if parser.should_upgrade():
            if method == b"CONNECT":
                raise ValueError("this is no proxy")
            self._upgrades = True
            return
        keeps: bool = parser.should_keep_alive()
        # Of other versions, those connections are kept only whose clients ask for it; and the parser formats what it tells.
        version: str = "1.1" if keeps and not self._asks else parser.get_http_version()
        headers = self._headers
        # What follows a body in chunks, its trailer, is kept apart and dropped: proxies pass it on as the client sent it,
        # so it must not add to what they vouch for. https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1
        self._headers = []
        name = _METHODS.get(method)
        self._prompt.begin(name or method.decode("ascii"), self._url, headers, version, keeps, self._expects)
        self._in_headers, self._behind = False, 0

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._behind = 0
        self._prompt.body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._upgrades:
            return  # it starts over
        self._timers.arrived()
        self._prompt.end(perf_counter())

    def _header_bytes(self) -> int:
        return len(self._url) + sum([len(name) + len(value) for name, value in self._headers])
