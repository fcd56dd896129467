"""Event data stores: which of an account's events can be asked in SQL, and what was asked.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake-concepts.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.collection import Kind
from iamd.store.records import PARTITION, Tags


@dataclass(frozen=True, slots=True)
class EventDataStore:
    """An event data store. `spans` are the events that it has, JSON each: `{"first": 120, "last": 450, "selectors":
    [...]}` for those behind position 120 up to 450 that one of the advanced selectors takes; the last one has no `last`
    while the store takes in events. `selectors` is JSON, those of now. `deleted` is when its deletion was asked for."""

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
    spans: tuple[str, ...] = ()
    deleted: datetime | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:cloudtrail:{self.region}:{self.account_id}:eventdatastore/{self.id}"

    @property
    def is_ingesting(self) -> bool:
        return bool(self.spans) and '"last"' not in self.spans[-1]


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A query over `stores` (ids). `status` is CloudTrail's word; `ended` is when it became what it is now, unless it is
    still to be done; `rows` of its result, `scanned` events and `bytes` of files are known once it has finished."""

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


EVENT_DATA_STORES = Kind("event_data_stores", EventDataStore, lambda r: r.id)
EVENT_QUERIES = Kind("event_queries", EventQuery, lambda r: r.id)

KINDS: tuple[Kind[Any], ...] = (EVENT_DATA_STORES, EVENT_QUERIES)
