"""One request on its way through the chain, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from iamd.caller.caller import Caller
from iamd.caller.sigv4 import Signature
from iamd.services.registry import Api, Operation
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest


def new_request_id() -> str:
    """A random UUID as text, as AWS's request ids are: unique, but no secret, so no system call is spent on it."""
    bits = random.getrandbits(128) & ~(0xF000 << 64 | 0xC000 << 48) | 0x4000 << 64 | 0x8000 << 48  # RFC 9562, version 4
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def now() -> datetime:
    """The present second in UTC: AWS's times have no fractions."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True)
class Exchange:
    """Each link of the chain fills in its part; `error` is set when one refused."""

    request: HttpRequest
    request_id: str = field(default_factory=new_request_id)
    now: datetime = field(default_factory=now)
    signature: Signature | None = None
    caller: Caller | None = None
    api: Api | None = None
    action: str = ""  # as the client named it
    operation: Operation | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    reply: Mapping[str, Any] | None = None
    error: AwsError | None = None
    revision: int = 0  # of the caller's account, that the answer was made from
    recorded: bool = False  # the event went with the change, in its transaction

    @property
    def wants_json(self) -> bool:
        """The Query services answer JSON to clients that ask for it."""
        return "application/json" in (self.request.header(b"accept") or "")

    @property
    def region(self) -> str:
        """`aws:RequestedRegion`: IAM is global and answers any region as us-east-1."""
        if self.signature is None or self.api is None or self.api.name == "iam":
            return "us-east-1"
        return self.signature.region
