"""Effective policies: what the policies of one type, from the root down to an account, come to for it.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.guard.organizations import ancestry
from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.organizations import inheritance
from iamd.services.organizations.accounts import readable_account, view
from iamd.services.organizations.api import organizations
from iamd.services.organizations.attachments import attached
from iamd.services.organizations.effective_errors import problems
from iamd.services.organizations.estate import Estate, at, for_members, reads, the_estate, the_organization
from iamd.services.organizations.paging import page
from iamd.services.organizations.policies import Policy
from iamd.services.organizations.syntax import grammar, types
from iamd.store.kinds.organizations import Member, OrganizationPolicy
from iamd.wire.organizations_errors import (
    AccessDeniedException,
    EffectivePolicyNotFoundException,
    InvalidInputException,
    TargetNotFoundException,
)


@dataclass(frozen=True, slots=True)
class Effective:
    """An effective policy: its document, when something in it last changed, and the documents of the policies that it is
    made of, by their ids."""

    type: str
    content: dict[str, Any]
    updated: datetime
    sources: Mapping[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.content, separators=(",", ":"), ensure_ascii=False)


def effective(estate: Estate, member: Member, type_: str) -> Effective | None:
    """The effective policy of a type for an account; None where no such policy is attached, or the type not enabled."""
    targets = [*ancestry(estate.records, estate.organization, member.parent_id), member.id]
    levels = [_own(attached(estate, target, type_)) for target in targets]
    policies = [policy for level in levels for policy in level]
    if not policies:
        return None
    sources = {policy.id: json.loads(policy.content) for policy in policies}
    content = _merged(type_, [[sources[policy.id] for policy in level] for level in levels])
    times = [policy.updated or policy.created for policy in policies]
    for target in targets:
        attachments = estate.records.policy_attachments.where("target", target)
        times += [each.attached for each in attachments if each.policy_id in sources]
    return Effective(type_, content, max(times), sources)


def _own(policies: list[Policy]) -> list[OrganizationPolicy]:
    return [policy for policy in policies if isinstance(policy, OrganizationPolicy)]


def _fold(type_: str) -> Callable[[str], str]:
    return str.lower if type_ in types.LOWERED else str


def _merged(type_: str, levels: list[list[Any]]) -> dict[str, Any]:
    """What the documents of one type come to, level by level."""
    settings = inheritance.merge(levels, _fold(type_))
    if type_ in types.TEXTS:
        settings = {path: _texts(value) for path, value in settings.items()}
    if type_ == "TAG_POLICY":
        # A tag for which none is named may have any value (seen of live AWS).
        for tag in {path[:2] for path in settings if len(path) > 2}:
            settings.setdefault((*tag, "tag_value"), ["*"])
    return inheritance.tree(settings)


def _texts(value: Any) -> Any:
    return [grammar.text(each) for each in value] if isinstance(value, list) else grammar.text(value)


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
        "PolicyContent": found.text,
        "LastUpdatedTimestamp": found.updated,
        "TargetId": member.id,
        "PolicyType": policy_type,
    }
    return {"EffectivePolicy": described}


def violations(found: Effective) -> list[dict[str, Any]]:
    """What makes an effective policy invalid; each thing once, with the policies that have a part in it. Nothing is told
    of one with documents that were written when fewer of their elements were checked."""
    if not all(types.is_of_type(found.type, document) for document in found.sources.values()):
        return []
    listed: dict[tuple[str, str, str], set[str]] = {}
    for problem in problems(found.type, found.content, len(found.text.encode())):
        fold = _fold(found.type)
        contributing = {
            id
            for id, document in found.sources.items()
            if any(inheritance.sets(document, path, fold) for path in problem.settings)
        }
        listed.setdefault((problem.code, problem.message, "/".join(problem.path)), set()).update(contributing)
    return [
        {"ErrorCode": code, "ErrorMessage": message, "PathToError": path, "ContributingPolicies": sorted(ids)}
        for (code, message, path), ids in listed.items()
    ]


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
        if found is not None and violations(found):
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
    errors = [] if found is None else violations(found)
    listed = page(
        "EffectivePolicyValidationErrors",
        errors,
        lambda each: f"{each['PathToError']} {each['ErrorCode']} {each['ErrorMessage']}",
        lambda each: each,
        next_token,
        max_results,
    )
    about = {"AccountId": member.id, "PolicyType": policy_type, "Path": estate.path(member)}
    return {**listed, **about, "EvaluationTimestamp": call.now}
