"""Findings, brought up to date whenever they are asked for, so that they hold for the policies of that moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from iamd.policy.arns import account_of
from iamd.services.accessanalyzer.external_access import external, learn
from iamd.services.accessanalyzer.filters import Attributes, matches
from iamd.services.accessanalyzer.internal_access import INTERNAL, internal, learn_internal, zone_records
from iamd.services.accessanalyzer.observations import Evidence, Observation, written
from iamd.services.accessanalyzer.resource_kinds import KINDS
from iamd.services.accessanalyzer.unused_access import grants_asked, learn_grants, unused
from iamd.services.accessanalyzer.zones import zone_of
from iamd.services.aside import aside
from iamd.services.call import Call
from iamd.services.invocation import permitted
from iamd.services.known_resources import Configured, Listed
from iamd.store.kinds.access_analyzer import AccessFinding, Analyzer

UNUSED = "UNUSED_ACCESS"


async def evidence(call: Call, *, analyzer_arn: str) -> Evidence:
    """What the analyzer looks at besides records; these are loaded."""
    analyzer: Analyzer = permitted(call).value
    zone = zone_of(call, analyzer)
    accesses: dict[str, Any] = {}
    resources: dict[str, list[Configured]] = {}
    unread: set[str] = set()
    for account_id in () if zone is None else sorted(zone.accounts):
        if zone is None or not call.realm.store.has_account(account_id):
            continue
        records = await call.realm.store.load(account_id)
        if analyzer.type.endswith(UNUSED):
            accesses[account_id] = await call.realm.store.accesses(account_id)
            await aside(call.account_id, partial(learn_grants, grants_asked(records)))
            continue
        listed = await _listed(call, account_id)
        resources[account_id] = list(listed.resources)
        unread |= {KINDS[each].type if each in KINDS else each for each in listed.unread}
        if not analyzer.type.endswith(INTERNAL):
            await learn(call, records, resources[account_id], zone)
    if zone is not None and analyzer.type.endswith(INTERNAL):
        inside = zone_records(zone, call.records, call.realm)
        await learn_internal(call, inside, resources, analyzer.configuration)
    return Evidence(accesses, resources, frozenset(unread))


async def _listed(call: Call, account_id: str) -> Listed:
    """What other services have of an account."""
    every = [await each.of(account_id, call.region) for each in call.realm.inventories]
    by_arn = {each.arn: each for listed in reversed(every) for each in listed.resources}
    return Listed(tuple(by_arn.values()), frozenset().union(*(each.unread for each in every)))


def observed(call: Call, analyzer: Analyzer) -> Iterator[Observation]:
    """What the analyzer sees now."""
    zone = zone_of(call, analyzer)
    told: Evidence = call.prepared
    if zone is not None and analyzer.type.endswith(INTERNAL):
        inside = zone_records(zone, call.records, call.realm)
        yield from internal(inside, told.resources, analyzer.configuration, call.realm)
        return
    for account_id in () if zone is None else sorted(zone.accounts):
        records = call.records if account_id == call.account_id else call.realm.records(account_id)
        if records is None or zone is None:
            continue  # an account that is not of this server
        if analyzer.type.endswith(UNUSED):
            accesses = told.accesses.get(account_id, ())
            yield from unused(records, analyzer.configuration, accesses, call.now, call.realm)
        else:
            yield from external(records, told.resources.get(account_id, ()), zone, call.realm)


def refreshed(call: Call, analyzer: Analyzer, only: str | None = None) -> list[AccessFinding]:
    """The analyzer's findings as things are now; of one resource alone where that is told. Those of resources that
    cannot be looked at now stay as they are."""
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
    unread = call.prepared.unread
    for id_, finding in known.items():
        is_told = finding.resource_type not in unread and finding.resource not in unread
        if id_ not in present and finding.status != "RESOLVED" and is_told:
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


def access_of(finding: AccessFinding) -> str:
    """What access a finding tells of, apart from its source and what restricts it."""
    told: Mapping[str, Any] = json.loads(finding.policy_grant)
    return written({name: told[name] for name in ("principal", "action", "condition", "isPublic")})


def summary(finding: AccessFinding) -> dict[str, Any]:
    """What findings of every type have."""
    return {
        "id": finding.id,
        "resource": finding.resource,
        "resourceType": finding.resource_type,
        "resourceOwnerAccount": _owner(finding),
        "createdAt": finding.created,
        "analyzedAt": finding.analyzed,
        "updatedAt": finding.updated,
        "status": finding.status,
        "findingType": finding.type,
    }


def _owner(finding: AccessFinding) -> str:
    """The account of the resource, which ARNs of buckets do not name."""
    account_id = account_of(finding.resource)
    if account_id is None:
        account_id = json.loads(finding.policy_grant).get("resourceOwnerAccount", finding.account_id)
    return account_id


_DETAILS = {
    "ExternalAccess": "externalAccessDetails",
    "InternalAccess": "internalAccessDetails",
    "UnusedIAMRole": "unusedIamRoleDetails",
    "UnusedIAMUserAccessKey": "unusedIamUserAccessKeyDetails",
    "UnusedIAMUserPassword": "unusedIamUserPasswordDetails",
    "UnusedPermission": "unusedPermissionDetails",
}


def finding_details(finding: AccessFinding) -> list[dict[str, Any]]:
    """The details of a finding as GetFindingV2 pages through them."""
    told = json.loads(finding.policy_grant)
    every = told if isinstance(told, list) else [told]
    return [{_DETAILS[finding.type]: _timed(each)} for each in every]


def _timed(told: dict[str, Any]) -> dict[str, Any]:
    """The same with times for the texts that stand for them."""
    found = {name: value for name, value in told.items() if value is not None and name != "resourceOwnerAccount"}
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
    if finding.type not in ("ExternalAccess", "InternalAccess"):
        return found
    grant = json.loads(finding.policy_grant)
    found |= {
        **{f"principal.{type_}": value for type_, value in grant["principal"].items()},
        **{f"condition.{key}": value for key, value in grant["condition"].items()},
        **{name: grant[name] for name in ("accessType", "principalType", "principalOwnerAccount") if name in grant},
    }
    return found if "isPublic" not in grant else {**found, "isPublic": "true" if grant["isPublic"] else "false"}
