"""Access previews: the findings that there would be with another configuration of a resource."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from iamd.analysis.external import Zone
from iamd.audit.ids import new_uuid
from iamd.policy import MalformedPolicy
from iamd.policy.arns import account_of
from iamd.services.accessanalyzer.analyzers import analyzer_by_arn
from iamd.services.accessanalyzer.api import accessanalyzer
from iamd.services.accessanalyzer.configured import Seen, let_in
from iamd.services.accessanalyzer.external_access import denials_above, is_bound, restriction
from iamd.services.accessanalyzer.filters import Filter, checked, matches
from iamd.services.accessanalyzer.observations import Evidence, written
from iamd.services.accessanalyzer.pages import page
from iamd.services.accessanalyzer.refreshing import access_of, evidence, refreshed
from iamd.services.accessanalyzer.resource_kinds import KINDS
from iamd.services.accessanalyzer.zones import zone_of
from iamd.services.aside import aside
from iamd.services.call import Call, Reply
from iamd.services.iam.trust import rendered
from iamd.services.invocation import permitted
from iamd.store.kinds.access_analyzer import AccessPreview, Analyzer
from iamd.wire.errors import ConflictException, ResourceNotFoundException, ValidationException

KEPT = 1_000  # of an analyzer; AWS makes as many in an hour
_MORE_FILTERS = frozenset({"changeType", "existingFindingId", "existingFindingStatus"})
_TEXTS = ("existingFindingId", "existingFindingStatus", "changeType", "status", "resourceType", "resource", "id")


async def proposed(call: Call, *, analyzer_arn: str, configurations: dict[str, dict[str, Any]]) -> Evidence:
    """What there is now. What is proposed is looked at, too, off the event loop, and what was found of it is kept."""
    told = await evidence(call, analyzer_arn=analyzer_arn)
    zone = zone_of(call, permitted(call).value)
    if zone is None or len(configurations) != 1:
        return told
    ((resource, configuration),) = configurations.items()
    for kind, given in configuration.items():
        whole = {**_present(told, kind, resource), **given}
        with suppress(MalformedPolicy):
            await aside(call.account_id, partial(_seen, call, kind, whole, resource, zone))
    return told


@accessanalyzer.operation(on=analyzer_by_arn, prepare=proposed)
def create_access_preview(
    call: Call, analyzer: Analyzer, *, configurations: dict[str, dict[str, Any]], client_token: str | None = None
) -> Reply:
    """Find out what a resource would let in. It is known at once.

    https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAccessPreview.html
    """
    if analyzer.type != "ACCOUNT":
        raise ValidationException("An access preview needs an analyzer of the type ACCOUNT")
    if len(configurations) != 1 or len(next(iter(configurations.values()))) != 1:
        raise ValidationException("configurations must contain exactly one element, with one configuration")
    old = call.records.access_previews.where("analyzer", analyzer.key)
    for preview in list(old)[: max(0, len(old) - KEPT + 1)]:
        call.records.access_previews.remove(preview)
    ((resource, configuration),) = configurations.items()
    try:
        found, status = list(_previewed(call, analyzer, resource, configuration)), "COMPLETED"
    except MalformedPolicy:
        found, status = [], "FAILED"
    made = AccessPreview(
        call.account_id, new_uuid(), analyzer.key, call.now, json.dumps(configurations), json.dumps(found), status
    )
    return {"id": call.records.access_previews.add(made).id}


def _previewed(
    call: Call, analyzer: Analyzer, resource: str, configuration: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The findings of a preview, and those that would be resolved. Raises MalformedPolicy."""
    zone = zone_of(call, analyzer)
    ((kind, given),) = configuration.items()
    given = _completed(call, kind, given, resource)
    known = {access_of(each): each for each in refreshed(call, analyzer, resource) if each.status != "RESOLVED"}
    common = {"resource": resource, "resourceType": KINDS[kind].type}
    common["resourceControlPolicyRestriction"] = restriction(
        str(given), _service(kind), denials_above(call.account_id, call.realm)
    )
    seen = [] if zone is None else _seen(call, kind, given, resource, zone)
    for source, access in seen:
        told = written(access.told())
        existing = known.pop(told, None)
        id_ = str(uuid5(NAMESPACE_URL, f"{analyzer.arn} {resource} {told}"))
        finding = {"id": id_, **common, **json.loads(told), "sources": [{"type": source}]}
        if existing is None:
            yield {**finding, "changeType": "NEW", "status": "ACTIVE"}
        else:
            before = {"existingFindingId": existing.id, "existingFindingStatus": existing.status}
            yield {**finding, **before, "changeType": "UNCHANGED", "status": existing.status}
    for told, existing in known.items():
        before = {"existingFindingId": existing.id, "existingFindingStatus": existing.status}
        yield {
            "id": existing.id,
            **common,
            **json.loads(told),
            **before,
            "changeType": "CHANGED",
            "status": "RESOLVED",
        }


