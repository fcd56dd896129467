"""IAM Access Analyzer: analyzers with their archive rules, what they have found, previews, generated policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags


@dataclass(frozen=True, slots=True)
class Analyzer:
    """An analyzer of a region. `rules` are its archive rules by name, as JSON; `analyzed` is the last role looked at.

    `configuration` is JSON, or empty.
    """

    account_id: str
    region: str
    name: str
    type: str
    created: datetime
    rules: str = "{}"
    analyzed: str | None = None
    analyzed_at: datetime | None = None
    tags: Tags = ()
    configuration: str = ""

    @property
    def key(self) -> str:
        return f"{self.region}/{self.name}"

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:access-analyzer:{self.region}:{self.account_id}:analyzer/{self.name}"


@dataclass(frozen=True, slots=True)
class AccessFinding:
    """A finding. `policy_grant` tells about it, as JSON: of external and internal access what the policy says, of unused
    access what is unused. `status` is ACTIVE, ARCHIVED or RESOLVED; `recommended` is when a recommendation was made."""

    account_id: str
    id: str
    analyzer: str  # its key
    resource: str
    policy_grant: str
    status: str
    created: datetime
    updated: datetime
    analyzed: datetime
    type: str = "ExternalAccess"
    resource_type: str = "AWS::IAM::Role"
    recommended: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessPreview:
    """What findings there would be with other policies: the configurations and the findings are JSON."""

    account_id: str
    id: str
    analyzer: str  # its key
    created: datetime
    configurations: str
    findings: str
    status: str = "COMPLETED"


@dataclass(frozen=True, slots=True)
class PolicyGeneration:
    """A policy that was made from the record. `properties` are what was asked, `done` what was found, as JSON; `failure`
    is the error's code and message, a line each."""

    account_id: str
    id: str
    principal_arn: str
    started: datetime
    completed: datetime
    properties: str
    done: str = "[]"
    failure: str | None = None


ANALYZERS = Kind("analyzers", Analyzer, lambda r: r.key)
ACCESS_FINDINGS = Kind("access_findings", AccessFinding, lambda r: r.id, None, {"analyzer": lambda r: r.analyzer})
ACCESS_PREVIEWS = Kind("access_previews", AccessPreview, lambda r: r.id, None, {"analyzer": lambda r: r.analyzer})
POLICY_GENERATIONS = Kind("policy_generations", PolicyGeneration, lambda r: r.id)

KINDS: tuple[Kind[Any], ...] = (ANALYZERS, ACCESS_FINDINGS, ACCESS_PREVIEWS, POLICY_GENERATIONS)
