"""A role about to be assumed, and the session that comes of it; compiled, because workloads do little else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from iamd.caller.caller import CallerKind
from iamd.caller.ids import temporary_key
from iamd.caller.session import Session
from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call
from iamd.services.iam.trust import rendered
from iamd.services.sts.credentials import credentials_of
from iamd.services.sts.mfa import mfa_context
from iamd.services.sts.session_policies import SessionPolicies, packed_size, session_policies
from iamd.services.sts.session_tags import SessionTags, session_tags
from iamd.store.image import Records
from iamd.store.records import PARTITION, Role
from iamd.wire.errors import AccessDenied, ValidationError

CHAINED_SECONDS = 3_600
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:(?P<account>[^:]*):.+", re.DOTALL)

# The trust policy of a role that is not there: it trusts an id that nobody has.
NOBODY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"AROAAAAAAAAAAAAAAAAAA"},'
    '"Action":"sts:AssumeRole"}]}'
)


class Assumption(NamedTuple):
    """A role about to be assumed, with what the session inherits and is given; `records` are of the role's account."""

    role: Role
    records: Records
    trust: str
    tags: SessionTags
    source_identity: str | None


def account_of_role(role_arn: str) -> str:
    """The account that a role's ARN names; raises ValidationError for what is not even shaped like one."""
    shape = _ARN.fullmatch(role_arn)
    if shape is None:
        raise ValidationError(f"{role_arn} is invalid")
    return shape["account"]


def role_in(records: Records, role_arn: str) -> Role | None:
    """The account's role of that very ARN; a closed account has none that could be assumed."""
    if records.account.closed is not None:
        return None
    role: Role | None = records.roles.named(role_arn.rpartition("/")[2])
    return role if role is not None and role.arn == role_arn else None


def asked_for(
    call: Call,
    role_arn: str,
    given: Sequence[Mapping[str, str]],
    transitive_tag_keys: Sequence[str],
    source_identity: str | None,
) -> Target[Any]:
    """The role of that ARN, in any account of this server, as an Assumption; one that is not there is refused like one
    that may not be assumed, so that names cannot be probed.

    Raises ValidationError, InvalidParameterValue and AccessDenied.
    """
    account_id, caller = account_of_role(role_arn), call.caller
    if caller.kind is CallerKind.ROOT:
        raise AccessDenied("Roles may not be assumed by root accounts.")
    tags = session_tags(caller.session, given, transitive_tag_keys)
    source = _source_identity(call, source_identity)
    records = call.realm.records(account_id)
    role = None if records is None else role_in(records, role_arn)
    if records is None or role is None:
        said = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        return Target(role_arn, None, account_id=account_id, policy=NOBODY, missing=AccessDenied(said))
    context = mfa_context(call)
    if source is not None:
        context["sts:sourceidentity"] = source
    trust = rendered(role, call.realm)
    assumption = Assumption(role, records, trust, tags, source)
    return Target(role_arn, assumption, account_id=account_id, tags=role.tags, policy=trust, context=context)


def _source_identity(call: Call, given: str | None) -> str | None:
    """The session's source identity: once set, it stays the same along a chain of roles."""
    session = call.caller.session
    inherited = None if session is None else session.source_identity
    if inherited is not None and given not in (None, inherited):
        raise ValidationError("The source identity is already set for this assume role session")
    return given or inherited


def also_allowed(call: Call, assumption: Assumption) -> Sequence[Ask]:
    """What the caller and the trust policy must allow besides, for inherited tags and identities, too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    if assumption.source_identity is None and not assumption.tags.tags:
        return ()
    role, actions = assumption.role, []
    if assumption.source_identity is not None:
        actions.append("sts:SetSourceIdentity")
    if assumption.tags.tags:
        actions.append("sts:TagSession")
    return [Ask(action, role.arn, role.account_id, policy=assumption.trust) for action in actions]


def is_chained(call: Call) -> bool:
    """Whether temporary credentials ask: those of a person at the console are as good as long-term ones, so that who
    switches to a role may stay as long as the role allows.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html
    """
    session = call.caller.session
    return session is not None and session.kind != "console"


def check_duration(call: Call, role: Role, seconds: int) -> None:
    """The role's longest session, then the hour of a session that begins with temporary credentials."""
    if seconds > role.max_session:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if is_chained(call) and seconds > CHAINED_SECONDS:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )


def open_session(
    call: Call,
    assumption: Assumption,
    name: str,
    seconds: int,
    policy: str | None,
    policy_arns: Sequence[Mapping[str, str]] | None,
    *,
    chained: bool = False,
    mfa_time: int | None = None,
    extras: dict[str, str | list[str]] | None = None,
) -> dict[str, Any]:
    """A session of the role, as AssumeRole answers it: `PackedPolicySize` only for one with policies or tags.

    Raises MalformedPolicyDocument, PackedPolicyTooLarge and ValidationError.
    """
    role, tags, now = assumption.role, assumption.tags.tags, call.now
    policies = session_policies(policy, policy_arns, assumption.records)
    packed = packed_size(policies, tags)
    session = _session(assumption, name, policies, now, seconds, chained, mfa_time, extras)
    call.realm.store.used(role.account_id, role.id, now, call.region, "sts")
    reply: dict[str, Any] = {
        "Credentials": credentials_of(session, call.realm.tokens),
        "AssumedRoleUser": assumed_role_user(role, name),
    }
    if packed is not None:
        reply["PackedPolicySize"] = packed
    if assumption.source_identity is not None:
        reply["SourceIdentity"] = assumption.source_identity
    return reply


def _session(
    assumption: Assumption,
    name: str,
    policies: SessionPolicies,
    now: datetime,
    seconds: int,
    chained: bool,
    mfa_time: int | None,
    extras: dict[str, str | list[str]] | None,
) -> Session:
    """By its fields, not by `issue`: passing them on would cost more than sealing them."""
    role, tags = assumption.role, assumption.tags
    access_key_id, secret_access_key = temporary_key(role.account_id)
    return Session(
        kind="role",
        account_id=role.account_id,
        access_key_id=access_key_id,
        secret_access_key=secret_access_key,
        principal_id=role.id,
        principal_name=role.name,
        session_name=name,
        issued=now,
        expires=now + timedelta(seconds=seconds),
        policy=policies.inline,
        policy_arns=policies.arns,
        tags=tags.tags,
        transitive=tags.transitive,
        source_identity=assumption.source_identity,
        mfa_time=mfa_time,
        chained=chained,
        extras=extras or {},
    )


def assumed_role_user(role: Role, session_name: str) -> dict[str, str]:
    """The `AssumedRoleUser` structure of a role's session."""
    return {
        "AssumedRoleId": f"{role.id}:{session_name}",
        "Arn": f"arn:{PARTITION}:sts::{role.account_id}:assumed-role/{role.name}/{session_name}",
    }
