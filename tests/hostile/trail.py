"""Reading the audit trail out of a database file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from iamd.audit import record
from iamd.store.rows import moment

EVENTS = "SELECT account_id, time, event_id, record FROM events ORDER BY position"


def recorded(directory: Path) -> list[dict[str, Any]]:
    """Every event that is durable, in CloudTrail's format."""
    with closing(sqlite3.connect(directory / "iamd.db")) as connection:
        rows = connection.execute(EVENTS).fetchall()
    return [record(account_id, moment(time), event_id, stored) for account_id, time, event_id, stored in rows]
