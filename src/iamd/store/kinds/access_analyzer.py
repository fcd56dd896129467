"""IAM Access Analyzer: analyzers with their archive rules, and what they have found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.collection import Kind
from iamd.store.records import PARTITION, Tags


@dataclass(frozen=True, slots=True)
class Analyzer:
    """An analyzer of a region. `rules` are its archive rules by name, as JSON; `analyzed` is the last role looked at."""

    account_id: str
    region: str
    name: str
    type: str
    created: datetime
    rules: str = "{}"
    analyzed: str | None = None
    analyzed_at: datetime | None = None
    tags: Tags = ()

    @property
    def key(self) -> str:
        return f"{self.region}/{self.name}"

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:access-analyzer:{self.region}:{self.account_id}:analyzer/{self.name}"


@dataclass(frozen=True, slots=True)
class AccessFinding:
    """Access that someone outside has. `policy_grant` is what the policy says of it, as JSON; `status` is ACTIVE, ARCHIVED or
    RESOLVED."""

    account_id: str
    id: str
    analyzer: str  # its key
    resource: str
    policy_grant: str
    status: str
    created: datetime
    updated: datetime
    analyzed: datetime


ANALYZERS = Kind("analyzers", Analyzer, lambda r: r.key)
ACCESS_FINDINGS = Kind("access_findings", AccessFinding, lambda r: r.id, None, {"analyzer": lambda r: r.analyzer})

KINDS: tuple[Kind[Any], ...] = (ANALYZERS, ACCESS_FINDINGS)
