"""Roles for those for whom an identity provider vouches: what AssumeRoleWithSAML and AssumeRoleWithWebIdentity share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import Context, tag_context
from iamd.guard.target import Target
from iamd.services.call import Call
from iamd.services.iam.trust import rendered
from iamd.services.sts.assumption import NOBODY, Assumption, also_allowed, role_in
from iamd.services.sts.assumption import open_session as open_role_session
from iamd.services.sts.session_tags import SessionTags


@dataclass(frozen=True, slots=True)
class VouchedRole:
    """A role about to be assumed, and the condition keys of the evidence that asks for it."""

    assumption: Assumption
    keys: Context


def role_for(call: Call, role_arn: str, tags: SessionTags, source_identity: str | None, keys: Context) -> Target[Any]:
    """The role of that ARN in the caller's account, as a VouchedRole, with what its trust policy sees; one that is not
    there trusts nobody."""
    context: Context = {**keys, **tag_context(tags.tags)}
    if tags.transitive:
        context["sts:transitivetagkeys"] = tags.transitive
    if source_identity is not None:
        context["sts:sourceidentity"] = source_identity
    role = role_in(call.records, role_arn)
    if role is None:
        return Target(role_arn, None, policy=NOBODY, context=context)
    assumption = Assumption(role, call.records, rendered(role, call.realm), tags, source_identity)
    found = VouchedRole(assumption, keys)
    return Target(role.arn, found, tags=role.tags, policy=assumption.trust, context=context)


def also_trusted(call: Call, found: VouchedRole) -> Sequence[Ask]:
    """What the trust policy must allow besides: tags and a source identity."""
    return also_allowed(call, found.assumption)


def open_session(
    call: Call,
    found: VouchedRole,
    name: str,
    seconds: int,
    *,
    policy: str | None,
    policy_arns: list[dict[str, str]] | None,
    later: Mapping[str, str | list[str]],
) -> dict[str, Any]:
    """A session of the role, as both operations answer it; `later` are the condition keys, besides the provider's, that
    its requests have. Raises MalformedPolicyDocument, PackedPolicyTooLarge and ValidationError."""
    extras = {"aws:federatedprovider": call.caller.arn, **later}
    reply = open_role_session(call, found.assumption, name, seconds, policy, policy_arns, extras=extras)
    return {**reply, "PackedPolicySize": reply.get("PackedPolicySize", 0)}  # always there
