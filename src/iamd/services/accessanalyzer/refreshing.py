"""Findings, brought up to date whenever they are asked for, so that they hold for the policies of that moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from iamd.policy.arns import account_of
from iamd.services.accessanalyzer.filters import Attributes, matches
from iamd.services.accessanalyzer.observations import Evidence, Observation, external
from iamd.services.accessanalyzer.unused_access import grants_asked, learn_grants, unused
from iamd.services.accessanalyzer.zones import zone_of
from iamd.services.call import Call
from iamd.services.invocation import permitted
from iamd.store.kinds.access_analyzer import AccessFinding, Analyzer

UNUSED = "UNUSED_ACCESS"


async def evidence(call: Call, *, analyzer_arn: str) -> Evidence:
    """What the analyzer looks at besides records; these are loaded."""
    analyzer: Analyzer = permitted(call).value
    zone = zone_of(call, analyzer)
    accounts = () if zone is None else sorted(zone.accounts)
    accesses = {}
    for account_id in accounts:
        if call.realm.store.has_account(account_id):
            records = await call.realm.store.load(account_id)
            if analyzer.type.endswith(UNUSED):
                accesses[account_id] = await call.realm.store.accesses(account_id)
                await asyncio.to_thread(learn_grants, grants_asked(records))
    return Evidence(accesses)


def observed(call: Call, analyzer: Analyzer) -> Iterator[Observation]:
    """What the analyzer sees now."""
    zone = zone_of(call, analyzer)
    for account_id in () if zone is None else sorted(zone.accounts):
        records = call.records if account_id == call.account_id else call.realm.records(account_id)
        if records is None or zone is None:
            continue  # an account that is not of this server
        if analyzer.type.endswith(UNUSED):
            told: Evidence = call.prepared
            accesses = told.accesses.get(account_id, ())
            yield from unused(records, analyzer.configuration, accesses, call.now, call.realm)
        else:
            yield from external(records, zone, call.realm)


def refreshed(call: Call, analyzer: Analyzer, only: str | None = None) -> list[AccessFinding]:
    """The analyzer's findings as things are now; of one resource alone where that is told."""
    known = {each.id: each for each in call.records.access_findings.where("analyzer", analyzer.key)}
    present: set[str] = set()
    for seen in observed(call, analyzer):
        id_ = str(uuid5(NAMESPACE_URL, f"{analyzer.arn} {analyzer.created} {seen.seed}"))
        present.add(id_)
        if id_ not in known:
            known[id_] = _added(call, analyzer, id_, seen)
        elif known[id_].status == "RESOLVED" or known[id_].policy_grant != seen.told:
            again = replace(known[id_], policy_grant=seen.told)
            status = _status(analyzer, again) if known[id_].status == "RESOLVED" else known[id_].status
            known[id_] = _changed(call, known[id_], status, seen.told)
    for id_, finding in known.items():
        if id_ not in present and finding.status != "RESOLVED":
            known[id_] = _changed(call, finding, "RESOLVED", finding.policy_grant)
    listed = sorted(known.values(), key=lambda each: (each.created, each.id))
    return [each for each in listed if only in (None, each.resource)]


def _added(call: Call, analyzer: Analyzer, id_: str, seen: Observation) -> AccessFinding:
    now = call.now
    finding = AccessFinding(
        call.account_id,
        id_,
        analyzer.key,
        seen.resource,
        seen.told,
        "ACTIVE",
        now,
        now,
        now,
        seen.type,
        seen.resource_type,
    )
    kept: AccessFinding = call.records.access_findings.add(replace(finding, status=_status(analyzer, finding)))
    return kept


def _changed(call: Call, finding: AccessFinding, status: str, told: str) -> AccessFinding:
    kept: AccessFinding = call.records.access_findings.replace(
        finding, status=status, policy_grant=told, updated=call.now, analyzed=call.now
    )
    return kept


def _status(analyzer: Analyzer, finding: AccessFinding) -> str:
    """The status of a finding that is new, or there again: archived by the first rule that it meets."""
    rules = json.loads(analyzer.rules).values()
    told = attributes(finding)
    return "ARCHIVED" if any(matches(rule["filter"], told) for rule in rules) else "ACTIVE"


def detail(finding: AccessFinding) -> dict[str, Any]:
    """An external access finding as GetFinding and ListFindings show it."""
    told = {name: value for name, value in summary(finding).items() if name != "findingType"}
    return {**told, **json.loads(finding.policy_grant)}


def summary(finding: AccessFinding) -> dict[str, Any]:
    """What findings of every type have."""
    return {
        "id": finding.id,
        "resource": finding.resource,
        "resourceType": finding.resource_type,
        "resourceOwnerAccount": account_of(finding.resource) or finding.account_id,
        "createdAt": finding.created,
        "analyzedAt": finding.analyzed,
        "updatedAt": finding.updated,
        "status": finding.status,
        "findingType": finding.type,
    }


_DETAILS = {
    "ExternalAccess": "externalAccessDetails",
    "UnusedIAMRole": "unusedIamRoleDetails",
    "UnusedIAMUserAccessKey": "unusedIamUserAccessKeyDetails",
    "UnusedIAMUserPassword": "unusedIamUserPasswordDetails",
    "UnusedPermission": "unusedPermissionDetails",
}


def finding_details(finding: AccessFinding) -> list[dict[str, Any]]:
    """The details of a finding as GetFindingV2 pages through them."""
    told = json.loads(finding.policy_grant)
    return [{_DETAILS[finding.type]: _timed(each)} for each in (told if isinstance(told, list) else [told])]


def _timed(told: dict[str, Any]) -> dict[str, Any]:
    """The same with times for the texts that stand for them."""
    found = {name: value for name, value in told.items() if value is not None}
    if "lastAccessed" in found:
        found["lastAccessed"] = datetime.fromisoformat(found["lastAccessed"])
    if "serviceNamespace" in found:
        found["actions"] = [_timed(each) for each in found.get("actions", [])]
    return found


def attributes(finding: AccessFinding) -> Attributes:
    """What filters see of a finding."""
    members = summary(finding)
    found = {
        **{name: value for name, value in members.items() if isinstance(value, str)},
        **{name: members[name].isoformat() for name in ("createdAt", "updatedAt", "analyzedAt")},
    }
    if finding.type != "ExternalAccess":
        return found
    grant = json.loads(finding.policy_grant)
    return {
        **found,
        **{f"principal.{type_}": value for type_, value in grant["principal"].items()},
        **{f"condition.{key}": value for key, value in grant["condition"].items()},
        "isPublic": "true" if grant["isPublic"] else "false",
    }
