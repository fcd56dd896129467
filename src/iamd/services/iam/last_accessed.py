"""When services and actions were last accessed: reports on users, groups, roles and managed policies.

A report is a snapshot: what the policies gave access to and who had attempted what, when it was asked for. It is ready
at once. Names and paths are those of the time when it is read; who is gone then is left out.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from iamd.caller.caller import Caller
from iamd.guard.target import Target, nothing
from iamd.reference import services
from iamd.services.aside import aside
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.granted_services import granted_actions, granted_services
from iamd.services.iam.groups import members_of
from iamd.services.iam.identities import identity_of, noun
from iamd.services.iam.managed_policies import existing_policy
from iamd.services.iam.sources import document_at, identity_at, policies_of
from iamd.services.invocation import permitted
from iamd.services.paging import page_of
from iamd.store.image import Records
from iamd.store.interface import Access
from iamd.store.kinds.reports import AccessReport
from iamd.store.records import Group, Role, User
from iamd.wire import model
from iamd.wire.errors import InvalidInput, NoSuchEntity, ValidationError

TRACKED = timedelta(days=400)
REPORTS_KEPT = 100  # of an account; the oldest goes first
GRANULARITIES = frozenset({"SERVICE_LEVEL", "ACTION_LEVEL"})
# Its page says 100 and AWS was seen to answer 200, of some 450. SDKs have no paginator for it, and many tools take what
# is not on the first page for what nobody may use: here it tells all. More than this may not be asked for.
SERVICES_PER_PAGE = 1_000

# Services of which actions are tracked one by one: those that are served here, whose attempts are recorded.
_TRACKED_SERVICES = ("iam", "sts")
# Actions that are never attempted by themselves.
_UNTRACKED = frozenset({"iam:PassRole"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's last attempt at a service or an action, as a report holds it: times in seconds since 1970."""

    principal_id: str
    arn: str
    time: int
    region: str


def reported_resource(call: Call, *, arn: str) -> Target[Any]:
    """The user, group, role or managed policy of that ARN. Raises ValidationError, InvalidInput."""
    fields = arn.split(":", 5)
    if len(fields) == 6 and fields[2] != "iam":
        raise ValidationError("Invalid service in ARN")
    if len(fields) == 6 and not fields[5].startswith("policy/"):
        return identity_at(call, arn)
    return existing_policy(call, policy_arn=arn)


async def snapshot(call: Call, *, arn: str, granularity: str = "SERVICE_LEVEL") -> bytes:
    """What the report will say, deflated JSON; computed beside the event loop, which takes up to a fifth of a second."""
    subject = permitted(call).value
    documents = _documents(call.records, subject)
    entities = {entity.id: entity.arn for entity in _entities(call.records, subject)}
    accesses = await call.realm.store.accesses(call.account_id)
    since = call.now - TRACKED
    own = [access for access in accesses if access.principal_id in entities and access.time > since]
    by_action = granularity == "ACTION_LEVEL"
    return await aside(call.account_id, partial(_content, documents, entities, own, by_action))


@iam.operation(on=reported_resource, prepare=snapshot)
def generate_service_last_accessed_details(call: Call, _: Any) -> Reply:
    """Make a report; only who asked for it, a session by itself, may read it."""
    return {"JobId": keep(call, call.params.get("granularity", "SERVICE_LEVEL"), call.prepared)}


def keep(call: Call, granularity: str, content: bytes) -> str:
    """Keep a report of the caller's; returns its job's id."""
    reports = call.records.access_reports
    for report in list(reports)[: max(0, len(reports) - REPORTS_KEPT + 1)]:
        reports.remove(report)
    job_id = str(uuid.uuid4())
    reports.add(AccessReport(call.account_id, job_id, _owner(call.caller), granularity, call.now, content))
    return job_id


def no_resource(call: Call) -> Target[None]:
    return nothing()


@iam.operation(on=no_resource)
def get_service_last_accessed_details(
    call: Call, _: None, *, job_id: str, max_items: int | None = None, marker: str | None = None
) -> Reply:
    """List the services of a report, by namespace; those that were never accessed have no time."""
    report = own_report(call, job_id)
    listed = read(report)["services"]
    limit = max_items or SERVICES_PER_PAGE
    page = page_of("ServicesLastAccessed", listed, lambda each: str(each["service"]), _service, marker, limit)
    return {**job(report), "JobType": report.granularity, **page}


@iam.operation(on=no_resource)
def get_service_last_accessed_details_with_entities(
    call: Call,
    _: None,
    *,
    job_id: str,
    service_namespace: str,
    max_items: int | None = None,
    marker: str | None = None,
) -> Reply:
    """List the users and roles of a report and when each last accessed one service, latest first."""
    if service_namespace not in services.prefixes():
        raise InvalidInput(f"Invalid service namespace: {service_namespace}")
    report = own_report(call, job_id)
    content = read(report)
    granted = next((each for each in content["services"] if each["service"] == service_namespace), None)
    attempts = {} if granted is None else {a.principal_id: a for a in _attempts(granted["attempts"])}
    entities = [] if granted is None else list(_present(call.records, content["entities"]))
    entities.sort(key=lambda entity: entity.arn)
    entities.sort(key=lambda entity: -attempts[entity.id].time if entity.id in attempts else 1)
    numbered = [(f"{number:06}", entity) for number, entity in enumerate(entities)]
    page = page_of(
        "EntityDetailsList",
        numbered,
        lambda pair: pair[0],
        lambda pair: _entity(pair[1], attempts.get(pair[1].id)),
        marker,
        max_items,
    )
    return {**job(report), **page}


