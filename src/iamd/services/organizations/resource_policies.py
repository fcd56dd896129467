"""The organization's resource policy: one document, which delegates to member accounts.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import translate
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.policy import Document, Kind, MalformedPolicy, parse
from iamd.reference import services
from iamd.services.call import Call, Reply
from iamd.services.organizations import ids
from iamd.services.organizations.api import organizations
from iamd.services.organizations.delegation import is_delegable
from iamd.services.organizations.estate import Estate, at, for_management, for_readers, the_estate
from iamd.services.organizations.tags import merged
from iamd.store.kinds.organizations import ResourcePolicy, organizations_arn
from iamd.store.records import iam_arn
from iamd.wire.organizations_errors import InvalidInputException, ResourcePolicyNotFoundException

_ACCOUNT = re.compile(r"[0-9]{12}")
_ARN = re.compile(r"arn:aws:(?:iam|sts)::([0-9]{12}):[\w+=,.@/-]+", re.ASCII)


def view(policy: ResourcePolicy) -> dict[str, Any]:
    """The `ResourcePolicy` structure."""
    return {"ResourcePolicySummary": {"Id": policy.id, "Arn": policy.arn}, "Content": policy.content}


def _arn(estate: Estate, id: str) -> str:
    organization = estate.organization
    return organizations_arn(organization.account_id, f"resourcepolicy/{organization.id}/{id}")


def _found(estate: Estate) -> Target[Any]:
    policy = next(iter(estate.records.resource_policies), None)
    return missing(_arn(estate, "*"), ResourcePolicyNotFoundException()) if policy is None else at(policy)


@for_management
def policy_to_put(call: Call, estate: Estate) -> Target[Any]:
    present = next(iter(estate.records.resource_policies), None)
    return Target(_arn(estate, "*"), estate) if present is None else Target(present.arn, estate, tags=present.tags)


@for_management
def existing_policy(call: Call, estate: Estate) -> Target[Any]:
    return _found(estate)


@for_readers
def readable_policy(call: Call, estate: Estate) -> Target[Any]:
    return _found(estate)


def tagging_policy(call: Call, estate: Estate) -> Iterator[Ask]:
    """Who puts a policy with tags must be allowed to tag it."""
    if call.params.get("tags"):
        yield Ask("organizations:TagResource", _arn(estate, "*"), call.account_id, tags=())


@organizations.operation(on=policy_to_put, also=tagging_policy)
def put_resource_policy(call: Call, estate: Estate, *, content: str, tags: list[dict[str, str]] | None = None) -> Reply:
    """Put the policy in the place of the one before. Tags can be given to a first one only (seen of live AWS)."""
    given, text = merged((), tags), stored(call, content)
    policies = estate.records.resource_policies
    present = next(iter(policies), None)
    if present is not None:
        if tags:
            said = "You can't update an existing resource policy with tags."
            raise InvalidInputException(said, "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED")
        return {"ResourcePolicy": view(policies.replace(present, content=text))}
    organization = estate.organization
    made = ResourcePolicy(organization.account_id, ids.resource_policy_id(), organization.id, text, given)
    return {"ResourcePolicy": view(policies.add(made))}


@organizations.operation(on=readable_policy)
def describe_resource_policy(call: Call, policy: ResourcePolicy) -> Reply:
    """Describe the policy."""
    return {"ResourcePolicy": view(policy)}


@organizations.operation(on=existing_policy)
def delete_resource_policy(call: Call, policy: ResourcePolicy) -> None:
    """Delete the policy, and with it what it delegated."""
    the_estate(call).records.resource_policies.remove(policy)


def stored(call: Call, content: str) -> str:
    """The document as it is kept: without blanks, account ids as their roots' ARNs. Raises InvalidInputException."""
    try:
        document = parse(content, Kind.RESOURCE)
    except MalformedPolicy:
        raise _refusal("The provided policy document is not valid.", "INVALID_RESOURCE_POLICY_JSON") from None
    _check_actions(document)
    _check_resources(document)
    written = json.loads(content)
    statements = written["Statement"] if isinstance(written["Statement"], list) else [written["Statement"]]
    for statement in statements:
        statement["Principal"] = _principal(call, statement.get("Principal"))
    return json.dumps(written, separators=(",", ":"), ensure_ascii=False)


def _principal(call: Call, principal: Any) -> Any:
    """The Principal element, with ARNs: accounts, users, roles and sessions of accounts that there are, or everyone."""
    if principal == "*":
        return principal
    named = principal.get("AWS") if isinstance(principal, dict) and set(principal) == {"AWS"} else None
    if named is None:
        raise _refusal("You specified an invalid principal.", "INVALID_PRINCIPAL")
    if isinstance(named, list):
        return {"AWS": [_principal_arn(call, each) for each in named]}
    return {"AWS": _principal_arn(call, named)}


def _principal_arn(call: Call, named: str) -> str:
    if named == "*":
        return named
    arn = _ARN.fullmatch(named)
    account_id = named if _ACCOUNT.fullmatch(named) else "" if arn is None else arn[1]
    if not call.realm.store.has_account(account_id):
        raise _refusal("You specified an invalid principal.", "INVALID_PRINCIPAL")
    return iam_arn(account_id, "root") if named == account_id else named


def _check_actions(document: Document) -> None:
    """Every action that a pattern means must be one that can be delegated."""
    service = services.get("organizations")
    names = [] if service is None else [action.name for action in service.actions.values()]
    for statement in document.statements:
        for pattern in statement.actions:
            prefix, _, name = pattern.partition(":")
            matches = re.compile(translate(name.replace("[", "[[]")), re.IGNORECASE).fullmatch
            meant = [each for each in names if matches(each)] if prefix.lower() == "organizations" else []
            if statement.not_action or not meant or not all(map(is_delegable, meant)):
                said = "The policy names an action that can't be delegated."
                raise _refusal(said, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY")


def _check_resources(document: Document) -> None:
    for statement in document.statements:
        resources = statement.resources or ("*",)
        if not all(each == "*" or each.startswith("arn:aws:organizations:") for each in resources):
            said = "The policy names a resource that is not one of AWS Organizations."
            raise _refusal(said, "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY")


def _refusal(said: str, reason: str) -> InvalidInputException:
    return InvalidInputException(said, reason)
