"""One request on its way through the chain, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from iamd.audit.ids import new_uuid
from iamd.caller.caller import Caller
from iamd.caller.sigv4 import Signature
from iamd.guard.ask import Ask
from iamd.server.clock import now
from iamd.services.registry import Api, Operation
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest


class Exchange(msgspec.Struct):
    """Each link of the chain fills in its part; `error` is set when one refused."""

    request: HttpRequest
    request_id: str = msgspec.field(default_factory=new_uuid)
    now: datetime = msgspec.field(default_factory=now)
    signature: Signature | None = None
    caller: Caller | None = None
    api: Api | None = None
    region: str = "us-east-1"  # `aws:RequestedRegion`
    action: str = ""  # as the client named it
    operation: Operation | None = None
    params: Mapping[str, Any] = {}
    prepared: Any = None  # by the operation's preparation
    disclosed: Mapping[str, Any] = {}  # of the evidence of who calls, for the trail
    reply: Mapping[str, Any] | None = None
    error: AwsError | None = None
    shared_with: str | None = None  # another account whose trail this is in, too
    revision: int = 0  # of the caller's account, that the answer was made from
    asked: list[Ask] = []  # what was decided
    recorded: bool = False  # the event went with the change, in its transaction

    def __repr__(self) -> str:
        """Names the exchange, without what was sent and answered."""
        return f"Exchange({self.request_id} {self.action})"

    @property
    def wants_json(self) -> bool:
        """The Query services answer JSON to clients that ask for it."""
        return b"application/json" in self.request.index.get(b"accept", b"")
