"""Effective policies, and what is wrong with them.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html
"""

from __future__ import annotations

from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.organizations.accounts import readable_account, view
from iamd.services.organizations.api import organizations
from iamd.services.organizations.effective import Effective, effective, violations
from iamd.services.organizations.estate import Estate, at, for_members, reads, the_estate, the_organization
from iamd.services.organizations.paging import page
from iamd.store.kinds.organizations import Member
from iamd.wire.organizations_errors import (
    AccessDeniedException,
    EffectivePolicyNotFoundException,
    InvalidInputException,
    TargetNotFoundException,
)


def _effective(estate: Estate, member: Member, type_: str) -> Effective | None:
    return effective(estate.records, estate.organization, member, type_)


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
    found = _effective(the_estate(call), member, policy_type)
    if found is None:
        raise EffectivePolicyNotFoundException()
    described = {
        "PolicyContent": found.text,
        "LastUpdatedTimestamp": found.updated,
        "TargetId": member.id,
        "PolicyType": policy_type,
    }
    return {"EffectivePolicy": described}


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
        found = _effective(estate, member, policy_type)
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
    found = _effective(estate, member, policy_type)
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
