"""Who came to the console from elsewhere; where results of queries are delivered."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    "ALTER TABLE console_sessions ADD COLUMN sealed TEXT",
    "ALTER TABLE event_queries ADD COLUMN delivery_uri TEXT",
    "ALTER TABLE event_queries ADD COLUMN delivery_status TEXT",
)
