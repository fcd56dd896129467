"""AssumeRole: temporary credentials of a role, for whoever its trust policy and their own policies allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target
from iamd.services.access_portal.contexts import PROVIDER, open_context
from iamd.services.call import Call, Reply
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.assumption import Assumption, also_allowed, asked_for, check_duration, is_chained, open_session
from iamd.services.sts.mfa import mfa_time, spend_code
from iamd.wire.errors import ValidationError


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


def also_context(call: Call, assumption: Assumption) -> Sequence[Ask]:
    """What must be allowed besides; for an identity context `sts:SetContext`, by the trust policy, too."""
    asks = also_allowed(call, assumption)
    if not call.params.get("provided_contexts"):
        return asks
    role = assumption.role
    return [*asks, Ask("sts:SetContext", role.arn, role.account_id, policy=assumption.trust)]


def _context_keys(call: Call, provided: Sequence[Mapping[str, str]]) -> dict[str, str | list[str]]:
    """The condition keys of the identity context that a session is to have. Raises ValidationError."""
    if len(provided) != 1 or provided[0].get("ProviderArn") != PROVIDER:
        raise ValidationError(f"ProvidedContexts: one context of {PROVIDER} is supported.")
    context = open_context(call.realm, provided[0].get("ContextAssertion", ""), call.now)
    if context is None:
        raise ValidationError("The context assertion is not valid, or has expired.")
    return context.keys()


# It changes no record: the session is in the token alone.
@sts.operation(
    on=role_to_assume,
    also=also_context,
    prepare=spend_code,
    reads=True,
    refuses=TOKEN_SIZE,
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
    provided_contexts: list[dict[str, str]] | None = None,
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
        extras=_context_keys(call, provided_contexts) if provided_contexts else None,
    )
    if assumption.role.account_id != call.account_id:
        call.shared_with = assumption.role.account_id
    return reply
