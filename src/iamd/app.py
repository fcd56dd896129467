"""The composition root: what happens to a request, from the socket to the answer, read top to bottom.

A request to an AWS API passes the links of `CHAIN` in order, each of which fills in its part of the Exchange or raises
AwsError. Whatever came of it is then recorded and answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from time import perf_counter

from iamd.chain import passage
from iamd.chain.links import Link, admit, catch_up, execute, freshen, identify, throttle, understand
from iamd.chain.record import record
from iamd.console import door
from iamd.console.calls import Question
from iamd.server import answers, asgi, authorization, certificate_sessions, edge, forward_auth, scim, telemetry
from iamd.server.asgi import Gone, Receive, Scope, Send, TooLarge
from iamd.server.clock import now
from iamd.server.endpoints import PREFIX, Endpoints
from iamd.server.exchange import Exchange
from iamd.server.front import Reception
from iamd.server.gate import Gate
from iamd.services.call import Realm
from iamd.wire.errors import InternalFailure
from iamd.wire.http import Answer, HttpRequest

CHAIN: tuple[Link, ...] = (catch_up, identify, freshen, understand, throttle, admit, execute)

# What is not signed as AWS's APIs are, and so stays outside the chain: whether a request is for it, and its answer.
DOORS = (
    (forward_auth.is_for_proxies, forward_auth.answer),
    (certificate_sessions.is_for_certificates, certificate_sessions.answer),
    (authorization.is_for_authorization, authorization.answer),
    (scim.is_for_scim, scim.answer),
)

EDGE_DOORS = (DOORS[0], DOORS[2])  # questions, which change nothing


class Application:
    """The ASGI application: AWS APIs at every path but iamd's own. Of an edge node, `control_plane` is the URL where all
    is served that it does not."""

    def __init__(
        self,
        realm: Realm,
        endpoints: Endpoints,
        max_body_bytes: int,
        proxies: asgi.TrustedProxies,
        control_plane: str | None = None,
    ) -> None:
        self.realm = realm
        self.control_plane = control_plane
        self._chain = CHAIN
        if control_plane is not None:
            served = 1 + CHAIN.index(understand)
            self._chain = (*CHAIN[:served], edge.served_here(control_plane), *CHAIN[served:])
        self.endpoints = endpoints
        self.max_body_bytes = max_body_bytes
        self.proxies = proxies
        self.reception = Reception(self.answer)
        self._gate: Gate | None = None

    @property
    def gate(self) -> Gate | None:
        """What takes the requests that are for upstreams, if there are some."""
        return self._gate

    @gate.setter
    def gate(self, gate: Gate | None) -> None:
        self._gate = gate
        self.reception.entrance = None if gate is None else gate.entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._gate is not None and self._gate.takes(scope):
            await self._gate(scope, receive, send)
            return
        try:
            request = await asgi.read(scope, receive, self.max_body_bytes, self.proxies)
        except Gone:
            return
        except TooLarge:
            await asgi.send(answers.too_large(self.max_body_bytes), send)
            return
        answered = await self._apart(request) if request.path != b"/" or request.method == "GET" else None
        await asgi.send(answered or await self.handle(Exchange(request)), send)

    def answer(self, request: HttpRequest) -> Answer | Awaitable[Answer]:
        """The answer to a POST to `/` from that peer, or what is to be awaited for it."""
        if len(request.body) > self.max_body_bytes:
            return answers.too_large(self.max_body_bytes)
        if self.proxies.there_are:
            request.client_ip, request.secure = self.proxies.origin(request.client_ip, request.secure, request.headers)
        return self.handle_at_once(Exchange(request))

    async def _apart(self, request: HttpRequest) -> Answer | None:
        """The answer to what is no request to an AWS API; those are mostly sent to `/`, with POST."""
        for takes, answer in DOORS if self.control_plane is None else EDGE_DOORS:
            if takes(request):
                return await answer(self.realm, request)
        if request.path.startswith(PREFIX):
            return await self.endpoints.answer(request)
        if self.control_plane is not None:
            return edge.elsewhere(self.control_plane)
        if door.is_for_people(request):
            return await door.answer(self.realm, request, now(), self.perform, authorization.answer_person)
        return None

    async def perform(self, request: HttpRequest, question: Question) -> Exchange:
        """Take a call of a person at the console through the links that are not about signatures and protocols."""
        caller, api, action = question.caller, question.api, question.action
        exchange = Exchange(request, caller=caller, api=api, action=action, region=question.region)

        def understood(realm: Realm, exchange: Exchange) -> None:
            if caller is None:
                realm.strangers.take(request.client_ip)  # as `identify` does; evidence gives it back
            exchange.operation, exchange.params = question.understand()

        started = perf_counter()
        begun = passage.begin((catch_up, understood, throttle, admit, execute), self.realm, exchange)
        if begun is not None:
            await self._go_on(exchange, *begun)
        try:
            self._record(exchange)
        except Exception:
            telemetry.log.error("a call was not recorded", request_id=exchange.request_id, exc_info=True)
            exchange.reply, exchange.error = None, InternalFailure()
        telemetry.observe(exchange, started)
        return exchange

    async def handle(self, exchange: Exchange) -> Answer:
        """Take one request through the chain; record it; answer it, whatever happened."""
        answered = self.handle_at_once(exchange)
        return answered if isinstance(answered, Answer) else await answered

    def handle_at_once(self, exchange: Exchange) -> Answer | Awaitable[Answer]:
        """The answer, as `handle` gives it; what is to be awaited for it where a link has to wait."""
        started = perf_counter()
        begun = passage.begin(self._chain, self.realm, exchange)
        return self._answered(exchange, started) if begun is None else self._awaited(exchange, started, *begun)

    async def _awaited(
        self, exchange: Exchange, started: float, waiting: Awaitable[None], links: Sequence[Link]
    ) -> Answer:
        await self._go_on(exchange, waiting, links)
        return self._answered(exchange, started)

    async def _go_on(self, exchange: Exchange, waiting: Awaitable[None], links: Sequence[Link]) -> None:
        """Through the rest of the chain, behind what a link waits for."""
        try:
            await waiting
            for link in links:
                further = link(self.realm, exchange)
                if further is not None:
                    await further
        except Exception as error:
            passage.refuse(exchange, error)

    def _answered(self, exchange: Exchange, started: float) -> Answer:
        try:
            self._record(exchange)
            return answers.of(exchange)
        except Exception:
            # What cannot be recorded is not told; what cannot be written down is not sent in part.
            telemetry.log.error("an answer failed", request_id=exchange.request_id, exc_info=True)
            exchange.error = InternalFailure()
            return answers.of(exchange)
        finally:
            telemetry.observe(exchange, started)

    def _record(self, exchange: Exchange) -> None:
        record(self.realm.store, exchange)
