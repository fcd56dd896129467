"""Request rates: a token bucket for each account and operation, as AWS limits its APIs, and for each identity.

AWS publishes a rate for STS only (the page "IAM and AWS STS quotas"); those for all others are as EC2 has them, whose
page "Request throttling for the Amazon EC2 API" describes the buckets.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from iamd.caller.buckets import FASTEST, Buckets
from iamd.wire.errors import Throttling

if TYPE_CHECKING:
    from iamd.services.registry import Operation


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second, for each account and operation; `identity` is for each user, role or root user and all that it
    calls, 0: any number. Raises ValueError for rates that are none."""

    reads: int = 20
    writes: int = 5
    sts: int = 600
    forwarded: int = 3500  # what a prefix of a bucket takes of writes
    identity: int = 0

    def __post_init__(self) -> None:
        for item in fields(self):
            least = 0 if item.name == "identity" else 1
            if not least <= getattr(self, item.name) <= FASTEST:
                raise ValueError(f"must have `{item.name}` from {least} to {FASTEST}")


class Throttle:
    """The buckets of a server, all its workers together."""

    def __init__(self, rates: Rates, buckets: Buckets | None = None) -> None:
        self._rates = rates
        self._buckets = Buckets() if buckets is None else buckets

    def take(self, who: str, identity: str, operation: Operation) -> None:
        """Take a token for one request; raises Throttling when there is none. `who` is an account, or an address;
        `identity` who it is there, empty for nobody."""
        service = operation.model.service.name
        self._take(identity, (who, service, operation.name), self._rate(service, operation.reads))

    def take_forwarded(self, who: str, identity: str, service: str, operation: str) -> None:
        """Take a token for a request to an upstream; raises Throttling when there is none."""
        self._take(identity, (who, service, operation), self._rates.forwarded)

    def _take(self, identity: str, bucket: tuple[str, str, str], rate: int) -> None:
        own = self._rates.identity if identity else 0
        if own and not self._buckets.take((bucket[0], identity, ""), own):
            raise Throttling
        if not self._buckets.take(bucket, rate):
            raise Throttling

    def clear(self) -> None:
        """All buckets are full again."""
        self._buckets.clear()

    def _rate(self, service: str, reads: bool) -> int:
        if service == "sts":
            return self._rates.sts
        return self._rates.reads if reads else self._rates.writes
