"""uvicorn's way: an application answers a request in a task of its own."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any
from urllib.parse import unquote

from httptools import parse_url
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, service_unavailable
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from iamd.server.channel import Channel
from iamd.server.timers import Timers
from iamd.server.whole import Headers

_cycle: Any = RequestResponseCycle  # its transport and its flow are a Channel
_ERRORS, _ACCESS = logging.getLogger("uvicorn.error"), logging.getLogger("uvicorn.access")


class Tasks:
    """The requests of one connection that go this way. `place` are the items of a scope that are the same for all; `config`
    and `state` are uvicorn's."""

    def __init__(
        self, config: Any, state: Any, loop: Any, channel: Channel, timers: Timers, place: dict[str, Any]
    ) -> None:
        self.app: Any = config.loaded_app
        self.cycle: Any = None  # of the request that came last this way
        self.queued: deque[Any] = deque()  # cycles of requests that were sent without waiting
        self._refusal = b""  # what comes when all is answered, and ends the connection
        self._limit: int | None = config.limit_concurrency
        self._state = state
        self._loop = loop
        self._channel = channel
        self._timers = timers
        self._place = place
        self._scope: dict[str, Any] = {}  # of `cycle`

    def is_answering(self) -> bool:
        """Whether there is a request of which the answer is still to come."""
        return self.cycle is not None and not self.cycle.response_complete

    def scope_of(
        self, method: str, path: bytes, query: bytes, headers: Headers, version: str = "1.1"
    ) -> dict[str, Any]:
        """A request as ASGI has it. https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope"""
        return {
            **self._place,
            "type": "http",
            "http_version": version,
            "method": method,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "iamd.unhurried": self._timers.stop_watching,
        }

    def begin(
        self, method: str, url: bytes, headers: Headers, version: str, keeps: bool, expects: bool, waits: bool
    ) -> None:
        """Start with a request whose body is still to come, or keep it back while one before it `waits` for its answer.
        Raises httptools.HttpParserInvalidURLError."""
        parsed = parse_url(url)
        scope = self.scope_of(method, parsed.path, parsed.query or b"", headers, version)
        app, limit = self.app, self._limit
        if limit is not None and (len(self._state.connections) >= limit or len(self._state.tasks) >= limit):
            app = service_unavailable
        cycle = self.cycle_of(scope, expects=expects, keeps=keeps and version != "1.0")
        self.cycle, self._scope = cycle, scope
        if waits:
            self._channel.pause_reading()
            self.queued.appendleft((cycle, app))
        else:
            self.start(cycle, app)

    def cycle_of(self, scope: dict[str, Any], *, expects: bool = False, keeps: bool = True) -> Any:
        """uvicorn's state of a request, and of its answer."""
        return _cycle(
            scope=scope,
            transport=self._channel,
            flow=self._channel,
            logger=_ERRORS,
            access_logger=_ACCESS,
            access_log=_ACCESS.hasHandlers(),
            default_headers=self._state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=expects,
            keep_alive=keeps,
            on_response=self.answered,
        )

    def give(self, scope: dict[str, Any], app: Any, body: bytes, *, more: bool) -> None:
        """Have that application answer a request of which the head and so much of the body have come."""
        cycle = self.cycle_of(scope)
        cycle.body += body
        cycle.more_body = more
        cycle.message_event.set()  # there is something to be received
        self.cycle, self._scope = cycle, scope
        self.start(cycle, app)

    def start(self, cycle: Any, app: Any) -> None:
        """Have that application answer."""
        task = self._loop.create_task(cycle.run_asgi(app))
        task.add_done_callback(self._state.tasks.discard)
        self._state.tasks.add(task)

    def body(self, body: bytes) -> None:
        """Some of the body has come."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self._channel.pause_reading()
        cycle.message_event.set()

    def end(self, arrived: float) -> None:
        """The request is complete."""
        self._scope["iamd.arrived"] = arrived
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.more_body = False
        cycle.message_event.set()

    def refuse_next(self, status: bytes) -> None:
        """Refuse what came behind the requests that are there, when they are answered."""
        self._refusal = status
        self._channel.pause_reading()

    def refuse_last(self, status: bytes) -> None:
        """Refuse the last of these requests, whose body is wrong; of an answer that it has got already, nothing is left
        but to end it."""
        if self.queued and self.queued[0][0] is self.cycle:
            self.queued.popleft()
            self.refuse_next(status)
        elif self.cycle.response_started:
            self._channel.close()
        else:
            self._channel.refuse(status)

    def answered(self) -> None:
        """A request of this connection was answered, in whatever way: go on with the next."""
        channel = self._channel
        channel.flush()
        if channel.is_closing():
            return
        if not self._refusal:
            channel.resume_reading()
        if self.queued:
            cycle, app = self.queued.pop()
            self.start(cycle, app)
        elif self._refusal:
            channel.refuse(self._refusal)
        else:
            self._timers.idle()

    def lost(self) -> None:
        """The client has left."""
        cycle = self.cycle
        if cycle is not None:
            if not cycle.response_complete:
                cycle.disconnected = True
            cycle.message_event.set()
