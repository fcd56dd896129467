"""Reading the audit trail out of a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from iamd.audit.stored import record_of
from iamd.store.runs import Run
from tests import elsewhere

EVENTS = "SELECT position, account_id, time, event_id, record, length FROM events ORDER BY position"


def recorded(directory: Path) -> list[dict[str, Any]]:
    """Every event that is durable, in CloudTrail's format."""
    return told(elsewhere.query(directory, EVENTS))


def told(rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """The events in rows of their table."""
    return [record_of(event) for row in rows for event in Run(*row).records()]
