"""AssumeRole: temporary credentials of a role, for whoever its trust policy and their own policies allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from iamd.caller.caller import CallerKind
from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.iam.trust import rendered
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.credentials import issue
from iamd.services.sts.mfa import mfa_context, mfa_time, spend_code
from iamd.services.sts.session_policies import packed_size, session_policies
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


class Assumption(msgspec.Struct, frozen=True):
    """A role about to be assumed, with what the session inherits and is given."""

    role: Role
    records: Records  # of the role's account
    trust: str
    tags: SessionTags
    source_identity: str | None


def account_of_role(role_arn: str) -> str:
    """The account that a role's ARN names; raises ValidationError for what is not even shaped like one."""
    shape = _ARN.fullmatch(role_arn)
    if shape is None:
        raise ValidationError(f"{role_arn} is invalid")
    return shape["account"]


def role_to_assume(
    call: Call,
    *,
    role_arn: str,
    tags: list[dict[str, str]] | None = None,
    transitive_tag_keys: list[str] | None = None,
    source_identity: str | None = None,
) -> Target[Any]:
    """The role of that ARN, in any account of this server; one that is not there is refused like one that may not be
    assumed, so that names cannot be probed."""
    account_id = account_of_role(role_arn)
    if call.caller.kind is CallerKind.ROOT:
        raise AccessDenied("Roles may not be assumed by root accounts.")
    given = session_tags(call.caller.session, tags or [], transitive_tag_keys or [])
    source = _source_identity(call, source_identity)
    records = call.realm.records(account_id)
    role = None if records is None else records.roles.named(role_arn.rpartition("/")[2])
    if records is None or role is None or role.arn != role_arn:
        said = f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        return Target(role_arn, None, account_id=account_id, policy=NOBODY, missing=AccessDenied(said))
    trust = rendered(role, call.realm)
    context = mfa_context(call)
    if source is not None:
        context["sts:sourceidentity"] = source
    assumption = Assumption(role, records, trust, given, source)
    return Target(role_arn, assumption, account_id=account_id, tags=role.tags, policy=trust, context=context)


def _source_identity(call: Call, given: str | None) -> str | None:
    """The session's source identity: once set, it stays the same along a chain of roles."""
    inherited = call.caller.session.source_identity if call.caller.session else None
    if inherited is not None and given not in (None, inherited):
        raise ValidationError("The source identity is already set for this assume role session")
    return given or inherited


def also_allowed(call: Call, assumption: Assumption) -> Iterator[Ask]:
    """What the caller and the trust policy must allow besides, for inherited tags and identities, too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    role = assumption.role
    if assumption.source_identity is not None:
        yield Ask("sts:SetSourceIdentity", role.arn, role.account_id, policy=assumption.trust)
    if assumption.tags.tags:
        yield Ask("sts:TagSession", role.arn, role.account_id, policy=assumption.trust)


# It changes no record: the session is in the token alone.
@sts.operation(
    on=role_to_assume,
    also=also_allowed,
    prepare=spend_code,
    reads=True,
    refuses={
        **TOKEN_SIZE,
        "provided_contexts": "ProvidedContexts is not supported: there is no context provider to have issued them.",
    },
)
def assume_role(
    call: Call,
    assumption: Assumption,
    *,
    role_session_name: str,
    policy_arns: list[dict[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int = 3600,
    external_id: str | None = None,  # a condition key of the trust policy, no more
) -> Reply:
    """Issue credentials of a role; `PackedPolicySize` is answered only for a session with policies or tags.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    role, tags = assumption.role, assumption.tags
    check_duration(call, role, duration_seconds)
    policies = session_policies(policy, policy_arns, assumption.records)
    packed = packed_size(policies, tags.tags)
    credentials = issue(
        call,
        "role",
        role.account_id,
        duration_seconds,
        principal_id=role.id,
        principal_name=role.name,
        session_name=role_session_name,
        policy=policies.inline,
        policy_arns=policies.arns,
        tags=tags.tags,
        transitive=tags.transitive,
        source_identity=assumption.source_identity,
        chained=call.caller.session is not None,
        mfa_time=mfa_time(call),
    )
    call.realm.store.used(role.account_id, role.id, call.now, call.region, "sts")
    if role.account_id != call.account_id:
        call.shared_with = role.account_id
    return {
        "Credentials": credentials,
        "AssumedRoleUser": assumed_role_user(role, role_session_name),
        "PackedPolicySize": packed,
        "SourceIdentity": assumption.source_identity,
    }


def assumed_role_user(role: Role, session_name: str) -> dict[str, str]:
    """The `AssumedRoleUser` structure of a role's session."""
    return {
        "AssumedRoleId": f"{role.id}:{session_name}",
        "Arn": f"arn:{PARTITION}:sts::{role.account_id}:assumed-role/{role.name}/{session_name}",
    }


def check_duration(call: Call, role: Role, seconds: int) -> None:
    """The role's longest session, then the hour of a session that begins with temporary credentials."""
    if seconds > role.max_session:
        raise ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    if call.caller.session is not None and seconds > CHAINED_SECONDS:
        raise ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
