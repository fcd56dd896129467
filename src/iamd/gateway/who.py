"""Who asks, when, where, and how."""

from __future__ import annotations

from datetime import datetime

from iamd.caller.caller import Caller
from iamd.wire.http import HttpRequest


class Who:
    """The caller of a request, and its circumstances: `signed` is when it says that it was signed, `via` are the services
    that forwarded it, first to last."""

    def __init__(
        self, caller: Caller, request: HttpRequest, now: datetime, signed: datetime, region: str, via: tuple[str, ...]
    ) -> None:
        self.caller = caller
        self.request = request
        self.now = now
        self.signed = signed
        self.region = region
        self.via = via
