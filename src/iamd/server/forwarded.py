"""Answers of the gateway by ASGI."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import aclosing
from time import perf_counter

from iamd.gateway.answer import Answer
from iamd.server.asgi import App, Receive, Scope, Send, has_left, sent_at_once
from iamd.server.telemetry import TALLY
from iamd.server.whole import BODILESS
from iamd.wire import http


def forwarded(answer: Answer | Awaitable[Answer], started: float) -> App:
    """An application that sends that answer to a request that came in then, and counts it."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        told = answer if isinstance(answer, Answer) else await answer
        TALLY.count(told.service, told.operation, told.code, perf_counter() - started)
        await send_answer(told, scope["method"], closes=False, send=send)

    return application


async def send_answer(answer: Answer, method: str, closes: bool, send: Send) -> None:
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
    async with aclosing(body):
        async for piece in body:
            if has_left(send):
                return  # an upstream is not read for nobody, perhaps without end
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
