"""When the accounts of an organization last accessed the services that its control policies let them.

A report is a snapshot, ready at once, for the management account. It looks at service control policies only, level by
level down to the root, unit or account that it is about; nothing limits the management account.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from iamd.guard.organizations import ancestry
from iamd.guard.target import Target, missing, nothing
from iamd.reference import services
from iamd.services.aside import aside
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.granted_services import granted_services
from iamd.services.iam.last_accessed import TRACKED, job, keep, own_report, read
from iamd.services.invocation import permitted
from iamd.services.organizations.attachments import attached
from iamd.services.organizations.estate import Estate, Node, Root, find_estate
from iamd.services.organizations.policies import find
from iamd.services.paging import page_in_order, text_of
from iamd.store.kinds.organizations import Member
from iamd.store.records import iam_arn
from iamd.wire.errors import AccessDenied, NoSuchEntity

GRANULARITY = "ORGANIZATION"
SERVICES_PER_PAGE = 200
_SCP = "SERVICE_CONTROL_POLICY"

Levels = list[list[str]]
"""The documents of each level that must allow a service."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about: a root, unit or account, and its organization."""

    estate: Estate
    node: Node


def reported_entity(call: Call, *, entity_path: str) -> Target[Any]:
    """The root, unit or account at that path. One of another organization is refused, whoever asks."""
    arn = iam_arn(call.account_id, f"access-report/{entity_path}")
    estate = find_estate(call)
    if estate is not None and estate.organization.account_id == call.account_id:
        node = estate.node(entity_path.rpartition("/")[2])
        if node is not None and _path(estate, node) == entity_path:
            return Target(arn, Subject(estate, node))
    said = f"User: {call.caller.arn} is not authorized to perform: {call.operation.action} on resource: {arn}"
    return missing(arn, AccessDenied(said))


def _path(estate: Estate, node: Node) -> str:
    return f"{estate.organization.id}/{node.id}" if isinstance(node, Root) else estate.path(node).rstrip("/")


async def snapshot(call: Call, *, entity_path: str, organizations_policy_id: str | None = None) -> bytes:
    """What the report will say, deflated JSON."""
    subject: Subject = permitted(call).value
    levels = _levels(subject, organizations_policy_id)
    paths = {each.id: _path(subject.estate, each) for each in _accounts(subject)}
    since = call.now - TRACKED
    newest: dict[str, dict[str, tuple[int, str]]] = {}  # by service and account
    for account_id in paths:
        for access in await call.realm.store.accesses(account_id):
            found = newest.setdefault(access.service, {})
            attempt = int(access.time.timestamp()), access.region
            if access.time > since and attempt > found.get(account_id, (0, "")):
                found[account_id] = attempt
    return await aside(call.account_id, partial(_content, levels, paths, newest))


def _levels(subject: Subject, policy_id: str | None) -> Levels:
    """Raises NoSuchEntity for a policy that the organization has not."""
    estate, node = subject.estate, subject.node
    if policy_id is not None:
        policy = find(estate, policy_id)
        if policy is None or policy.type != _SCP:
            raise NoSuchEntity(f"The policy with id {policy_id} cannot be found.")
        return [[policy.content]]
    if node.id == estate.organization.account_id or _SCP not in estate.organization.policy_types:
        return []
    way = [] if isinstance(node, Root) else ancestry(estate.records, estate.organization, node.parent_id)
    return [[policy.content for policy in attached(estate, target, _SCP)] for target in (*way, node.id)]


def _accounts(subject: Subject) -> Iterable[Member]:
    """The accounts below the node, or itself."""
    records, node = subject.estate.records, subject.node
    if isinstance(node, Member):
        yield node
        return
    parents = [node.id]
    for parent in parents:
        yield from records.members.where("parent", parent)
        parents += [unit.id for unit in records.units.where("parent", parent)]


def _content(levels: Levels, paths: Mapping[str, str], newest: Mapping[str, Mapping[str, tuple[int, str]]]) -> bytes:
    allowed = set(services.prefixes()).intersection(*(granted_services(documents) for documents in levels))
    told = []
    for service in sorted(allowed):
        attempts = newest.get(service, {})
        last = max(attempts, key=lambda account_id: attempts[account_id]) if attempts else None
        latest = None if last is None else [*attempts[last], paths[last]]
        told.append([service, len(attempts), latest])
    return zlib.compress(json.dumps(told).encode())


@iam.operation(on=reported_entity, prepare=snapshot)
def generate_organizations_access_report(call: Call, _: Any) -> Reply:
    """Make a report on an organization's root, a unit or an account of it; only who asked for it may read it."""
    return {"JobId": keep(call, GRANULARITY, call.prepared)}


def no_resource(call: Call) -> Target[None]:
    return nothing()


@iam.operation(on=no_resource)
def get_organizations_access_report(
    call: Call,
    _: None,
    *,
    job_id: str,
    max_items: int | None = None,
    marker: str | None = None,
    sort_key: str = "SERVICE_NAMESPACE_ASCENDING",
) -> Reply:
    """List the services of a report with the account that last accessed each."""
    report = own_report(call, job_id, {GRANULARITY})
    rows: list[Any] = read(report)
    ordered = sorted(rows, key=lambda row: row[2][0] if row[2] and "TIME" in sort_key else 0)
    if sort_key.endswith("DESCENDING"):
        ordered.reverse()
    numbered = [(f"{number:04}", row) for number, row in enumerate(ordered)]
    start = "" if marker is None else text_of(marker, "AccessDetails")
    rest = [pair for pair in numbered if pair[0] > start]
    limit = max_items or SERVICES_PER_PAGE
    page = page_in_order(
        "AccessDetails", rest, lambda pair: pair[0], lambda shown: [_detail(row) for _, row in shown], limit
    )
    counts = {
        "NumberOfServicesAccessible": len(rows),
        "NumberOfServicesNotAccessed": sum(1 for row in rows if row[2] is None),
    }
    return {**job(report), **counts, **page}


def _detail(row: Sequence[Any]) -> dict[str, Any]:
    service, accounts, latest = row
    view = {
        "ServiceName": services.name(service),
        "ServiceNamespace": service,
        "TotalAuthenticatedEntities": accounts,
    }
    if latest is not None:
        time, region, path = latest
        moment = datetime.fromtimestamp(time, UTC)
        view |= {"LastAuthenticatedTime": moment, "Region": region, "EntityPath": path}
    return view
