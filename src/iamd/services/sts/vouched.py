"""Roles for those for whom an identity provider vouches: what AssumeRoleWithSAML and AssumeRoleWithWebIdentity share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import Context, tag_context
from iamd.guard.target import Target
from iamd.services.call import Call
from iamd.services.iam.trust import rendered
from iamd.services.sts.assume_role import NOBODY, Assumption, also_allowed, assumed_role_user
from iamd.services.sts.credentials import issue
from iamd.services.sts.session_policies import packed_size, session_policies
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
    role = call.records.roles.named(role_arn.rpartition("/")[2])
    if role is None or role.arn != role_arn:
        return Target(role_arn, None, policy=NOBODY, context=context)
    assumption = Assumption(role, call.records, rendered(role, call.realm), tags, source_identity)
    found = VouchedRole(assumption, keys)
    return Target(role.arn, found, tags=role.tags, policy=assumption.trust, context=context)


def also_trusted(call: Call, found: VouchedRole) -> Iterator[Ask]:
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
    role, tags, source = found.assumption.role, found.assumption.tags, found.assumption.source_identity
    policies = session_policies(policy, policy_arns, call.records)
    packed = packed_size(policies, tags.tags)
    credentials = issue(
        call,
        "role",
        role.account_id,
        seconds,
        principal_id=role.id,
        principal_name=role.name,
        session_name=name,
        policy=policies.inline,
        policy_arns=policies.arns,
        tags=tags.tags,
        transitive=tags.transitive,
        source_identity=source,
        extras={"aws:federatedprovider": call.caller.arn, **later},
    )
    call.realm.store.used(role.account_id, role.id, call.now, call.region, "sts")
    return {
        "Credentials": credentials,
        "AssumedRoleUser": assumed_role_user(role, name),
        "PackedPolicySize": packed or 0,  # always there
        "SourceIdentity": source,
    }
