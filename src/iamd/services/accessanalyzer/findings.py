"""Findings: listed, read, archived; resources that were looked at."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from iamd.policy.arns import account_of
from iamd.services.accessanalyzer.analyzers import analyzer_by_arn
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.filters import Filter, checked, matches
from iamd.services.accessanalyzer.internal_access import INTERNAL
from iamd.services.accessanalyzer.observations import Evidence, roles
from iamd.services.accessanalyzer.pages import page
from iamd.services.accessanalyzer.refreshing import (
    UNUSED,
    attributes,
    detail,
    evidence,
    finding_details,
    refreshed,
    summary,
)
from iamd.services.accessanalyzer.resource_kinds import KINDS, ROLE, USER
from iamd.services.accessanalyzer.zones import zone_of
from iamd.services.call import Call, Reply
from iamd.store.kinds.access_analyzer import AccessFinding, Analyzer
from iamd.wire.errors import ResourceNotFoundException, ValidationException

_TOP = 10  # accounts in statistics


def _selected(
    call: Call, analyzer: Analyzer, criteria: Filter | None, sort: dict[str, str] | None
) -> list[AccessFinding]:
    wanted = checked(criteria or {})
    found = [each for each in refreshed(call, analyzer) if matches(wanted, attributes(each))]
    if sort is not None:
        name = sort.get("attributeName", "updatedAt")
        checked({name: {}})
        found.sort(key=lambda each: attributes(each).get(name, ""), reverse=sort.get("orderBy") == "DESC")
    return found


def one(call: Call, analyzer: Analyzer, id_: str) -> AccessFinding:
    """The finding of that id, as things are now. Raises ResourceNotFoundException."""
    for finding in refreshed(call, analyzer):
        if finding.id == id_:
            return finding
    raise ResourceNotFoundException(f"Finding {id_} was not found")


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False)
def list_findings(
    call: Call,
    analyzer: Analyzer,
    *,
    filter: Filter | None = None,
    sort: dict[str, str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """The findings that meet a filter, oldest first unless told otherwise."""
    _only_external(analyzer, "ListFindingsV2")
    return page("findings", _selected(call, analyzer, filter, sort), detail, next_token, max_results)


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False, action="ListFindings")
def list_findings_v2(
    call: Call,
    analyzer: Analyzer,
    *,
    filter: Filter | None = None,
    sort: dict[str, str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """The same, without details."""
    return page("findings", _selected(call, analyzer, filter, sort), summary, next_token, max_results)


def _only_external(analyzer: Analyzer, other: str) -> None:
    if analyzer.type.endswith((UNUSED, INTERNAL)):
        raise ValidationException(f"Findings of analyzers of the type {analyzer.type} are for {other}")


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False)
def get_finding(call: Call, analyzer: Analyzer, *, id: str) -> Reply:
    """The finding of that id."""
    _only_external(analyzer, "GetFindingV2")
    return {"finding": detail(one(call, analyzer, id))}


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False, action="GetFinding")
def get_finding_v2(
    call: Call, analyzer: Analyzer, *, id: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """The finding of that id, with one page of details."""
    finding = one(call, analyzer, id)
    return {**summary(finding), **page("findingDetails", finding_details(finding), dict, next_token, max_results)}


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence)
def update_findings(
    call: Call,
    analyzer: Analyzer,
    *,
    status: str,
    ids: list[str] | None = None,
    resource_arn: str | None = None,
    client_token: str | None = None,
) -> Reply:
    """Archive findings, or make them active again: those named, or all of a resource."""
    if (ids is None) is (resource_arn is None):
        raise ValidationException("Tell either ids or resourceArn")
    present = {each.id: each for each in refreshed(call, analyzer, resource_arn)}
    for id_ in present if ids is None else ids:
        if id_ not in present:
            raise ResourceNotFoundException(f"Finding {id_} was not found")
        if present[id_].status not in ("RESOLVED", status):
            call.records.access_findings.replace(present[id_], status=status, updated=call.now)
    return {}


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence)
def start_resource_scan(
    call: Call, analyzer: Analyzer, *, resource_arn: str, resource_owner_account: str | None = None
) -> Reply:
    """Look at a resource now."""
    _resource(call, analyzer, resource_arn)
    refreshed(call, analyzer)
    call.records.analyzers.replace(analyzer, analyzed=resource_arn, analyzed_at=call.now)
    return {}


def _resources(call: Call, analyzer: Analyzer) -> dict[str, tuple[str, datetime]]:
    """The resources that are looked at, by ARN, with their types and when they were made; those of other services since
    there is the analyzer."""
    zone = zone_of(call, analyzer)
    found: dict[str, tuple[str, datetime]] = {}
    for account_id in () if zone is None else sorted(zone.accounts):
        records = call.records if account_id == call.account_id else call.realm.records(account_id)
        if records is None:
            continue
        if not analyzer.type.endswith(INTERNAL):
            found |= {role.arn: (ROLE, role.created) for role in roles(records)}
        if analyzer.type.endswith(UNUSED):
            found |= {user.arn: (USER, user.created) for user in records.users.sorted()}
        told: Evidence = call.prepared
        others = told.resources.get(account_id, ())
        found |= {each.arn: (KINDS[each.kind].type, analyzer.created) for each in others}
    return found


def _resource(call: Call, analyzer: Analyzer, arn: str) -> tuple[str, datetime]:
    found = _resources(call, analyzer).get(arn)
    if found is None:
        raise ResourceNotFoundException(f"Resource {arn} was not found")
    return found


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence)
def list_analyzed_resources(
    call: Call,
    analyzer: Analyzer,
    *,
    resource_type: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """The resources that are looked at."""
    listed = [
        {"resourceArn": arn, "resourceOwnerAccount": account_of(arn) or call.account_id, "resourceType": type_}
        for arn, (type_, _) in _resources(call, analyzer).items()
        if resource_type in (None, type_)
    ]
    return page("analyzedResources", listed, dict, next_token, max_results)


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False)
def get_analyzed_resource(call: Call, analyzer: Analyzer, *, resource_arn: str) -> Reply:
    """A resource with what is known of the access to it from outside."""
    _only_external(analyzer, "ListFindingsV2")
    type_, created = _resource(call, analyzer, resource_arn)
    found = [detail(each) for each in refreshed(call, analyzer, resource_arn) if each.status != "RESOLVED"]
    about = {
        "createdAt": created,
        "analyzedAt": call.now,
        "updatedAt": max((each["updatedAt"] for each in found), default=created),
        "isPublic": any(each["isPublic"] for each in found),
        "actions": sorted({action for each in found for action in each["action"]}),
        "status": next((each["status"] for each in found if each["status"] == "ACTIVE"), None),
    }
    owner = account_of(resource_arn) or call.account_id
    told = {"resourceArn": resource_arn, "resourceOwnerAccount": owner, "resourceType": type_}
    return {"resource": {**told, **about}}


_NUMBERS = {"ACTIVE": "totalActiveFindings", "ARCHIVED": "totalArchivedFindings", "RESOLVED": "totalResolvedFindings"}


@accessanalyzer.operation(on=analyzer_by_arn, prepare=evidence, reads=False)
def get_findings_statistics(call: Call, analyzer: Analyzer) -> Reply:
    """How many findings there are, by status and type.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingsStatistics.html
    """
    found = refreshed(call, analyzer)
    told: dict[str, Any] = {number: sum(each.status == status for each in found) for status, number in _NUMBERS.items()}
    active = [each for each in found if each.status == "ACTIVE"]
    if analyzer.type.endswith(UNUSED):
        types = Counter(each.type for each in active)
        told["unusedAccessTypeStatistics"] = [
            {"unusedAccessType": name, "total": types[name]} for name in sorted(types)
        ]
        owners = Counter(summary(each)["resourceOwnerAccount"] for each in active)
        told["topAccounts"] = [
            {"account": account, "numberOfActiveFindings": number} for account, number in owners.most_common(_TOP)
        ]
        return {"findingsStatistics": [{"unusedAccessFindingsStatistics": told}], "lastUpdatedAt": call.now}
    if analyzer.type.endswith(INTERNAL):
        told["resourceTypeStatistics"] = {
            type_: {
                number: sum((each.resource_type, each.status) == (type_, status) for each in found)
                for status, number in _NUMBERS.items()
            }
            for type_ in sorted({each.resource_type for each in found})
        }
        return {"findingsStatistics": [{"internalAccessFindingsStatistics": told}], "lastUpdatedAt": call.now}
    told["resourceTypeStatistics"] = {
        type_: _by_publicity([each for each in active if each.resource_type == type_])
        for type_ in sorted({each.resource_type for each in active} | {ROLE})
    }
    return {"findingsStatistics": [{"externalAccessFindingsStatistics": told}], "lastUpdatedAt": call.now}


def _by_publicity(active: list[AccessFinding]) -> dict[str, int]:
    public = sum(json.loads(each.policy_grant)["isPublic"] for each in active)
    return {"totalActivePublic": public, "totalActiveCrossAccount": len(active) - public, "totalActiveErrors": 0}
