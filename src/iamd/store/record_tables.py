"""The tables of what is made of the record: event data stores, queries and their results, findings."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from iamd.store.columns import blob, flag, large, metadata, number, optional, optional_time, records, text, time

event_data_stores = records(
    "event_data_stores",
    "id",
    *map(text, ("id", "region", "name")),
    *map(time, ("created", "updated")),
    number("retention_days"),
    *map(flag, ("multi_region", "protected")),
    *map(text, ("billing", "selectors", "taken")),
    optional_time("deleted"),
    text("tags"),
)
event_queries = records(
    "event_queries",
    "id",
    *map(text, ("id", "stores", "statement")),
    time("created"),
    text("status"),
    optional_time("ended"),
    optional("failure"),
    number("rows"),
    *map(large, ("scanned", "bytes")),
    number("milliseconds"),
    *map(optional, ("delivery_uri", "delivery_status")),
)
query_results = Table(
    "query_results",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    time("time"),
    blob("content"),
    Index("query_results_time", "time"),
    comment="what queries of event data stores found, for a week",
)
findings = Table(
    "findings",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    time("updated"),
    flag("archived"),
    blob("content"),
    Index("findings_updated", "updated"),
    comment="what was detected in the stream of events",
)
detection_memory = Table(
    "detection_memory",
    metadata,
    Column("account_id", Text, primary_key=True),
    large("reached"),
    blob("content"),
    comment="what detections remember of an account's events up to a position",
)
