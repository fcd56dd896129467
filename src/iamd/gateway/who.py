"""Who asks, when, where, and how."""

from __future__ import annotations

from datetime import datetime

import msgspec

from iamd.caller.caller import Caller
from iamd.wire.http import HttpRequest


class Who(msgspec.Struct, frozen=True):
    """The caller of a request, and its circumstances: `via` are the services that forwarded it, first to last."""

    caller: Caller
    request: HttpRequest
    now: datetime
    region: str
    via: tuple[str, ...] = ()
