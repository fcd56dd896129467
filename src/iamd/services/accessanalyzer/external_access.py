"""What an analyzer of the account knows: its findings are brought up to date whenever they are asked for, so that
they hold for the policies of that moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from iamd.analysis.external import Grant, grants
from iamd.policy import Kind, MalformedPolicy
from iamd.policy.parse import read_document
from iamd.services.accessanalyzer.filters import Attributes, matches
from iamd.services.call import Call
from iamd.services.iam.trust import rendered
from iamd.store.kinds.access_analyzer import AccessFinding, Analyzer
from iamd.store.records import Role

ROLE = "AWS::IAM::Role"
_LINKED = "/aws-service-role/"


def roles(call: Call) -> list[Role]:
    """The roles that are looked at: service-linked ones trust their service alone."""
    return [role for role in call.records.roles.sorted() if not role.path.startswith(_LINKED)]


def refreshed(call: Call, analyzer: Analyzer, only: str | None = None) -> list[AccessFinding]:
    """The analyzer's findings as the policies are now; of one resource alone where that is told."""
    known = {each.id: each for each in call.records.access_findings.where("analyzer", analyzer.key)}
    present: set[str] = set()
    for role in roles(call):
        for grant in _of(call, role):
            found = _written(grant)
            id_ = str(uuid5(NAMESPACE_URL, f"{analyzer.arn} {analyzer.created} {role.id} {found}"))
            present.add(id_)
            if id_ not in known:
                known[id_] = _added(call, analyzer, role, id_, found)
            elif known[id_].status == "RESOLVED":
                known[id_] = _changed(call, known[id_], _status(analyzer, known[id_]))
    for id_, finding in known.items():
        if id_ not in present and finding.status != "RESOLVED":
            known[id_] = _changed(call, finding, "RESOLVED")
    listed = sorted(known.values(), key=lambda each: (each.created, each.id))
    return [each for each in listed if only in (None, each.resource)]


def _of(call: Call, role: Role) -> Iterator[Grant]:
    try:
        document = read_document(rendered(role, call.realm), Kind.TRUST)
    except MalformedPolicy:  # stored policies are read; what is not can let nobody in
        return
    yield from grants(document, role.arn, call.account_id)


def _written(grant: Grant) -> str:
    written = {
        "principal": {grant.type: grant.principal},
        "action": list(grant.actions),
        "condition": dict(grant.conditions),
        "isPublic": grant.is_public,
    }
    return json.dumps(written, sort_keys=True)


def _added(call: Call, analyzer: Analyzer, role: Role, id_: str, grant: str) -> AccessFinding:
    now = call.now
    finding = AccessFinding(call.account_id, id_, analyzer.key, role.arn, grant, "ACTIVE", now, now, now)
    kept: AccessFinding = call.records.access_findings.add(replace(finding, status=_status(analyzer, finding)))
    return kept


def _changed(call: Call, finding: AccessFinding, status: str) -> AccessFinding:
    kept: AccessFinding = call.records.access_findings.replace(
        finding, status=status, updated=call.now, analyzed=call.now
    )
    return kept


def _status(analyzer: Analyzer, finding: AccessFinding) -> str:
    """The status of a finding that is new, or there again: archived by the first rule that it meets."""
    rules = json.loads(analyzer.rules).values()
    told = attributes(finding)
    return "ARCHIVED" if any(matches(rule["filter"], told) for rule in rules) else "ACTIVE"


def detail(finding: AccessFinding) -> dict[str, Any]:
    """An external access finding as GetFinding and ListFindings show it."""
    return {**summary(finding), **json.loads(finding.policy_grant)}


def summary(finding: AccessFinding) -> dict[str, Any]:
    """What findings of every type have."""
    return {
        "id": finding.id,
        "resource": finding.resource,
        "resourceType": ROLE,
        "resourceOwnerAccount": finding.account_id,
        "createdAt": finding.created,
        "analyzedAt": finding.analyzed,
        "updatedAt": finding.updated,
        "status": finding.status,
    }


def attributes(finding: AccessFinding) -> Attributes:
    """What filters see of a finding."""
    grant = json.loads(finding.policy_grant)
    return {
        **{name: value for name, value in summary(finding).items() if isinstance(value, str)},
        **{name: summary(finding)[name].isoformat() for name in ("createdAt", "updatedAt", "analyzedAt")},
        **{f"principal.{type_}": value for type_, value in grant["principal"].items()},
        **{f"condition.{key}": value for key, value in grant["condition"].items()},
        "isPublic": "true" if grant["isPublic"] else "false",
        "findingType": "ExternalAccess",
    }
