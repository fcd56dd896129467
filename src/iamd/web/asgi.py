"""Middleware for ASGI applications (Starlette, FastAPI, Django, Quart): what iamd does not allow does not reach them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .client import AsyncClient, Unavailable
from .messages import PUBLIC, Public, Question, Refused
from .refusals import TEXT, WHO, refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Asking = Callable[[Scope], Question | Public | None]

PRINCIPAL = "iamd.principal"
"""Where in the scope the application finds whose request it is."""


class AskMiddleware:
    """Asks a question about every request, for applications that know who their users are.

    `asking` answers the question, PUBLIC for what everybody may do, or None when nobody has signed in (401).
    """

    def __init__(self, app: App, client: AsyncClient, asking: Asking) -> None:
        self._app = app
        self._client = client
        self._asking = asking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan":
            await _live(self._app, self._client, scope, receive, send)
            return
        question = self._asking(scope)
        if question is not PUBLIC:
            try:
                allowed = isinstance(question, Question) and await self._client.evaluate(question)
            except Unavailable:
                await _refuse(scope, send, 503)
                return
            if not allowed:
                await _refuse(scope, send, 401 if question is None else 403)
                return
        await self._app(scope, receive, send)


class InvokeMiddleware:
    """Asks whose request it is and whether it may invoke the API of that name, by the client's own signature (for the
    service `execute-api`) or bearer token. The application finds the Principal in the scope, under PRINCIPAL."""

    def __init__(self, app: App, client: AsyncClient, api: str) -> None:
        self._app = app
        self._client = client
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan":
            await _live(self._app, self._client, scope, receive, send)
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        host = next((value for name, value in headers if name == "host"), "")
        method = scope.get("method", "GET")  # a websocket's
        try:
            principal = await self._client.invoke(self._api, method, _target(scope), host, headers)
        except Refused as refused:
            await _refuse(scope, send, refused.status)
        except Unavailable:
            await _refuse(scope, send, 503)
        else:
            await self._app({**scope, PRINCIPAL: principal}, receive, send)


async def _live(app: App, client: AsyncClient, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the application start and stop; with it the client's connections are closed."""
    try:
        await app(scope, receive, send)
    finally:
        await client.close()


def _target(scope: Scope) -> str:
    """The path and query as the client sent them; raises Refused for servers that do not tell."""
    path, query = scope.get("raw_path"), scope.get("query_string") or b""
    if not isinstance(path, bytes) or not isinstance(query, bytes):
        raise Refused(403, "the server does not tell the path as it was sent")
    return b"?".join((path, query) if query else (path,)).decode("latin-1")


async def _refuse(scope: Scope, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = refusal(status).encode()
    headers = [(b"content-type", TEXT.encode()), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", WHO.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