def _present(told: Evidence, kind: str, resource: str) -> Mapping[str, Any]:
    """What is known of a resource's configuration."""
    known = (each for listed in told.resources.values() for each in listed)
    return next((each.configuration for each in known if (each.arn, each.kind) == (resource, kind)), {})


def _seen(call: Call, kind: str, given: Mapping[str, Any], resource: str, zone: Zone) -> list[Seen]:
    """Whom a configuration lets in. Raises MalformedPolicy."""
    bound = denials_above(call.account_id, call.realm) if is_bound(_service(kind)) else ()
    return list(dict.fromkeys(let_in(kind, given, resource, zone, bound)))


def _service(kind: str) -> str:
    """The service whose actions resource control policies would deny."""
    return "sts" if kind == "iamRole" else KINDS[kind].service


def _completed(call: Call, kind: str, given: Mapping[str, Any], resource: str) -> Mapping[str, Any]:
    """A configuration with what the resource has now where nothing is proposed; an empty text proposes no policy.
    Raises ValidationException."""
    if kind == "iamRole":
        if given.get("trustPolicy") == "":
            raise ValidationException("The proposed trust policy cannot be an empty string")
        return given or {"trustPolicy": _present_trust(call, resource)}
    return {**_present(call.prepared, kind, resource), **given}


def _present_trust(call: Call, arn: str) -> str:
    role = call.records.roles.named(arn.rpartition("/")[2])
    if role is None or role.arn != arn:
        raise ValidationException("The configuration of a role that is not there needs a trust policy")
    return rendered(role, call.realm)


def _preview(call: Call, analyzer: Analyzer, id_: str) -> AccessPreview:
    preview: AccessPreview | None = call.records.access_previews.get(id_)
    if preview is None or preview.analyzer != analyzer.key:
        raise ResourceNotFoundException(f"Access preview {id_} was not found")
    return preview


def _summary(analyzer: Analyzer, preview: AccessPreview) -> dict[str, Any]:
    failed = {"statusReason": {"code": "INVALID_CONFIGURATION"}} if preview.status == "FAILED" else {}
    told = {"id": preview.id, "analyzerArn": analyzer.arn, "createdAt": preview.created, "status": preview.status}
    return {**told, **failed}


@accessanalyzer.operation(on=analyzer_by_arn)
def get_access_preview(call: Call, analyzer: Analyzer, *, access_preview_id: str) -> Reply:
    """The preview of that id, with what was proposed."""
    preview = _preview(call, analyzer, access_preview_id)
    return {"accessPreview": {**_summary(analyzer, preview), "configurations": json.loads(preview.configurations)}}


@accessanalyzer.operation(on=analyzer_by_arn)
def list_access_previews(
    call: Call, analyzer: Analyzer, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """An analyzer's previews, the newest first."""
    found = list(reversed(list(call.records.access_previews.where("analyzer", analyzer.key))))
    return page("accessPreviews", found, lambda each: _summary(analyzer, each), next_token, max_results)


@accessanalyzer.operation(on=analyzer_by_arn)
def list_access_preview_findings(
    call: Call,
    analyzer: Analyzer,
    *,
    access_preview_id: str,
    filter: Filter | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """What the resource would let in, beside what it lets in now."""
    preview = _preview(call, analyzer, access_preview_id)
    if preview.status != "COMPLETED":
        raise ConflictException(f"Access preview {preview.id} has failed")
    wanted = checked(filter or {}, _MORE_FILTERS)
    found = [each for each in json.loads(preview.findings) if matches(wanted, _attributes(each))]
    return page("findings", found, lambda each: _detail(call, preview.created, each), next_token, max_results)


def _detail(call: Call, created: datetime, finding: Mapping[str, Any]) -> dict[str, Any]:
    owner = account_of(finding["resource"]) or call.account_id
    return {**finding, "createdAt": created, "resourceOwnerAccount": owner}


def _attributes(finding: Mapping[str, Any]) -> dict[str, str]:
    return {
        **{name: finding[name] for name in _TEXTS if name in finding},
        **{f"principal.{type_}": value for type_, value in finding["principal"].items()},
        **{f"condition.{key}": value for key, value in finding["condition"].items()},
        "isPublic": "true" if finding["isPublic"] else "false",
    }
