"""Sessions that AWS services open for their customers' workloads: instances, tasks, pods, holders of certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.audit import ApiEvent, Identity
from iamd.audit.ids import new_uuid
from iamd.guard.ask import Ask
from iamd.guard.context import Context, epoch, iso, tag_context
from iamd.guard.enforce import authorize
from iamd.guard.organizations import Standing
from iamd.guard.services import service_snapshot
from iamd.services.call import Cold, Realm
from iamd.services.iam.trust import rendered
from iamd.services.sts.api import sts
from iamd.services.sts.assumption import role_in
from iamd.services.sts.credentials import issue
from iamd.services.sts.session_policies import SessionPolicies, packed_size
from iamd.store.image import Records
from iamd.store.records import PARTITION, Role, Tags
from iamd.wire.errors import AccessDenied, AwsError


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """What a service asks of STS, and when.

    `source_arn` is the resource on whose behalf (`aws:SourceArn`); `seconds` is not bounded by the role's own limit,
    as for all services; `context` holds further condition keys for the role's trust policy, `extras` those of the session.
    """

    realm: Realm
    now: datetime
    region: str
    service: str  # "ec2.amazonaws.com"
    role_arn: str
    session_name: str
    seconds: int
    source_arn: str | None = None
    tags: Tags = ()
    transitive: bool = False
    source_identity: str | None = None
    policies: SessionPolicies = field(default_factory=SessionPolicies)
    context: Mapping[str, str] = field(default_factory=dict)
    extras: Mapping[str, str] = field(default_factory=dict)


async def assume_for_service(call: ServiceCall) -> dict[str, Any]:
    """AssumeRole's reply, for a role that trusts the service; recorded in the trail of the role's account.

    Raises AccessDenied, for a role that is not there, too, and PackedPolicyTooLarge.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html#iam-term-service-role
    """
    store, account_id = call.realm.store, _account_of(call)
    await store.refresh()
    while True:
        records = await store.load(account_id)
        try:
            reply = _assume(call, records)
        except Cold as cold:
            await store.load(cold.account_id)
        except AwsError as error:
            await store.settled()  # the refusal tells of what was read
            store.append_event(_event(call, account_id, None, error))
            raise
        else:
            await store.settled()
            store.append_event(_event(call, account_id, reply, None))
            return reply


def _account_of(call: ServiceCall) -> str:
    account_id = call.role_arn.split(":", 5)[4]
    if not call.realm.store.has_account(account_id):
        raise _refusal(call)
    return account_id


def _refusal(call: ServiceCall) -> AccessDenied:
    return AccessDenied(
        f"User: {call.service} is not authorized to perform: sts:AssumeRole on resource: {call.role_arn}"
    )


def _assume(call: ServiceCall, records: Records) -> dict[str, Any]:
    role = role_in(records, call.role_arn)
    if role is None:
        raise _refusal(call)
    _authorize(call, role, records)
    packed = packed_size(call.policies, call.tags)
    credentials = issue(
        call.realm,
        call.now,
        "role",
        role.account_id,
        call.seconds,
        principal_id=role.id,
        principal_name=role.name,
        session_name=call.session_name,
        policy=call.policies.inline,
        policy_arns=call.policies.arns,
        tags=call.tags,
        transitive=tuple(key for key, _ in call.tags) if call.transitive else (),
        source_identity=call.source_identity,
        extras=dict(call.extras),
    )
    call.realm.store.used(role.account_id, role.id, call.now, call.region, "sts")
    return {
        "Credentials": credentials,
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{call.session_name}",
            "Arn": f"arn:{PARTITION}:sts::{role.account_id}:assumed-role/{role.name}/{call.session_name}",
        },
        "PackedPolicySize": packed,
        "SourceIdentity": call.source_identity,
    }


def _authorize(call: ServiceCall, role: Role, records: Records) -> None:
    snapshot = service_snapshot(call.service, call.source_arn, records.generation)
    context: Context = {**snapshot.context, **call.context, **tag_context(call.tags)}
    context |= {
        "aws:currenttime": iso(call.now),
        "aws:epochtime": epoch(call.now),
        "aws:securetransport": "true",
        "aws:requestedregion": call.region,
        "aws:resourceaccount": role.account_id,
        "sts:rolesessionname": call.session_name,
    }
    for key, value in role.tags:
        context[f"aws:resourcetag/{key.lower()}"] = context[f"iam:resourcetag/{key.lower()}"] = value
    if call.source_identity is not None:
        context["sts:sourceidentity"] = call.source_identity
    if call.transitive:
        context["sts:transitivetagkeys"] = tuple(key for key, _ in call.tags)
    actions = ["sts:AssumeRole"]
    actions += ["sts:TagSession"] if call.tags else []
    actions += ["sts:SetSourceIdentity"] if call.source_identity is not None else []
    trust = rendered(role, call.realm)
    owner = call.realm.standing(role.account_id)
    context |= _organization_keys(call, owner)
    for action in actions:
        ask = Ask(action, role.arn, role.account_id, policy=trust, context=context, owner=owner)
        authorize(call.service, snapshot, ask)


def _organization_keys(call: ServiceCall, owner: Standing | None) -> Context:
    """The organizations of the role and of the resource on whose behalf the service calls."""
    source_id = None if call.source_arn is None else call.source_arn.split(":")[4]
    source = call.realm.standing(source_id) if source_id else None
    keys: Context = {} if owner is None else dict(owner.resource_keys)
    return keys if source is None else keys | source.source_keys


def _event(call: ServiceCall, account_id: str, reply: Mapping[str, Any] | None, error: AwsError | None) -> ApiEvent:
    """The event as AWS records what its services do: the service is caller, address and agent in one."""
    params: dict[str, Any] = {
        "role_arn": call.role_arn,
        "role_session_name": call.session_name,
        "duration_seconds": call.seconds,
        "source_identity": call.source_identity,
        "tags": [{"Key": key, "Value": value} for key, value in call.tags] or None,
    }
    return ApiEvent(
        account_id=account_id,
        time=call.now,
        source="sts.amazonaws.com",
        name="AssumeRole",
        region=call.region,
        request_id=new_uuid(),
        read_only=True,
        who=Identity(type="AWSService", invoked_by=call.service),
        operation=sts.model.operations["AssumeRole"],
        params=params,
        reply=reply,
        error=None if error is None else (error.code, error.message),
        client_ip=call.service,
        agent=call.service,
    )
