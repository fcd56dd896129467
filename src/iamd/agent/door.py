"""The agent's ASGI application: who is let in, and which of the endpoints answers."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

import structlog

from iamd.agent.config import Config
from iamd.agent.containers import PREFIX as CONTAINERS
from iamd.agent.containers import Containers
from iamd.agent.keeper import Keeper
from iamd.agent.limits import Limiter
from iamd.agent.metadata import Metadata
from iamd.agent.pods import PATH as PODS
from iamd.agent.pods import PodIdentity
from iamd.agent.replies import page
from iamd.server import asgi
from iamd.server.asgi import Gone, Receive, Scope, Send, TooLarge
from iamd.wire.http import Answer, HttpRequest

MAX_BODY = 1_024  # bytes; no endpoint reads one
_DIRECT = asgi.TrustedProxies(())
# A proxy that was misled into asking for credentials passes them on to strangers. AWS refuses the first of these.
_FORWARDED = (b"x-forwarded-for", b"x-forwarded-host", b"forwarded", b"via")

log = structlog.get_logger("iamd")
Endpoint = Callable[[HttpRequest], Awaitable[Answer]]


class Door:
    """Lets in direct requests of programs on this machine, not too many of them."""

    def __init__(self, config: Config, keeper: Keeper) -> None:
        self._limiter = Limiter(config.rate)
        self._containers = Containers(config, keeper).answer if config.tasks else None
        self._pods = None if config.pods is None else PodIdentity(config, config.pods, keeper).answer
        metadata = None if config.instance is None else Metadata(config, config.instance, keeper, keeper.now())
        self._metadata = None if metadata is None else metadata.answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever fails is a refusal."""
        try:
            request = await asgi.read(scope, receive, MAX_BODY, _DIRECT)
        except Gone:
            return
        except TooLarge:
            await asgi.send(page(413), send)
            return
        try:
            answer = await self.answer(request)
        except Exception:
            log.error("a request for credentials failed", exc_info=True)
            answer = page(500)
        await asgi.send(answer, send)

    async def answer(self, request: HttpRequest) -> Answer:
        """Answer a request, or refuse it at the door."""
        if any(request.header(name) is not None for name in _FORWARDED) or not _is_direct(request):
            return page(403)
        if not self._limiter.admits(request.client_ip):
            return page(429, (b"retry-after", b"1"))
        endpoint = self._endpoint(request.path)
        return page(404) if endpoint is None else await endpoint(request)

    def _endpoint(self, path: bytes) -> Endpoint | None:
        if path.startswith(CONTAINERS):
            return self._containers
        return self._pods if path == PODS else self._metadata


def _is_direct(request: HttpRequest) -> bool:
    """Whether the client asked for an address: a web page whose own name was made to lead here did not."""
    host = (request.header(b"host") or "").strip()
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    name = name.removeprefix("[").removesuffix("]").lower()
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
