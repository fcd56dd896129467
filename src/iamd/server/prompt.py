"""Short requests, answered as soon as they are complete, without a task of their own.

uvicorn starts a task for every request when its headers are there, which takes longer than to decide and answer most of
them. So a POST to `/`, where all calls of the Query and JSON protocols go, and a request to an upstream are kept until
their bodies are complete. Those that came in together are then answered one after the other, or sent to their upstreams;
one that has to wait for something, a long one and whatever is unusual goes uvicorn's way (`tasks`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import structlog

from iamd.server.asgi import sending
from iamd.server.channel import Channel
from iamd.server.tasks import Tasks
from iamd.server.whole import Headers, whole
from iamd.wire.http import Answer, HttpRequest

if TYPE_CHECKING:
    from iamd.server.entrance import Entrance
    from iamd.server.front import Front
    from iamd.server.relaying import Relaying

_SHORT: Final = 65_536  # bytes of a body
_SLASH: Final = 47
_HASH: Final = 35

log = structlog.get_logger("iamd")


class Prompt:
    """The requests of one connection, from a `peer`: the last one, and the one whose answer is on its way."""

    def __init__(
        self, front: Front, state: Any, loop: Any, channel: Channel, tasks: Tasks, peer: str, secure: bool
    ) -> None:
        self.channel = channel
        self.complete = False  # the request that came last is kept, and all of it is there
        self.relaying: Relaying | None = None  # the answer of an upstream that is on its way
        # The request that came last:
        self._kept: HttpRequest | None = None  # if it may be answered without a task
        self._pieces: list[bytes] = []  # of its body, if it is kept
        self._size = 0  # theirs
        self._entrance: Entrance | None = None  # what sends it to an upstream
        self._peer = peer
        self._secure = secure
        self._front = front
        self._state = state
        self._loop = loop
        self._tasks = tasks
        self._left: Callable[[], None] | None = None

    def is_answering(self) -> bool:
        """Whether there is a request of which the answer is still to come."""
        return self.complete or self.relaying is not None or self._tasks.is_answering()

    # A request comes in.

    def begin(self, method: str, url: bytes, headers: Headers, version: str, keeps: bool, expects: bool) -> None:
        """The head is there: keep the request, if it is of the usual kind, else let uvicorn begin. Raises
        httptools.HttpParserInvalidURLError."""
        waits = self.is_answering()
        reception = self._front.reception
        if reception is not None and keeps and version == "1.1" and not (expects or waits) and _is_plain(url):
            path, _, query = url.partition(b"?")
            request = HttpRequest(method, path, query, headers, b"", self._peer, self._secure)
            entrance = reception.entrance
            if entrance is not None and not entrance.takes(request):
                entrance = None
            if entrance is not None or (url == b"/" and method == "POST"):
                self._kept, self._entrance, self._size = request, entrance, 0
                return
        self._tasks.begin(method, url, headers, version, keeps, expects, waits)

    def body(self, body: bytes) -> None:
        """Some of the body has come."""
        request = self._kept
        if request is None:
            self._tasks.body(body)
            return
        self._pieces.append(body)
        self._size += len(body)
        if self._size > _SHORT:
            self._give_to(self._tasks.app, request, self._take_body(), more=True)

    def end(self, arrived: float) -> None:
        """The request is complete."""
        request = self._kept
        if request is None:
            self._tasks.end(arrived)
            return
        request.arrived, self.complete = arrived, True
        self._front.answer_soon(self, self._loop)

    def refuse(self, status: bytes, begun: bool) -> None:
        """Refuse what came last, in its turn, and close: a request of which the head was taken (`begun`), or none yet."""
        if begun and self._kept is None:
            self._tasks.refuse_last(status)
        elif self.is_answering():
            self._tasks.refuse_next(status)
        else:
            self.channel.refuse(status)

    def _take_body(self) -> bytes:
        """What has come of the body; the request is not kept any more."""
        self._kept, self.complete = None, False
        if not self._pieces:
            return b""
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    # It is answered.

    def answer(self) -> None:
        """Answer what is complete, unless that was done already, or the client has left."""
        request, reception = self._kept, self._front.reception
        if request is None or reception is None or not self.complete:
            return
        body = self._take_body()
        try:
            if self._entrance is not None:
                self._forward(self._entrance, request, body)
            else:
                request.body = body
                self._send(request, reception.answer(request))
        except Exception:  # those that came in with it are still to be answered
            log.error("a request was not answered", exc_info=True)
            self.channel.refuse(b"500 Internal Server Error")

    def _send(self, request: HttpRequest, answer: Answer | Awaitable[Answer]) -> None:
        """Send the answer now, if it is there and nothing stands against it."""
        if isinstance(answer, Answer) and not (self.channel.write_paused or self.channel.is_closing()):
            written = whole(answer, self._state.default_headers)
            if written is not None:
                self.channel.send(written)
                self._tasks.answered()
                return
        self._give_to(sending(answer), request, b"", more=False)

    def _forward(self, entrance: Entrance, request: HttpRequest, body: bytes) -> None:
        """Send the request to its upstream, or answer it now."""
        if self.channel.is_closing():  # what came behind it was refused
            self._give_to(self._tasks.app, request, body, more=False)
            self._tasks.cycle.disconnected = True
            return
        entrance.forward(self, request, body, self._state.default_headers)

    def _give_to(self, app: Any, request: HttpRequest, body: bytes, *, more: bool) -> None:
        """Go uvicorn's way from here, with what has come of the body."""
        scope = self._tasks.scope_of(request.method, request.path, request.query, request.headers)
        if not more:
            scope["iamd.arrived"] = request.arrived
        self._tasks.give(scope, app, body, more=more)

    # What is on its way from an upstream.

    def take_over(self, relaying: Relaying, app: Any) -> None:
        """Let an answer of an upstream go uvicorn's way."""
        self.relaying = None
        request, tasks = relaying.request, self._tasks
        cycle = tasks.cycle_of(tasks.scope_of(request.method, request.path, request.query, request.headers))
        cycle.keep_alive, cycle.disconnected, cycle.more_body = relaying.keep_alive, relaying.gone, False
        if not tasks.queued:  # the client has not sent the next request yet
            tasks.cycle = cycle
        tasks.start(cycle, app)

    def relayed(self, relaying: Relaying) -> None:
        """All was sent, or recorded for a client that has gone."""
        self.relaying = None
        if not relaying.gone:
            self._tasks.answered()
        elif self._left is not None:
            self._left()
            self._left = None

    def resume(self) -> None:
        """The client takes more."""
        if self.relaying is not None:
            self.relaying.resume()

    # The end.

    def shut_down(self) -> None:
        """The server stops: what has begun is finished."""
        tasks = self._tasks
        if self.complete:
            self.answer()
        elif self._kept is not None:
            self._give_to(tasks.app, self._kept, self._take_body(), more=True)
        if not self.is_answering():
            self.channel.close()
        elif self.relaying is not None and not tasks.queued:
            self.relaying.keep_alive = False
        else:
            tasks.cycle.keep_alive = False

    def lost(self, left: Callable[[], None]) -> bool:
        """The client has left. Whether there is still something to be recorded: `left` is called when that is done."""
        self._kept, self.complete = None, False
        is_awaited = self.relaying is not None and self.relaying.leave()
        if is_awaited:
            self._left = left
        self._tasks.lost()
        return is_awaited


def _is_plain(url: bytes) -> bool:
    """Whether a request's target is a path, and nothing else that it may be."""
    return len(url) > 0 and url[0] == _SLASH and not (len(url) > 1 and url[1] == _SLASH) and _HASH not in url
