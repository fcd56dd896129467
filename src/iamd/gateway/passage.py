"""One request on its way through the gateway. A plain class, because every link reads and fills it: compiled, that costs
a fifth of what it costs with a Struct."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamd.caller.caller import Caller
from iamd.caller.claim import Signature
from iamd.caller.payload import Payload
from iamd.caller.streamed import Pieces
from iamd.gateway.asked import Asked
from iamd.gateway.directory import Form, Service
from iamd.gateway.forward_access import Access
from iamd.gateway.mapped import Need
from iamd.gateway.outbound import Outbound
from iamd.gateway.upstreams import Upstream
from iamd.guard.ask import Ask
from iamd.wire.errors import AccessDenied
from iamd.wire.http import HttpRequest

if TYPE_CHECKING:
    from iamd.gateway.uploads import Upload


class Passage:
    """A request, and what is known of it so far: first its form and a service that has its name, for answers.

    Its body comes in `pieces`, once; `kept` is all of it, where it came together with the head."""

    def __init__(
        self, request: HttpRequest, request_id: str, now: datetime, pieces: Pieces, kept: bytes | None = None
    ) -> None:
        self.request = request
        self.request_id = request_id
        self.now = now
        self.pieces = pieces
        self.kept = kept
        self.form: Form | None = None
        self.service: Service | None = None
        self.signature: Signature | None = None
        self.upload: Upload | None = None
        self.caller: Caller | None = None
        self.access: Access | None = None  # None: a service's that asks for itself
        self.rest: Payload | None = None  # what is told of a body that was not read; None: `request` has it
        self.asked: Asked | None = None
        self.upstream: Upstream | None = None
        self.document: Mapping[str, Any] = {}
        self.needs: list[Need] = []
        self.error: tuple[str, str] | None = None
        self.decided: list[Ask] = []
        self.tolerated: list[AccessDenied] = []  # what would be refused in another mode
        self.outbound: Outbound | None = None
