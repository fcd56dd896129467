"""ASGI on one side, HttpRequest on the other: reads the body within limits, sends one answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from math import inf
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from iamd.server.whole import whole
from iamd.wire.http import Answer, HttpRequest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """The body is larger than the server takes."""


class Gone(Exception):
    """The client left before its request was complete."""


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """Addresses whose word about the client's address and scheme counts (`X-Forwarded-For`, `X-Forwarded-Proto`)."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(network) for network in networks)
        self.there_are = bool(self._networks)

    def origin(self, peer: str, secure: bool, headers: list[tuple[bytes, bytes]]) -> tuple[str, bool]:
        """The client's address and whether it came over TLS; the peer's own unless the peer is trusted."""
        if not self._networks or not self.trusts(peer):
            return peer, secure
        forwarded = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
        protocol = next((value for name, value in reversed(headers) if name == b"x-forwarded-proto"), None)
        # From the right: each trusted hop vouches for the one before it.
        for hop in reversed([hop.strip() for hop in forwarded.split(",") if hop.strip()]):
            if not _is_address(hop):
                break
            peer = hop
            if not self.trusts(hop):
                break
        return peer, secure if protocol is None else protocol.strip().lower() == b"https"

    def trusts(self, address: str) -> bool:
        """Whether it is a trusted proxy's."""
        if not _is_address(address):
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._networks if network.version == parsed.version)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


async def read(scope: Scope, receive: Receive, max_bytes: int, proxies: TrustedProxies) -> HttpRequest:
    """The whole request; raises TooLarge and Gone. How long it may take is the protocol's concern."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    client = scope.get("client")
    ip, secure = proxies.origin(client[0] if client else "", scope.get("scheme") == "https", headers)
    body, more = await _part(receive)
    if more or len(body) > max_bytes:
        body = await _rest(body, more, receive, max_bytes)
    arrived: float = scope.get("iamd.arrived", inf)
    return HttpRequest(scope["method"], scope["raw_path"], scope["query_string"], headers, body, ip, secure, arrived)


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


async def _rest(first: bytes, more: bool, receive: Receive, max_bytes: int) -> bytes:
    parts, size = [first], len(first)
    while more:
        part, more = await _part(receive)
        size += len(part)
        if size <= max_bytes:
            parts.append(part)
    # Read to its end, keeping nothing: a connection that is closed before takes the answer with it.
    if size > max_bytes:
        raise TooLarge
    return b"".join(parts)


async def send(answer: Answer, send: Send) -> None:
    """Send the answer, in two messages where it cannot be sent at once."""
    if sent_at_once(send, answer):
        return
    headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def sending(answer: Answer | Awaitable[Answer]) -> App:
    """An application that sends that answer."""

    async def application(scope: Scope, receive: Receive, send_on: Send) -> None:
        await send(answer if isinstance(answer, Answer) else await answer, send_on)

    return application


def sent_at_once(send: object, answer: Answer) -> bool:
    """Send a whole answer in one piece, if `send` is uvicorn's and nothing stands against it; False: nothing was sent.

    In uvicorn's own way every header is searched and told apart again, which takes longer than a decision. That way is
    still gone where anything is unusual: HEAD, a connection to be closed, a client that has left or reads slowly, a
    header that breaks its line (which uvicorn refuses).
    """
    cycle: Any = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or cycle.response_started or cycle.disconnected or cycle.access_log:
        return False
    if not cycle.keep_alive or cycle.flow.write_paused or cycle.scope["method"] == "HEAD":
        return False
    written = whole(answer, cycle.default_headers)
    if written is None:
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(written)
    cycle.message_event.set()
    cycle.on_response()
    return True


def has_left(send: object) -> bool:
    """Whether it is known that the client has left, if `send` is uvicorn's, which drops what is sent to it then."""
    cycle: Any = getattr(send, "__self__", None)
    return type(cycle) is RequestResponseCycle and bool(cycle.disconnected)
