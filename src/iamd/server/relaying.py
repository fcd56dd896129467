"""The answer to a request that is sent to an upstream at once, on its way to the client."""

from __future__ import annotations

from collections.abc import Awaitable
from time import perf_counter
from typing import TYPE_CHECKING

from iamd.gateway.answer import Answer
from iamd.gateway.relay import Relay
from iamd.server.forwarded import forwarded
from iamd.server.telemetry import TALLY
from iamd.server.whole import BODILESS, Headers, head, joined
from iamd.wire.http import HttpRequest

if TYPE_CHECKING:
    from iamd.server.prompt import Prompt


class Relaying:
    """A `gateway.client.Client` for a `request`, and what its connection has of it until the answer is sent; `defaults`
    are headers of every answer.

    INVARIANT: when it is over, the connection does not lead to it any more: what is left in circles fills the memory until
    the collector finds it, which costs a request more than to decide it.
    """

    def __init__(self, prompt: Prompt, request: HttpRequest, defaults: Headers) -> None:
        self.request = request
        self.keep_alive = True  # the connection is kept when the answer is sent
        self.gone = False
        self._prompt = prompt
        self._channel = prompt.channel
        self._defaults = defaults
        self._relay: Relay | None = None

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
        """The client has left. Whether there will be an answer nevertheless, to be recorded."""
        self.gone = True
        relay, self._relay = self._relay, None
        return relay is not None and relay.leave()

    def answer(self, answer: Answer) -> None:
        """See `Client`: at once, if nothing stands against it."""
        body = answer.body
        if self.gone:
            self._count(answer)
            self._prompt.relayed(self)
            return
        written = None
        if isinstance(body, bytes) and not self._channel.write_paused:
            if self.request.method == "HEAD" or answer.status in BODILESS:
                written = head(answer.status, answer.headers, self._defaults)
            else:
                written = joined(answer.status, answer.headers, body, self._defaults)
        if written is None:
            self.wait_for(answer)
            return
        self._count(answer)
        self._channel.send(written)
        self.end()

    def wait_for(self, answer: Answer | Awaitable[Answer]) -> None:
        """See `Client`."""
        self._relay = None
        self._prompt.take_over(self, forwarded(answer, self.request.arrived))

    def begin(self, answer: Answer) -> bool:
        """See `Client`. Raises ValueError for a header that breaks its line."""
        written = head(answer.status, answer.headers, self._defaults)
        if written is None:
            raise ValueError("a header breaks its line")
        self._count(answer)
        return self.write(written)

    def write(self, piece: bytes) -> bool:
        """See `Client`."""
        self._channel.send(piece)
        return not self._channel.write_paused

    def end(self) -> None:
        """See `Client`."""
        self._relay = None
        if not self.keep_alive:
            self._channel.close()
        self._prompt.relayed(self)

    def break_off(self) -> None:
        """See `Client`."""
        self._relay = None
        self._prompt.relaying = None
        self._channel.close()

    def _count(self, answer: Answer) -> None:
        TALLY.count(answer.service, answer.operation, answer.code, perf_counter() - self.request.arrived)
