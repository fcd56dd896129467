"""Trails: which of an account's events are delivered to a bucket, how far that is, and what signs the digests.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail of its home region. `spans` are the events that it is for, by position: `"120-450"` from behind 120 up to
    450, `"700-"` while it is logging. `selectors` is JSON, the members of PutEventSelectors' answer; empty for a trail
    that takes all management events."""

    account_id: str
    region: str
    name: str
    created: datetime
    bucket: str
    prefix: str | None = None
    multi_region: bool = False
    global_events: bool = True
    validated: bool = False  # digests are delivered
    selectors: str = ""
    spans: tuple[str, ...] = ()
    started: datetime | None = None
    stopped: datetime | None = None
    tags: Tags = ()

    @property
    def key(self) -> str:
        return f"{self.region}/{self.name}"

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:cloudtrail:{self.region}:{self.account_id}:trail/{self.name}"

    def covers(self, position: int) -> bool:
        """Whether the trail is for the event at that position."""
        return any(first < position <= last for first, last in self._spans())

    def pending(self, reached: int) -> int | None:
        """Behind which position there may be events to deliver, when all up to `reached` have been; None when there
        will be none."""
        return next((max(first, reached) for first, last in self._spans() if last > reached), None)

    def _spans(self) -> Iterator[tuple[int, float]]:
        for span in self.spans:
            first, _, last = span.partition("-")
            yield int(first), int(last) if last else inf

    @property
    def is_logging(self) -> bool:
        return bool(self.spans) and self.spans[-1].endswith("-")


@dataclass(frozen=True, slots=True)
class TrailDelivery:
    """How far a trail has been delivered: the position of the last event looked at, and what became of it. `planned`, JSON,
    is which events come next, and when that was decided, from before they are in their bucket until they are."""

    account_id: str
    trail: str  # the trail's key
    reached: int
    delivered: datetime | None = None
    failed: datetime | None = None  # when delivery failed, if it has not succeeded since
    failure: str | None = None
    digested: datetime | None = None
    planned: str | None = None


@dataclass(frozen=True, slots=True)
class DigestChain:
    """The digests of a trail in one region. `since` is where the next begins; `files`, JSON each, are the log files that
    it will have; `previous`, JSON, is what it says of the one before, empty when there is none; `pending`, JSON, is that
    one where it is not known to be in its bucket."""

    account_id: str
    trail: str
    region: str
    since: datetime
    files: tuple[str, ...] = ()
    previous: str = ""
    pending: str = ""


@dataclass(frozen=True, slots=True)
class DigestKey:
    """A key pair that signs digests. `id` is its fingerprint, `public` the public key (PKCS #1, DER)."""

    account_id: str
    id: str
    created: datetime
    expires: datetime
    public: bytes
    sealed: bytes = field(repr=False)


TRAILS = Kind("trails", Trail, lambda r: r.key)
TRAIL_DELIVERIES = Kind("trail_deliveries", TrailDelivery, lambda r: r.trail)
DIGEST_CHAINS = Kind(
    "digest_chains", DigestChain, lambda r: f"{r.trail}/{r.region}", None, {"trail": lambda r: r.trail}
)
DIGEST_KEYS = Kind("digest_keys", DigestKey, lambda r: r.id)

KINDS: tuple[Kind[Any], ...] = (TRAILS, TRAIL_DELIVERIES, DIGEST_CHAINS, DIGEST_KEYS)
