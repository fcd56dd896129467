"""Reports that are made once and read afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind


@dataclass(frozen=True, slots=True)
class AccessReport:
    """When services were last accessed, as it was when the report was asked for.

    `owner` is who asked: a user's id, the account's for its root user, a session's access key id; nobody else may read
    the report. `content` is JSON, deflated (RFC 1950), in the form that the service of the reports gives it.
    """

    account_id: str
    id: str  # a UUID
    owner: str
    granularity: str  # "SERVICE_LEVEL" or "ACTION_LEVEL"; "ORGANIZATION" for a report on accounts of an organization
    created: datetime
    content: bytes = field(repr=False)


ACCESS_REPORTS = Kind("access_reports", AccessReport, lambda r: r.id)

KINDS: tuple[Kind[Any], ...] = (ACCESS_REPORTS,)
