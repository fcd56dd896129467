"""Policies of every type: documents that bind or configure the accounts below what they are attached to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.reference import organization_policies as aws_owned
from iamd.reference.organization_policies import OwnedPolicy
from iamd.services.call import Call, Reply
from iamd.services.organizations import delegation, ids, quotas
from iamd.services.organizations.api import organizations
from iamd.services.organizations.content import stored
from iamd.services.organizations.estate import (
    Estate,
    for_management,
    for_readers,
    the_estate,
    the_organization,
)
from iamd.services.organizations.paging import page
from iamd.services.organizations.tags import merged
from iamd.store.kinds.organizations import OrganizationPolicy, organizations_arn
from iamd.wire.organizations_errors import (
    DuplicatePolicyException,
    InvalidInputException,
    PolicyInUseException,
    PolicyNotFoundException,
    PolicyTypeNotAvailableForOrganizationException,
)

Policy = OrganizationPolicy | OwnedPolicy


def summary(policy: Policy) -> dict[str, Any]:
    """The `PolicySummary` structure."""
    return {
        "Id": policy.id,
        "Arn": policy.arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": isinstance(policy, OwnedPolicy),
    }


def view(policy: Policy) -> dict[str, Any]:
    """The `Policy` structure."""
    return {"PolicySummary": summary(policy), "Content": policy.content}


def find(estate: Estate, policy_id: str) -> Policy | None:
    """The policy of the organization or of AWS with that id."""
    return estate.records.organization_policies.get(policy_id) or aws_owned.get(policy_id)


def of_type(estate: Estate, type_: str) -> list[Policy]:
    """AWS's and the organization's policies of a type."""
    own: list[Policy] = list(estate.records.organization_policies.where("type", type_))
    return [policy for policy in aws_owned.ALL if policy.type == type_ and estate.has_all_features] + own


def _found(estate: Estate, policy_id: str) -> Target[Any]:
    policy = find(estate, policy_id)
    if policy is None:
        organization = estate.organization
        arn = organizations_arn(organization.account_id, f"policy/{organization.id}/*/{policy_id}")
        return missing(arn, PolicyNotFoundException())
    tags = policy.tags if isinstance(policy, OrganizationPolicy) else ()
    return Target(policy.arn, policy, tags=tags, context={"organizations:policytype": policy.type})


@for_management
def existing_policy(call: Call, estate: Estate, *, policy_id: str) -> Target[Any]:
    return _found(estate, policy_id)


@for_readers
def readable_policy(call: Call, estate: Estate, *, policy_id: str) -> Target[Any]:
    return _found(estate, policy_id)


@for_management
def own_policy(call: Call, estate: Estate, *, policy_id: str) -> Target[Any]:
    """The policy of that id, which may be changed: AWS's may not."""
    target = _found(estate, policy_id)
    if isinstance(target.value, OwnedPolicy):
        refusal = InvalidInputException("You can't change a policy that AWS manages.", "IMMUTABLE_POLICY")
        return Target(target.arn, None, context=target.context, missing=refusal)
    return target


@for_management
def new_policy(call: Call, estate: Estate, *, type: str) -> Target[Any]:
    organization = estate.organization
    return Target(organizations_arn(organization.account_id, f"policy/{organization.id}/{type.lower()}/p-*"), estate)


def tagging_policy(call: Call, estate: Estate) -> Iterator[Ask]:
    """Who creates a policy with tags must be allowed to tag it."""
    if call.params.get("tags"):
        organization = estate.organization
        arn = organizations_arn(organization.account_id, f"policy/{organization.id}/{call.params['type'].lower()}/p-*")
        asked = Ask("organizations:TagResource", arn, call.account_id, tags=())
        yield delegation.also(call, estate.records, asked)


@organizations.operation(on=new_policy, also=tagging_policy)
def create_policy(
    call: Call,
    estate: Estate,
    *,
    type: str,
    name: str,
    content: str,
    description: str,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Create a policy, also of a type that is not enabled yet (seen of live AWS)."""
    if not estate.has_all_features:
        raise PolicyTypeNotAvailableForOrganizationException()
    given, text = merged((), tags), stored(type, content)
    _check_name(estate, type, name)
    limit = quotas.POLICIES.get(type, quotas.OTHER_POLICIES)
    count = estate.records.organization_policies.count("type", type)
    quotas.check(count, limit, "POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of policies.")
    policy = OrganizationPolicy(
        account_id=estate.organization.account_id,
        id=ids.policy_id(),
        organization_id=estate.organization.id,
        type=type,
        name=name,
        description=description,
        content=text,
        created=call.now,
        tags=given,
    )
    estate.records.organization_policies.add(policy)
    return {"Policy": view(policy)}


def _check_name(estate: Estate, type_: str, name: str) -> None:
    if any(policy.name == name for policy in of_type(estate, type_)):
        raise DuplicatePolicyException()


@organizations.operation(on=own_policy)
def update_policy(
    call: Call,
    policy: OrganizationPolicy,
    *,
    name: str | None = None,
    description: str | None = None,
    content: str | None = None,
) -> Reply:
    """Change name, description or content. An empty description is answered, and not stored (seen of live AWS)."""
    estate = the_estate(call)
    if name is not None and name != policy.name:
        _check_name(estate, policy.type, name)
    policy = estate.records.organization_policies.replace(
        policy,
        name=policy.name if name is None else name,
        description=description or policy.description,
        content=policy.content if content is None else stored(policy.type, content),
        updated=policy.updated if content is None else call.now,
    )
    answer = view(policy)
    if description is not None:
        answer["PolicySummary"]["Description"] = description
    return {"Policy": answer}


@organizations.operation(on=own_policy)
def delete_policy(call: Call, policy: OrganizationPolicy) -> None:
    """Delete a policy that is attached to nothing."""
    records = the_estate(call).records
    if records.policy_attachments.count("policy", policy.id):
        raise PolicyInUseException()
    records.organization_policies.remove(policy)


@organizations.operation(on=readable_policy)
def describe_policy(call: Call, policy: Policy) -> Reply:
    """Describe a policy, with its content."""
    return {"Policy": view(policy)}


@organizations.operation(on=the_organization)
def list_policies(
    call: Call, estate: Estate, *, filter: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the policies of a type, AWS's included."""
    return page("Policies", of_type(estate, filter), lambda each: each.id, summary, next_token, max_results)