def _documents(records: Records, subject: Any) -> list[str]:
    if isinstance(subject, User | Group | Role):
        return [policy.document for policy in policies_of(records, subject)]
    return [document_at(records, subject.arn)]


def _entities(records: Records, subject: Any) -> list[User | Role]:
    """The users and roles that a report is about."""
    if isinstance(subject, User | Role):
        return [subject]
    if isinstance(subject, Group):
        return list(members_of(records, subject))
    holders = [identity_of(records, each.owner_id) for each in records.attachments.where("policy", subject.arn)]
    found: dict[str, User | Role] = {}
    for holder in holders:
        for entity in members_of(records, holder) if isinstance(holder, Group) else [holder]:
            found[entity.id] = entity
    return list(found.values())


def _present(records: Records, ids: Iterable[str]) -> Iterable[User | Role]:
    for id in ids:
        entity = records.users.get(id) or records.roles.get(id)
        if entity is not None:
            yield entity


def _content(
    documents: Sequence[str], entities: Mapping[str, str], accesses: Iterable[Access], by_action: bool
) -> bytes:
    attempted: dict[str, list[Access]] = {}
    for access in accesses:
        attempted.setdefault(access.service, []).append(access)
    found = []
    for service in granted_services(documents):
        own = attempted.get(service, [])
        told: dict[str, Any] = {"service": service, "attempts": _latest(own, entities, lambda a: a.principal_id)}
        if by_action and service in _TRACKED_SERVICES:
            names = [name for name in granted_actions(documents, service) if f"{service}:{name}" not in _UNTRACKED]
            per_action = {row[0]: row[1] for row in _per_action(own, entities)}
            told["actions"] = [[name, per_action.get(name)] for name in _operations_first(service, names)]
        found.append(told)
    return zlib.compress(json.dumps({"entities": list(entities), "services": found}).encode())


def _operations_first(service: str, names: Iterable[str]) -> list[str]:
    """The actions that are operations of the service, by name: nothing else can be attempted."""
    return sorted(set(names).intersection(model.load(service).operations))


def _latest(
    accesses: Iterable[Access], entities: Mapping[str, str], key: Callable[[Access], str]
) -> list[tuple[str, str, int, str]]:
    """The latest attempt of each group, the latest of all first."""
    newest: dict[str, Access] = {}
    for access in accesses:
        known = newest.get(key(access))
        if known is None or access.time > known.time:
            newest[key(access)] = access
    ordered = sorted(newest.values(), key=lambda access: access.time, reverse=True)
    return [(a.principal_id, entities[a.principal_id], int(a.time.timestamp()), a.region) for a in ordered]


def _per_action(accesses: Sequence[Access], entities: Mapping[str, str]) -> Iterable[tuple[str, Any]]:
    for action in {access.action for access in accesses}:
        own = (access for access in accesses if access.action == action)
        yield action, _latest(own, entities, lambda access: access.action)[0]


def _owner(caller: Caller) -> str:
    return caller.access_key_id if caller.session else caller.id


def own_report(call: Call, job_id: str, granularities: Collection[str] = GRANULARITIES) -> AccessReport:
    """The caller's report of that job; raises NoSuchEntity when it has none of those granularities."""
    report: AccessReport | None = call.records.access_reports.get(job_id)
    if report is None or report.owner != _owner(call.caller) or report.granularity not in granularities:
        raise NoSuchEntity(f"The job with id {job_id} cannot be found.")
    return report


def read(report: AccessReport) -> Any:
    """What a report says."""
    return json.loads(zlib.decompress(report.content))


def _attempts(rows: Iterable[Sequence[Any]]) -> list[Attempt]:
    return [Attempt(*row) for row in rows]


def job(report: AccessReport) -> dict[str, Any]:
    """The members that tell of the job: it is done."""
    return {"JobStatus": "COMPLETED", "JobCreationDate": report.created, "JobCompletionDate": report.created}


def _service(told: Mapping[str, Any]) -> dict[str, Any]:
    attempts = _attempts(told["attempts"])
    view: dict[str, Any] = {
        "ServiceName": services.name(told["service"]),
        "ServiceNamespace": told["service"],
        "TotalAuthenticatedEntities": len(attempts),
    }
    if attempts:
        view["LastAuthenticated"] = _moment(attempts[0])
        view["LastAuthenticatedEntity"] = attempts[0].arn
        view["LastAuthenticatedRegion"] = attempts[0].region
    if "actions" in told:
        view["TrackedActionsLastAccessed"] = [_action(name, row) for name, row in told["actions"]]
    return view


def _action(name: str, row: Sequence[Any] | None) -> dict[str, Any]:
    if row is None:
        return {"ActionName": name}
    attempt = Attempt(*row)
    return {
        "ActionName": name,
        "LastAccessedEntity": attempt.arn,
        "LastAccessedTime": _moment(attempt),
        "LastAccessedRegion": attempt.region,
    }


def _entity(entity: User | Role, attempt: Attempt | None) -> dict[str, Any]:
    info = {
        "Arn": entity.arn,
        "Name": entity.name,
        "Type": noun(entity).upper(),
        "Id": entity.id,
        "Path": entity.path,
    }
    return {"EntityInfo": info, "LastAuthenticated": None if attempt is None else _moment(attempt)}


def _moment(attempt: Attempt) -> datetime:
    return datetime.fromtimestamp(attempt.time, UTC)
