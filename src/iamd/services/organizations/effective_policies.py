"""Effective policies: what the policies of one type, from the root down to an account, come to for it.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.guard.organizations import ancestry
from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.organizations import inheritance, quotas
from iamd.services.organizations.accounts import readable_account, view
from iamd.services.organizations.api import organizations
from iamd.services.organizations.attachments import attached
from iamd.services.organizations.estate import Estate, at, for_members, reads, the_estate, the_organization
from iamd.services.organizations.paging import page
from iamd.services.organizations.policies import Policy
from iamd.store.kinds.organizations import Member, OrganizationPolicy
from iamd.wire.organizations_errors import (
    AccessDeniedException,
    EffectivePolicyNotFoundException,
    InvalidInputException,
    TargetNotFoundException,
)


@dataclass(frozen=True, slots=True)
class Effective:
    """An effective policy: its document, when something in it last changed, and the policies that it is made of."""

    content: dict[str, Any]
    updated: datetime
    policies: tuple[str, ...]


def effective(estate: Estate, member: Member, type_: str) -> Effective | None:
    """The effective policy of a type for an account; None where no such policy is attached, or the type not enabled."""
    targets = [*ancestry(estate.records, estate.organization, member.parent_id), member.id]
    levels = [_own(attached(estate, target, type_)) for target in targets]
    policies = [policy for level in levels for policy in level]
    if not policies:
        return None
    documents = [[json.loads(policy.content) for policy in level] for level in levels]
    content = _of_tags(documents) if type_ == "TAG_POLICY" else inheritance.tree(inheritance.merge(documents))
    times = [policy.updated or policy.created for policy in policies]
    for target in targets:
        attachments = estate.records.policy_attachments.where("target", target)
        times += [each.attached for each in attachments if any(each.policy_id == policy.id for policy in policies)]
    return Effective(content, max(times), tuple(policy.id for policy in policies))


def _own(policies: list[Policy]) -> list[OrganizationPolicy]:
    return [policy for policy in policies if isinstance(policy, OrganizationPolicy)]


def _of_tags(documents: list[list[Any]]) -> dict[str, Any]:
    """Tag policies: keys are lower-cased, values are texts, and a tag for which none is named may have any (seen of
    live AWS)."""
    merged = inheritance.merge(documents, str.lower)
    named = {
        path: [_text(each) for each in value] if isinstance(value, list) else value for path, value in merged.items()
    }
    for tag in {path[:2] for path in merged if len(path) > 2}:
        named.setdefault((*tag, "tag_value"), ["*"])
    return inheritance.tree(named)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@for_members
def account_in_question(call: Call, estate: Estate, *, target_id: str | None = None) -> Target[Any]:
    """The named account, which may be another one for the management account and delegated administrators only."""
    if target_id is not None and target_id != call.account_id and not reads(call, estate):
        return missing("*", AccessDeniedException())
    if target_id is not None and not target_id.isdigit():
        said = "You can't perform the specified operation on that target entity."
        return missing("*", InvalidInputException(said, "TARGET_NOT_SUPPORTED"))
    member = estate.records.members.get(target_id or call.account_id)
    return missing("*", TargetNotFoundException()) if member is None else at(member)


@organizations.operation(on=account_in_question)
def describe_effective_policy(call: Call, member: Member, *, policy_type: str) -> Reply:
    """Describe what the policies of a type come to for an account: the caller's own, unless another one is named."""
    found = effective(the_estate(call), member, policy_type)
    if found is None:
        raise EffectivePolicyNotFoundException()
    described = {
        "PolicyContent": json.dumps(found.content, separators=(",", ":"), ensure_ascii=False),
        "LastUpdatedTimestamp": found.updated,
        "TargetId": member.id,
        "PolicyType": policy_type,
    }
    return {"EffectivePolicy": described}


def violations(found: Effective, type_: str) -> Iterator[dict[str, Any]]:
    """What makes an effective policy invalid: one that is longer than a policy of its type may be."""
    limit = quotas.SIZES.get(type_, quotas.OTHER_SIZE)
    length = len(json.dumps(found.content, separators=(",", ":"), ensure_ascii=False))
    if length > limit:
        yield {
            "ErrorCode": "ELEMENTS_TOO_MANY",
            "ErrorMessage": f"The effective policy has {length} characters; the maximum is {limit}.",
            "PathToError": "/".join(found.content),
            "ContributingPolicies": list(found.policies),
        }


def _check_enabled(estate: Estate, type_: str) -> None:
    if type_ not in estate.organization.policy_types:
        raise EffectivePolicyNotFoundException()


@organizations.operation(on=the_organization)
def list_accounts_with_invalid_effective_policy(
    call: Call, estate: Estate, *, policy_type: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the accounts whose effective policy of a type cannot take effect."""
    _check_enabled(estate, policy_type)
    invalid = []
    for member in estate.records.members.sorted():
        found = effective(estate, member, policy_type)
        if found is not None and any(violations(found, policy_type)):
            invalid.append(member)
    listed = page("Accounts", invalid, lambda each: each.id, lambda each: view(estate, each), next_token, max_results)
    return {**listed, "PolicyType": policy_type}


@organizations.operation(on=readable_account)
def list_effective_policy_validation_errors(
    call: Call, member: Member, *, policy_type: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List what makes an account's effective policy of a type invalid; nothing, mostly."""
    estate = the_estate(call)
    _check_enabled(estate, policy_type)
    found = effective(estate, member, policy_type)
    errors = [] if found is None else list(violations(found, policy_type))
    listed = page(
        "EffectivePolicyValidationErrors",
        errors,
        lambda each: str(each["PathToError"]),
        lambda each: each,
        next_token,
        max_results,
    )
    about = {"AccountId": member.id, "PolicyType": policy_type, "Path": estate.path(member)}
    return {**listed, **about, "EvaluationTimestamp": call.now}
