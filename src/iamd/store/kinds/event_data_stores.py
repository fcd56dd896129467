"""Event data stores: which of an account's events can be asked in SQL, and what was asked.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake-concepts.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """Events that a store has: those behind position `first` up to `last` (None: it takes in more) that one of the
    advanced selectors takes, and that are of its region, unless it is for all."""

    first: int
    selectors: list[dict[str, Any]]
    last: int | None = None
    multi_region: bool = True

    def text(self) -> str:
        return msgspec.json.encode(self).decode()


_span = msgspec.json.Decoder(Span).decode


@lru_cache(maxsize=1024)
def _spans(texts: tuple[str, ...]) -> Sequence[Span]:
    return [_span(text) for text in texts]


@dataclass(frozen=True, slots=True)
class EventDataStore:
    """An event data store. `taken` are its spans (see `Span`), JSON each, `selectors` those of now. `deleted` is when its
    deletion was asked for."""

    account_id: str
    id: str
    region: str
    name: str
    created: datetime
    updated: datetime
    retention_days: int
    multi_region: bool = True
    protected: bool = True  # from being deleted
    billing: str = "EXTENDABLE_RETENTION_PRICING"
    selectors: str = "[]"
    taken: tuple[str, ...] = ()
    deleted: datetime | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:cloudtrail:{self.region}:{self.account_id}:eventdatastore/{self.id}"

    @property
    def is_ingesting(self) -> bool:
        return bool(self.taken) and self.spans[-1].last is None

    @property
    def spans(self) -> Sequence[Span]:
        return _spans(self.taken)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A query over `stores` (ids). `status` is CloudTrail's word; `ended` is when it became what it is now, unless it is
    still to be done; `rows` of its result, `scanned` events and `bytes` of files are known once it has finished.
    `delivery_uri` is where the result is to be put, `delivery_status` CloudTrail's word for how that went."""

    account_id: str
    id: str
    stores: tuple[str, ...]
    statement: str
    created: datetime
    status: str = "QUEUED"
    ended: datetime | None = None
    failure: str | None = None
    rows: int = 0
    scanned: int = 0
    bytes: int = 0
    milliseconds: int = 0
    delivery_uri: str | None = None
    delivery_status: str | None = None


EVENT_DATA_STORES = Kind("event_data_stores", EventDataStore, lambda r: r.id)
EVENT_QUERIES = Kind("event_queries", EventQuery, lambda r: r.id)

KINDS: tuple[Kind[Any], ...] = (EVENT_DATA_STORES, EVENT_QUERIES)
