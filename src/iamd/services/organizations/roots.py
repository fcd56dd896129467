"""The root, and which types of policies are enabled on it."""

from __future__ import annotations

from typing import Any

from iamd.guard.target import Target, missing
from iamd.reference.organization_policies import SCP_FULL_ACCESS
from iamd.services.call import Call, Reply
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, Root, at, for_management, the_estate, the_organization
from iamd.services.organizations.paging import page
from iamd.services.organizations.trusted_services import POLICY_TYPES, check_access
from iamd.store.kinds.organizations import Organization, PolicyAttachment
from iamd.wire.organizations_errors import (
    PolicyTypeAlreadyEnabledException,
    PolicyTypeNotAvailableForOrganizationException,
    PolicyTypeNotEnabledException,
    RootNotFoundException,
)


def view(organization: Organization, pending: str | None = None) -> dict[str, Any]:
    """The `Root` structure; `pending` is a type that has just been enabled and that AWS enables with some delay."""
    types = [
        {"Type": type_, "Status": "PENDING_ENABLE" if type_ == pending else "ENABLED"}
        for type_ in organization.policy_types
    ]
    root = Root(organization)
    return {"Id": root.id, "Arn": root.arn, "Name": root.name, "PolicyTypes": types}


@for_management
def existing_root(call: Call, estate: Estate, *, root_id: str) -> Target[Any]:
    return at(estate.root) if root_id == estate.root.id else missing("*", RootNotFoundException())


@organizations.operation(on=the_organization)
def list_roots(call: Call, estate: Estate, *, next_token: str | None = None, max_results: int | None = None) -> Reply:
    """List the roots: there is one."""
    return page("Roots", [estate.organization], lambda each: each.root_id, view, next_token, max_results)


@organizations.operation(on=existing_root)
def enable_policy_type(call: Call, root: Root, *, policy_type: str) -> Reply:
    """Enable a type of policies. With service control policies, AWS's one that allows everything is attached to the
    root, every unit and every account. https://docs.aws.amazon.com/organizations/latest/userguide/enable-policy-type.html
    """
    estate, organization = the_estate(call), root.organization
    if not estate.has_all_features:
        raise PolicyTypeNotAvailableForOrganizationException()
    if policy_type in organization.policy_types:
        raise PolicyTypeAlreadyEnabledException()
    if policy_type in POLICY_TYPES:
        check_access(estate, POLICY_TYPES[policy_type])
    records = estate.records
    changed = records.organizations.replace(organization, policy_types=(*organization.policy_types, policy_type))
    if policy_type == SCP_FULL_ACCESS.type:
        for node in (root, *records.units, *records.members):
            attach_full_access(call, estate, node.id)
    return {"Root": view(changed, "RESOURCE_CONTROL_POLICY" if policy_type == "RESOURCE_CONTROL_POLICY" else None)}


def attach_full_access(call: Call, estate: Estate, target_id: str) -> None:
    """Attach the service control policy that allows everything, as every new unit and account has it."""
    attachment = PolicyAttachment(estate.organization.account_id, SCP_FULL_ACCESS.id, target_id, call.now)
    estate.records.policy_attachments.add(attachment)


@organizations.operation(on=existing_root)
def disable_policy_type(call: Call, root: Root, *, policy_type: str) -> Reply:
    """Disable a type of policies, which detaches them all.

    https://docs.aws.amazon.com/organizations/latest/userguide/disable-policy-type.html
    """
    records, organization = the_estate(call).records, root.organization
    if policy_type not in organization.policy_types:
        raise PolicyTypeNotEnabledException()
    policies = [policy.id for policy in records.organization_policies.where("type", policy_type)]
    if policy_type == SCP_FULL_ACCESS.type:
        policies.append(SCP_FULL_ACCESS.id)
    for policy_id in policies:
        for attachment in records.policy_attachments.where("policy", policy_id):
            records.policy_attachments.remove(attachment)
    left = tuple(type_ for type_ in organization.policy_types if type_ != policy_type)
    return {"Root": view(records.organizations.replace(organization, policy_types=left))}
