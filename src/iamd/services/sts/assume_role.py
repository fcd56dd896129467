"""AssumeRole: temporary credentials of a role, for whoever its trust policy and their own policies allow."""

from __future__ import annotations

from typing import Any

from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.assumption import Assumption, also_allowed, asked_for, check_duration, is_chained, open_session
from iamd.services.sts.mfa import mfa_time, spend_code


def role_to_assume(
    call: Call,
    *,
    role_arn: str,
    tags: list[dict[str, str]] | None = None,
    transitive_tag_keys: list[str] | None = None,
    source_identity: str | None = None,
) -> Target[Any]:
    """The role of that ARN, with the tags and the source identity that its session will have."""
    return asked_for(call, role_arn, tags or (), transitive_tag_keys or (), source_identity)


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
    """Issue credentials of a role.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    check_duration(call, assumption.role, duration_seconds)
    reply = open_session(
        call,
        assumption,
        role_session_name,
        duration_seconds,
        policy,
        policy_arns,
        chained=is_chained(call),
        mfa_time=mfa_time(call),
    )
    if assumption.role.account_id != call.account_id:
        call.shared_with = assumption.role.account_id
    return reply
