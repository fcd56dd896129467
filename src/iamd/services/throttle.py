"""Request rates: a token bucket for each account and operation, as AWS limits its APIs.

AWS publishes a rate for STS only (the page "IAM and AWS STS quotas"); those for all others are as EC2 has them, whose
page "Request throttling for the Amazon EC2 API" describes the buckets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from time import monotonic_ns
from typing import TYPE_CHECKING

from iamd.node.memory import Table
from iamd.wire.errors import Throttling

if TYPE_CHECKING:
    from iamd.services.registry import Operation

SECOND = 1_000_000_000  # in nanoseconds
BURST = 5  # seconds: a bucket holds what arrives in this time
FASTEST = 1_000_000
MOST = 16_384  # buckets at a time that are not full


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second, for each account and operation. Raises ValueError for rates that are none."""

    reads: int = 20
    writes: int = 5
    sts: int = 600
    forwarded: int = 3500  # what a prefix of a bucket takes of writes

    def __post_init__(self) -> None:
        for item in fields(self):
            if not 1 <= getattr(self, item.name) <= FASTEST:
                raise ValueError(f"must have `{item.name}` from 1 to {FASTEST}")


class Throttle:
    """The buckets of a server, all its workers together. `clock` tells nanoseconds and never goes back."""

    def __init__(self, rates: Rates, clock: Callable[[], int] = monotonic_ns) -> None:
        self._rates = rates
        self._clock = clock
        self._full_at = Table(MOST, 1)  # when each bucket will be full again: all there is to know of it

    def take(self, who: str, operation: Operation) -> None:
        """Take a token for one request; raises Throttling when there is none. `who` is an account, or an address."""
        service = operation.model.service.name
        self._take((who, service, operation.name), self._rate(service, operation.reads))

    def take_forwarded(self, who: str, service: str, operation: str) -> None:
        """Take a token for a request to an upstream; raises Throttling when there is none."""
        self._take((who, service, operation), self._rates.forwarded)

    def _take(self, bucket: tuple[str, str, str], rate: int) -> None:
        now = self._clock()
        with self._full_at.entry(bucket, now) as entry:
            full_at = max(entry[0], now) + SECOND // rate
            if full_at - now > BURST * SECOND:
                raise Throttling()
            entry[0] = full_at

    def clear(self) -> None:
        """All buckets are full again."""
        self._full_at.clear()

    def _rate(self, service: str, reads: bool) -> int:
        if service == "sts":
            return self._rates.sts
        return self._rates.reads if reads else self._rates.writes
