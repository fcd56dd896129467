"""Which requests are the gateway's, and the way in for those that have come as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from iamd.audit.ids import new_uuid
from iamd.gateway import bodies
from iamd.gateway.at_once import GoOn, answer_at_once
from iamd.gateway.outcome import is_upload
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.server.clock import now
from iamd.server.relaying import Relaying
from iamd.server.signed_for import signed_for
from iamd.server.whole import Headers
from iamd.wire.http import HttpRequest

if TYPE_CHECKING:
    from iamd.server.prompt import Prompt

_OWN_PATHS: Final = (b"/_iamd/", b"/console/")
_FIRSTS: Final = b"_c"  # their first letters


class Entrance:
    """Takes the requests that are signed for services which are not `own`; `go_on` is the way of those that have to wait for
    something, and `proxies` tell whose clients' addresses they vouch for."""

    def __init__(self, parts: Parts, go_on: GoOn, proxies: Any, own: frozenset[bytes]) -> None:
        self._parts = parts
        self._go_on = go_on
        self._proxies: Any = proxies if proxies.there_are else None
        self._own = own

    def takes(self, request: HttpRequest) -> bool:
        """Whether a request is for an upstream: its signature's scope names another service."""
        path = request.path
        if len(path) > 1 and path[1] in _FIRSTS and path.startswith(_OWN_PATHS):
            return False
        if request.method == "POST" and is_upload(request.headers):
            return True
        service = signed_for(request)
        return service is not None and service not in self._own

    def resolve(self, request: HttpRequest) -> None:
        """Have the request come from whom trusted proxies say, not from its peer."""
        if self._proxies is not None:
            origin = self._proxies.origin(request.client_ip, request.secure, request.headers)
            request.client_ip, request.secure = origin

    def forward(self, prompt: Prompt, request: HttpRequest, body: bytes, defaults: Headers) -> None:
        """Send a request of a connection to its upstream, or answer it; `defaults` are headers of every answer."""
        self.resolve(request)
        relaying = prompt.relaying = Relaying(prompt, request, defaults)
        pieces: Any = bodies.there(body) if body else bodies.NONE
        passage = Passage(request, new_uuid(), now(), pieces, body)
        relaying.follow(answer_at_once(self._parts, passage, relaying, self._go_on))
