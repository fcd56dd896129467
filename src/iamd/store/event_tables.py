"""The tables of what has happened: audit events and their index, last uses, denials."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint

from iamd.store.columns import blob, metadata, position, text, time

events = Table(
    "events",
    metadata,
    position(),
    text("account_id"),
    time("time"),
    text("event_id"),
    Column("revision", BigInteger),
    blob("record"),
    Column("length", Integer, nullable=False, server_default="1"),
    Index("events_time", "account_id", "time"),
    comment="audit records: one, or a run of so many, of which position and time are the last one's and the id the "
    "first one's; revision is that of the change that one tells of",
)
event_blocks = Table(
    "event_blocks",
    metadata,
    position(),
    comment="the last audit record of every block of them that has been indexed",
)
event_postings = Table(
    "event_postings",
    metadata,
    position(),
    text("account_id"),
    text("term"),
    time("newest"),
    time("oldest"),
    blob("postings"),
    Index("event_postings_term", "account_id", "term", "newest", "oldest"),
    comment="which audit records of a block are found by a term: the differences between the times and positions of "
    "their runs, and which of the shapes of each",
)
last_used = Table(
    "last_used",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    time("time"),
    text("region"),
    text("service"),
    comment="when an access key or a role was last used",
)
last_accessed = Table(
    "last_accessed",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("principal_id", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    time("time"),
    text("region"),
    comment="when a principal last attempted an action",
)
denials = Table(
    "denials",
    metadata,
    position(),
    text("account_id"),
    time("time"),
    text("id"),
    blob("record"),
    Index("denials_account", "account_id", "position"),
    Index("denials_time", "time"),
    Index("denials_id", "id"),
    UniqueConstraint("account_id", "id"),
    comment="requests that were denied, for a day; their documents are in denial_documents",
)
denial_documents = Table(
    "denial_documents",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    time("used"),
    text("document"),
    Index("denial_documents_used", "used"),
    comment="documents that denials were decided on; used is when one of these was, at most an hour before the last",
)
