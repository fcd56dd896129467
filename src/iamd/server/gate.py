"""The gateway's side of ASGI: which requests are its, and bodies in pieces both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from math import inf
from time import perf_counter

from iamd.audit.ids import new_uuid
from iamd.caller.bearer import SERVICE
from iamd.gateway.answer import Answer
from iamd.gateway.bodies import Gone
from iamd.gateway.client import Client
from iamd.gateway.door import Gateway
from iamd.gateway.outcome import is_upload
from iamd.gateway.passage import Passage
from iamd.gateway.relay import Relay
from iamd.server.asgi import App, Receive, Scope, Send, TrustedProxies, sent_at_once
from iamd.server.exchange import now
from iamd.server.relaying import BODILESS
from iamd.server.signed_for import signed_for
from iamd.server.telemetry import TALLY
from iamd.services.catalogue import APIS
from iamd.wire import http
from iamd.wire.http import HttpRequest
from iamd.wire.s3_errors import RequestTimeout

_DRAINED = 1 << 20  # bytes
_OWN_PATHS = (b"/_iamd/", b"/console/")


class Gate:
    """Takes the requests that are signed for services which are not iamd's own; `seconds` may pass between two pieces
    of a body."""

    def __init__(self, gateway: Gateway, proxies: TrustedProxies, seconds: float) -> None:
        self._gateway = gateway
        self._proxies = proxies
        self._seconds = seconds
        self._own = frozenset(api.model.signing_name.encode() for api in APIS.values()) | {
            *(name.encode() for name in APIS),
            SERVICE.encode(),
        }

    def takes(self, scope: Scope) -> bool:
        """Whether the request is for an upstream: its signature's scope names another service."""
        if scope["raw_path"].startswith(_OWN_PATHS):
            return False
        if scope["method"] == "POST" and is_upload(scope["headers"]):
            return True
        service = signed_for(scope["headers"], scope["query_string"])
        return service is not None and service not in self._own

    def forget(self) -> None:
        """Believe nothing any more that upstreams told."""
        self._gateway.forget()

    def forward(self, scope: Scope, body: bytes, client: Client) -> Relay | Answer | Awaitable[Answer]:
        """Send a request whose body is there to its upstream at once, if nothing has to be waited for: see
        `Gateway.answer_at_once`."""
        passage = Passage(self._request(scope), new_uuid(), now(), _pieces(body) if body else _NO_PIECES, body)
        return self._gateway.answer_at_once(passage, client)

    def _request(self, scope: Scope) -> HttpRequest:
        client, headers = scope.get("client"), scope["headers"]
        ip, secure = self._proxies.origin(client[0] if client else "", scope.get("scheme") == "https", headers)
        arrived: float = scope.get("iamd.arrived", inf)
        return HttpRequest(scope["method"], scope["raw_path"], scope["query_string"], headers, b"", ip, secure, arrived)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        unhurried = scope.get("iamd.unhurried")
        if unhurried is not None:
            unhurried()  # a long body has its time; between two pieces there is a limit
        request = self._request(scope)
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
        await _send(answer, request.method, closes=not body.ended, send=send)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body that is there."""
    yield body


class _NoPieces:
    """A body without any, for everyone: most requests have none."""

    def __aiter__(self) -> _NoPieces:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


_NO_PIECES = _NoPieces()


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


def forwarded(answer: Answer | Awaitable[Answer], started: float) -> App:
    """An application that sends that answer to a request that came in then, and counts it."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        told = answer if isinstance(answer, Answer) else await answer
        TALLY.count(told.service, told.operation, told.code, perf_counter() - started)
        await _send(told, scope["method"], closes=False, send=send)

    return application


async def _send(answer: Answer, method: str, closes: bool, send: Send) -> None:
    """Send the answer. The connection of a request whose body was not read cannot be used again."""
    headers = [*answer.headers, (b"connection", b"close")] if closes else answer.headers
    body = answer.body
    if isinstance(body, bytes):
        has_body = method != "HEAD" and answer.status not in BODILESS
        if has_body and not closes and sent_at_once(send, http.Answer(answer.status, headers, body)):
            return
        if has_body:
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    async for piece in body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
