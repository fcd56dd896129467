"""Recommendations: what to do about permissions that nobody uses, policy by policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iamd.analysis.trimming import trimmed
from iamd.policy.arns import account_of
from iamd.reference import services
from iamd.services.accessanalyzer.analyzers import analyzer_by_arn
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.findings import one
from iamd.services.accessanalyzer.pages import page
from iamd.services.accessanalyzer.refreshing import evidence
from iamd.services.call import Call, Reply
from iamd.services.iam.sources import policies_of
from iamd.store.image import Records
from iamd.store.kinds.access_analyzer import AccessFinding, Analyzer
from iamd.store.records import Role, User
from iamd.wire.errors import ResourceNotFoundException, ValidationException

_TYPE = "UnusedPermission"


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False)
def generate_finding_recommendation(call: Call, analyzer: Analyzer, *, id: str) -> Reply:
    """Make a recommendation for a finding of unused permissions; it is ready at once."""
    finding = one(call, analyzer, id)
    if finding.type != _TYPE:
        raise ValidationException(f"There are recommendations for findings of the type {_TYPE} alone")
    call.records.access_findings.replace(finding, recommended=call.now)
    return {}


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False)
def get_finding_recommendation(
    call: Call, analyzer: Analyzer, *, id: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """The recommendation for a finding: which policies to replace, and by what, or to detach."""
    finding = one(call, analyzer, id)
    if finding.recommended is None:
        raise ResourceNotFoundException(f"There is no recommendation for the finding {id}")
    return {
        "startedAt": finding.recommended,
        "completedAt": finding.recommended,
        "resourceArn": finding.resource,
        "recommendationType": "UnusedPermissionRecommendation",
        "status": "SUCCEEDED",
        **page("recommendedSteps", list(_steps(call, finding)), dict, next_token, max_results),
    }


def _steps(call: Call, finding: AccessFinding) -> Iterator[dict[str, Any]]:
    account_id = account_of(finding.resource) or call.account_id
    records = call.records if account_id == call.account_id else call.realm.records(account_id)
    entity = None if records is None else _entity(records, finding.resource)
    if records is None or entity is None:
        return
    unused = {
        each["serviceNamespace"]: frozenset(action["action"] for action in each["actions"])
        if "actions" in each
        else None
        for each in json.loads(finding.policy_grant)
    }
    for policy in policies_of(records, entity):
        less = trimmed(policy.document, unused, frozenset(services.prefixes()))
        step: dict[str, Any] = {"existingPolicyId": policy.arn or policy.name}
        if less is None:
            step["recommendedAction"] = "DETACH_POLICY"
        elif less != json.loads(policy.document):
            step |= {"recommendedAction": "CREATE_POLICY", "recommendedPolicy": json.dumps(less)}
        else:
            continue
        yield {"unusedPermissionsRecommendedStep": step}


def _entity(records: Records, arn: str) -> User | Role | None:
    name = arn.rpartition("/")[2]
    named: list[User | Role | None] = [records.users.named(name), records.roles.named(name)]
    return next((entity for entity in named if entity is not None and entity.arn == arn), None)
