"""One request on its way through the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from iamd.caller.caller import Caller
from iamd.caller.sigv4 import Signature
from iamd.caller.streamed import Payload, Pieces
from iamd.gateway.asked import Asked, Form
from iamd.gateway.directory import Service
from iamd.gateway.forward_access import Access
from iamd.gateway.mapped import Need
from iamd.gateway.outbound import Outbound
from iamd.gateway.upstreams import Upstream
from iamd.guard.ask import Ask
from iamd.wire.errors import AccessDenied
from iamd.wire.http import HttpRequest

if TYPE_CHECKING:
    from iamd.gateway.uploads import Upload


class Answer(msgspec.Struct):
    """What is sent back; a body in pieces comes from the upstream. For the metrics: `service` and `operation` by
    botocore's names, and the `code` of a refusal or the status of an upstream's error."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes | AsyncIterator[bytes]
    service: str = "none"
    operation: str = "none"
    code: str = "OK"


class Passage(msgspec.Struct):
    """A request, and what is known of it so far: first its form and a service that has its name, for answers.

    Its body comes in `pieces`, once; `kept` is all of it, where it came together with the head."""

    request: HttpRequest
    request_id: str
    now: datetime
    pieces: Pieces
    kept: bytes | None = None
    form: Form | None = None
    service: Service | None = None
    signature: Signature | None = None
    upload: Upload | None = None
    caller: Caller | None = None
    access: Access | None = None  # None: a service's that asks for itself
    rest: Payload | None = None  # what the request says of a body that was not read; None: `request` has it
    asked: Asked | None = None
    upstream: Upstream | None = None
    document: Mapping[str, Any] = {}
    needs: list[Need] = []
    error: tuple[str, str] | None = None
    decided: list[Ask] = []
    tolerated: list[AccessDenied] = []  # what would be refused in another mode
    outbound: Outbound | None = None
