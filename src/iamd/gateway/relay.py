"""A request that is sent to its upstream at once, and the answer that is given to the client as it comes.

This is the short way of requests for which nothing has to be waited for but the upstream: no task, no coroutine.
"""

from __future__ import annotations

from iamd.gateway import later, outcome
from iamd.gateway.client import Client
from iamd.gateway.connection import Connection
from iamd.gateway.connections import REPEATABLE, Reply
from iamd.gateway.heads import head_of
from iamd.gateway.idle import Idle
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.gateway.steps import forget_changed, misses_object
from iamd.wire.gateway_errors import BadGateway, Lost


def send_at_once(parts: Parts, passage: Passage, client: Client) -> Relay | None:
    """The request on its way; None when it cannot be sent at once: its body is still to come, or there is no idle
    connection. Raises Ambiguous."""
    upstream, outbound = passage.upstream, passage.outbound
    if upstream is None or outbound is None or not isinstance(outbound.body, bytes):
        return None
    head = head_of(upstream, outbound, passage.now)  # may raise, and a connection that was taken must be used
    idle: Idle = parts.forwarder.idle
    connection = idle.take(upstream.origin)
    if connection is None:
        return None
    relay = Relay(parts, passage, client, connection)
    relay.send(head + outbound.body)
    return relay


class Relay:
    """One request on its way. When it is over, neither connection nor client has it any more."""

    def __init__(self, parts: Parts, passage: Passage, client: Client, connection: Connection) -> None:
        self._parts = parts
        self._passage = passage
        self._client = client
        self._connection = connection
        self._begun = False  # the client has the head of the answer
        self._held = False  # it takes no more for now
        self._over = False

    def send(self, data: bytes) -> None:
        """Send the whole request."""
        self._connection.ask(data, self._passage.request.method == "HEAD", self._go_on)

    def resume(self) -> None:
        """The client takes more."""
        self._held = False
        self._go_on()

    def leave(self) -> bool:
        """The client has left. What was asked of the upstream stands, and is recorded when it has answered: whether that
        is still to come."""
        if self._begun and not self._over:
            self._over = True
            self._connection.finish()
        return not self._over

    def _go_on(self) -> None:
        """Pass on what there is of the answer, or what went wrong."""
        if self._over or self._held:
            return
        try:
            if self._begun:
                self._pass_on()
            else:
                self._begin()
        except Exception as error:
            self._fail(error)

    def _begin(self) -> None:
        connection, passage, parts, client = self._connection, self._passage, self._parts, self._client
        forget_changed(parts, passage)  # what was read meanwhile, too
        if connection.failure is not None:
            raise connection.failure
        status, headers = connection.status, connection.headers
        if misses_object(passage, status) and not client.gone:
            self._over = True
            connection.detach()
            client.wait_for(later.answer(parts, passage, Reply(connection)))
            return
        outcome.note(passage, status, headers)
        body = connection.take_whole()
        told = Reply(connection).pieces() if body is None else body
        answer = outcome.recorded(parts, passage, outcome.answered(passage, status, headers, told))
        refused = body is None and isinstance(answer.body, bytes)
        if body is None and connection.has_length and not (refused or client.gone):
            self._begun = True
            self._held = not client.begin(answer)
            self._go_on()
            return
        self._over = True
        if refused or client.gone:
            connection.finish()
        connection.detach()
        client.answer(answer)

    def _pass_on(self) -> None:
        piece = self._connection.take()
        while piece:
            if not self._client.write(piece):
                self._held = True
                return
            piece = self._connection.take()
        if piece is not None:
            self._over = True
            self._connection.finish()
            self._client.end()

    def _fail(self, error: Exception) -> None:
        passage, client = self._passage, self._client
        self._connection.finish()
        if self._begun or self._over:
            self._over = True
            outcome.log_broken(passage, error)
            client.break_off()
            return
        self._over = True
        if isinstance(error, Lost):
            if passage.request.method in REPEATABLE and not client.gone:
                client.wait_for(later.answer(self._parts, passage))
                return
            error = BadGateway("The upstream of this service broke off.")
        client.answer(outcome.recorded(self._parts, passage, outcome.refused(passage, error)))
