"""The answer to a request that is sent to an upstream at once, on its way to the client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from iamd.gateway.answer import Answer
from iamd.gateway.relay import Relay
from iamd.server.joined import JoinedWrites
from iamd.server.telemetry import TALLY
from iamd.server.whole import Headers, head, whole
from iamd.wire import http

BODILESS = frozenset({204, 304})
"""https://www.rfc-editor.org/rfc/rfc9110#section-8.6"""


class _Nobody:
    """Waits for nothing: the request is complete."""

    def set(self) -> None:
        """As of an event."""


_NOBODY = _Nobody()


class Relaying:
    """A `gateway.client.Client`; until the answer is sent, uvicorn's connection has it in place of its own cycle.

    `transport` sends the bytes, and `flow` tells when it is full; `defaults` are headers of every answer. `give` is given
    an answer that goes uvicorn's way, as it is or to be awaited; `over` is called when all was sent, or recorded for a
    client that has gone.

    INVARIANT: when it is over, nothing that it holds leads back to it: what is left in circles fills the memory until the
    collector finds it, which costs a request more than to decide it.
    """

    def __init__(
        self,
        scope: Any,
        transport: JoinedWrites,
        flow: Any,
        defaults: Headers,
        give: Callable[[Relaying, Answer | Awaitable[Answer]], None],
        over: Callable[[], None],
    ) -> None:
        self.scope = scope
        self._is_head = scope["method"] == "HEAD"
        self._transport = transport
        self._flow = flow
        self._defaults = defaults
        self._give = give
        self._over = over
        self._relay: Relay | None = None
        self.started = perf_counter()
        self.gone = False
        # What uvicorn looks at:
        self.response_complete = False
        self.keep_alive = True
        self.disconnected = False
        self.message_event = _NOBODY

    def follow(self, sent: Relay | Answer | Awaitable[Answer]) -> None:
        """What became of the request: it was sent, or answered without that."""
        if isinstance(sent, Relay):
            self._relay = sent
        elif isinstance(sent, Answer):
            self.answer(sent)
        else:
            self.wait_for(sent)

    def resume(self) -> None:
        """The transport takes more."""
        if self._relay is not None:
            self._relay.resume()

    def leave(self) -> bool:
        """The client has left. Whether there will be an answer nevertheless, to be recorded: `over` is called then."""
        self.gone = True
        relay, self._relay = self._relay, None
        return relay is not None and relay.leave()

    def answer(self, answer: Answer) -> None:
        """See `Client`: at once, if nothing stands against it."""
        body = answer.body
        if self.gone:
            self._count(answer)
            self._over()
            return
        written = None
        if isinstance(body, bytes) and not self._flow.write_paused:
            if self._is_head or answer.status in BODILESS:
                written = head(answer.status, answer.headers, self._defaults)
            else:
                written = whole(http.Answer(answer.status, answer.headers, body), self._defaults)
        if written is None:
            self.wait_for(answer)
            return
        self._count(answer)
        self._transport.send(written)
        self.end()

    def wait_for(self, answer: Answer | Awaitable[Answer]) -> None:
        """See `Client`."""
        self._relay = None
        self._give(self, answer)

    def begin(self, answer: Answer) -> bool:
        """See `Client`. Raises ValueError for a header that breaks its line."""
        written = head(answer.status, answer.headers, self._defaults)
        if written is None:
            raise ValueError("a header breaks its line")
        self._count(answer)
        return self.write(written)

    def write(self, piece: bytes) -> bool:
        """See `Client`."""
        self._transport.send(piece)
        return not self._flow.write_paused

    def end(self) -> None:
        """See `Client`."""
        self.response_complete, self._relay = True, None
        if not self.keep_alive:
            self._transport.close()
        self._over()

    def break_off(self) -> None:
        """See `Client`."""
        self.response_complete, self._relay = True, None
        self._transport.close()

    def _count(self, answer: Answer) -> None:
        TALLY.count(answer.service, answer.operation, answer.code, perf_counter() - self.started)
