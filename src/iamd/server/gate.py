"""The gateway's side of ASGI: requests whose bodies come in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from math import inf
from time import perf_counter

from iamd.audit.ids import new_uuid
from iamd.caller.bearer import SERVICE
from iamd.gateway.bodies import Gone
from iamd.gateway.door import Gateway
from iamd.gateway.passage import Passage
from iamd.server.asgi import Receive, Scope, Send, TrustedProxies
from iamd.server.clock import now
from iamd.server.entrance import Entrance
from iamd.server.forwarded import send_answer
from iamd.server.telemetry import TALLY
from iamd.services.catalogue import APIS
from iamd.wire.http import HttpRequest
from iamd.wire.s3_errors import RequestTimeout

_DRAINED = 1 << 20  # bytes


class Gate:
    """Takes the requests that are signed for services which are not iamd's own; `seconds` may pass between two pieces
    of a body. Those that have come as a whole may go through the `entrance`."""

    def __init__(self, gateway: Gateway, proxies: TrustedProxies, seconds: float) -> None:
        self._gateway = gateway
        self._seconds = seconds
        own = {api.model.signing_name.encode() for api in APIS.values()} | {name.encode() for name in APIS}
        self.entrance = Entrance(gateway.parts, gateway.go_on, proxies, frozenset(own | {SERVICE.encode()}))

    def takes(self, scope: Scope) -> bool:
        """Whether the request is for an upstream: its signature's scope names another service."""
        return self.entrance.takes(_request(scope))

    def forget(self) -> None:
        """Believe nothing any more that upstreams told."""
        self._gateway.forget()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        unhurried = scope.get("iamd.unhurried")
        if unhurried is not None:
            unhurried()  # a long body has its time; between two pieces there is a limit
        request = _request(scope)
        self.entrance.resolve(request)
        body = _Body(receive, self._seconds)
        body.ended = b"content-length" not in request.index and b"transfer-encoding" not in request.index
        passage = Passage(request, new_uuid(), now(), body.pieces(), b"" if body.ended else None)
        started = perf_counter()
        try:
            answer = await self._gateway.answer(passage)
            TALLY.count(answer.service, answer.operation, answer.code, perf_counter() - started)
            if not body.ended and b"expect" not in request.index:
                await body.drain()
        except (Gone, RequestTimeout):
            return
        await send_answer(answer, request.method, closes=not body.ended, send=send)


def _request(scope: Scope) -> HttpRequest:
    """The request without its body, from its peer."""
    client, secure = scope.get("client"), scope.get("scheme") == "https"
    method, path, query, headers = scope["method"], scope["raw_path"], scope["query_string"], scope["headers"]
    arrived: float = scope.get("iamd.arrived", inf)
    return HttpRequest(method, path, query, headers, b"", client[0] if client else "", secure, arrived)


class _Body:
    """The body of a request as it comes in."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self.ended = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """What is still to come; raises Gone when the client left, RequestTimeout when nothing comes."""
        while not self.ended:
            try:
                async with asyncio.timeout(self._seconds):
                    message = await self._receive()
            except TimeoutError:
                raise RequestTimeout from None
            if message["type"] == "http.disconnect":
                raise Gone
            self.ended = not message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def drain(self) -> None:
        """Read to the end what is not long: a connection that is closed before takes the answer with it."""
        size = 0
        async for piece in self.pieces():
            size += len(piece)
            if size > _DRAINED:
                return
