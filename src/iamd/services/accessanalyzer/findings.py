"""Findings: listed, read, archived; resources that were looked at."""

from __future__ import annotations

from typing import Any

from iamd.services.accessanalyzer.analyzers import analyzer_by_arn
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.external_access import ROLE, attributes, detail, refreshed, roles, summary
from iamd.services.accessanalyzer.filters import Filter, checked, matches
from iamd.services.accessanalyzer.pages import page
from iamd.services.call import Call, Reply
from iamd.store.kinds.access_analyzer import AccessFinding, Analyzer
from iamd.wire.errors import ResourceNotFoundException, ValidationException


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


def _one(call: Call, analyzer: Analyzer, id_: str) -> AccessFinding:
    for finding in refreshed(call, analyzer):
        if finding.id == id_:
            return finding
    raise ResourceNotFoundException(f"Finding {id_} was not found")


@accessanalyzer.operation(on=analyzer_by_arn, reads=False)
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
    return page("findings", _selected(call, analyzer, filter, sort), detail, next_token, max_results)


@accessanalyzer.operation(on=analyzer_by_arn, reads=False, action="ListFindings")
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
    return page("findings", _selected(call, analyzer, filter, sort), _summary_v2, next_token, max_results)


def _summary_v2(finding: AccessFinding) -> dict[str, Any]:
    return {**summary(finding), "findingType": "ExternalAccess"}


@accessanalyzer.operation(on=analyzer_by_arn, reads=False)
def get_finding(call: Call, analyzer: Analyzer, *, id: str) -> Reply:
    """The finding of that id."""
    return {"finding": detail(_one(call, analyzer, id))}


@accessanalyzer.operation(on=analyzer_by_arn, reads=False, action="GetFinding")
def get_finding_v2(
    call: Call, analyzer: Analyzer, *, id: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """The finding of that id, with one page of details."""
    finding = _one(call, analyzer, id)
    told = {name: value for name, value in detail(finding).items() if name not in summary(finding)}
    details = page("findingDetails", [{"externalAccessDetails": told}], dict, next_token, max_results)
    return {**_summary_v2(finding), **details}


@accessanalyzer.operation(on=analyzer_by_arn)
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


@accessanalyzer.operation(on=analyzer_by_arn)
def start_resource_scan(
    call: Call, analyzer: Analyzer, *, resource_arn: str, resource_owner_account: str | None = None
) -> Reply:
    """Look at a role's trust policy now."""
    _role(call, resource_arn)
    refreshed(call, analyzer)
    call.records.analyzers.replace(analyzer, analyzed=resource_arn, analyzed_at=call.now)
    return {}


def _role(call: Call, arn: str) -> Any:
    role = next((role for role in roles(call) if role.arn == arn), None)
    if role is None:
        raise ResourceNotFoundException(f"Resource {arn} was not found")
    return role


@accessanalyzer.operation(on=analyzer_by_arn)
def list_analyzed_resources(
    call: Call,
    analyzer: Analyzer,
    *,
    resource_type: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """The roles that are looked at."""
    looked_at = [role.arn for role in roles(call)] if resource_type in (None, ROLE) else []
    return page("analyzedResources", looked_at, lambda arn: _resource(call, arn), next_token, max_results)


def _resource(call: Call, arn: str) -> dict[str, Any]:
    return {"resourceArn": arn, "resourceOwnerAccount": call.account_id, "resourceType": ROLE}


@accessanalyzer.operation(on=analyzer_by_arn, reads=False)
def get_analyzed_resource(call: Call, analyzer: Analyzer, *, resource_arn: str) -> Reply:
    """A role with what is known of the access to it."""
    role = _role(call, resource_arn)
    found = [detail(each) for each in refreshed(call, analyzer, resource_arn) if each.status != "RESOLVED"]
    about = {
        "createdAt": role.created,
        "analyzedAt": call.now,
        "updatedAt": max((each["updatedAt"] for each in found), default=role.created),
        "isPublic": any(each["isPublic"] for each in found),
        "actions": sorted({action for each in found for action in each["action"]}),
        "status": next((each["status"] for each in found if each["status"] == "ACTIVE"), None),
    }
    return {"resource": {**_resource(call, resource_arn), **about}}
