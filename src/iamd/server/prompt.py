"""Short requests, answered as soon as they are complete, without a task of their own.

uvicorn starts a task for every request when its headers are there, which takes longer than to decide and answer most of
them. So a POST to `/`, where all calls of the Query and JSON protocols go, and a request to an upstream are kept until
their bodies are complete. Those that came in together are then answered one after the other, or sent to their upstreams;
one that has to wait for something, a long one and whatever is unusual goes uvicorn's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote

import structlog
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from iamd.gateway.answer import Answer as UpstreamsAnswer
from iamd.server import asgi
from iamd.server.crowd import Crowd
from iamd.server.gate import Gate, forwarded
from iamd.server.protocol import LimitedHttp
from iamd.server.relaying import Relaying
from iamd.server.whole import Headers, whole
from iamd.wire.http import Answer

_SHORT = 65_536  # bytes of a body

log = structlog.get_logger("iamd")


class Reception(Protocol):
    """Who answers."""

    def gate_for(self, scope: MutableMapping[str, Any]) -> Gate | None:
        """Who sends this request to an upstream, if it is for one."""
        ...

    def answer(
        self, headers: Headers, body: bytes, peer: str, secure: bool, arrived: float
    ) -> Answer | Awaitable[Answer]:
        """The answer to a POST to `/`, or what is to be awaited for it."""
        ...


def prompt(
    header_bytes: int, seconds: float, reception: Reception, crowd: Crowd | None = None
) -> type[asyncio.Protocol]:
    """A protocol class with the limits of `protocol.limited`, and of a crowd."""

    class Prompt(_PromptHttp):
        max_header_bytes = header_bytes
        max_seconds = seconds
        received_by = reception
        together = _Together()
        all_open = crowd or Crowd()

    return Prompt


class _Together:
    """The requests that are complete and not answered: those that came in until the loop has its next turn."""

    def __init__(self) -> None:
        self._answers: list[Callable[[], None]] = []

    def add(self, answer: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        if not self._answers:
            loop.call_soon(self._run)
        self._answers.append(answer)

    def _run(self) -> None:
        answers, self._answers = self._answers, []
        for answer in answers:
            answer()


class _PromptHttp(LimitedHttp):
    received_by: ClassVar[Reception]
    together: ClassVar[_Together]
    all_open: ClassVar[Crowd]

    def connection_made(self, transport: Any) -> None:
        self._body: list[bytes] | None = None  # its pieces so far, of a request that is kept
        self._size = 0  # theirs
        self._complete = False  # what is kept can be answered
        self._gate: Gate | None = None  # who sends it to an upstream
        self._relaying: Relaying | None = None  # the answer of an upstream that is on its way
        super().connection_made(transport)
        self._place = self.all_open.place(self.client[0]) if self.client else None
        if self._place is not None and not self.all_open.enter(self._place):
            self._joined.abort()

    def begin_exchange(self) -> None:
        """Keep the request, if it is of the usual kind, else let uvicorn begin."""
        parser, url = self.parser, self.url
        if (
            parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and url.startswith(b"/")
            and not (self.expect_100_continue or self.is_answering or url.startswith(b"//") or b"#" in url)
        ):
            scope: Any = self.scope
            scope["method"] = parser.get_method().decode("ascii")
            scope["raw_path"], _, scope["query_string"] = url.partition(b"?")
            self._gate = self.received_by.gate_for(scope)
            if self._gate is not None or (url == b"/" and scope["method"] == "POST"):
                self._body, self._size = [], 0
                return
        super().begin_exchange()

    @property
    def is_answering(self) -> bool:
        """Whether there is a request of which the answer is still to come."""
        cycle = self.cycle
        return self._complete or (cycle is not None and not cycle.response_complete)

    def on_body(self, body: bytes) -> None:
        if self._body is None:
            super().on_body(body)
            return
        self._behind = 0
        self._body.append(body)
        self._size += len(body)
        if self._size > _SHORT:
            self._give_to(self.app, self._body, more=True)

    def end_exchange(self) -> None:
        if self._body is None:
            super().end_exchange()
        else:
            self._complete = True
            self.together.add(self._answer, self.loop)

    def on_message_begin(self) -> None:
        if self._complete:  # the client has sent the next one without waiting
            self._answer()
        super().on_message_begin()

    def shutdown(self) -> None:
        """As uvicorn's: what has begun is finished."""
        if self._complete:
            self._answer()
        elif self._body is not None:
            self._give_to(self.app, self._body, more=True)
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._body, self._complete = None, False
        if self._place is not None:
            self.all_open.leave(self._place)
        is_awaited = self._relaying is not None and self._relaying.leave()
        super().connection_lost(exc)
        if is_awaited:
            self.connections.add(self)  # so that a server that stops waits for what is still to be recorded

    def _answer(self) -> None:
        """Answer what is kept, unless that was done already, or the client has left."""
        body, kept = self._body, self._complete
        if body is None or not kept:
            return
        self._body, self._complete = None, False
        scope: Any = self.scope
        try:
            if self._gate is not None:
                self._forward(self._gate, scope, b"".join(body))
                return
            peer, secure = self.client[0] if self.client else "", self.scheme == "https"
            self._send(self.received_by.answer(scope["headers"], b"".join(body), peer, secure, scope["iamd.arrived"]))
        except Exception:  # those that came in with it are still to be answered
            log.error("a request was not answered", exc_info=True)
            self._refuse(b"500 Internal Server Error")

    def _send(self, answer: Answer | Awaitable[Answer]) -> None:
        """Send the answer now, if it is there and nothing stands against it."""
        if isinstance(answer, Answer) and not (self.flow.write_paused or self.transport.is_closing()):
            written = whole(answer, self.server_state.default_headers)
            if written is not None:
                self._joined.send(written)
                self.on_response_complete()
                return
        self._give_to(_sending(answer), [], more=False)

    def _forward(self, gate: Gate, scope: Any, body: bytes) -> None:
        """Send the request to its upstream, or answer it now."""
        if self.transport.is_closing():  # what came behind it was refused
            self._give_to(self.app, [body], more=False)
            self.cycle.disconnected = True
            return

        relaying = Relaying(
            scope, self._joined, self.flow, self.server_state.default_headers, self._take_over, self._relayed
        )
        self._relaying = relaying
        stand_in: Any = relaying
        self.cycle = stand_in
        relaying.follow(gate.forward(scope, body, relaying))

    def _take_over(self, relaying: Any, answer: UpstreamsAnswer | Awaitable[UpstreamsAnswer]) -> None:
        """Let an answer of an upstream go uvicorn's way."""
        self._relaying = None
        cycle = self._new_cycle(relaying.scope)
        cycle.keep_alive, cycle.disconnected, cycle.more_body = relaying.keep_alive, relaying.gone, False
        if self.cycle is relaying:  # the client has not sent the next request yet
            self.cycle = cycle
        app: Any = forwarded(answer, relaying.started)
        self._start_asgi_task(cycle, app)

    def _relayed(self) -> None:
        relaying, self._relaying = self._relaying, None
        if relaying is not None and relaying.gone:
            self.connections.discard(self)
        else:
            self.on_response_complete()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._relaying is not None:
            self._relaying.resume()

    def _give_to(self, app: Any, body: list[bytes], *, more: bool) -> None:
        """Go uvicorn's way from here: with a task, in which that application answers."""
        self._body = None
        cycle = self.cycle = self._new_cycle(self.scope)
        cycle.body += b"".join(body)
        cycle.more_body = more
        cycle.message_event.set()  # there is something to be received
        self._start_asgi_task(cycle, app)

    def _new_cycle(self, scope: Any) -> RequestResponseCycle:
        scope["path"] = unquote(scope["raw_path"].decode("ascii"))
        return RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )


def _sending(answer: Answer | Awaitable[Answer]) -> Any:
    """An ASGI application that sends that answer."""

    async def application(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        await asgi.send(answer if isinstance(answer, Answer) else await answer, send)

    return application
