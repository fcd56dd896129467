"""Policies attached to the root, units and accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.context import Context
from iamd.guard.target import Target, missing
from iamd.reference.organization_policies import RCP_FULL_ACCESS
from iamd.services.call import Call, Reply
from iamd.services.organizations import delegation, quotas
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, Node, Root, at, for_readers, the_estate
from iamd.services.organizations.paging import page
from iamd.services.organizations.policies import Policy, existing_policy, find, readable_policy, summary
from iamd.store.kinds.organizations import Member, PolicyAttachment
from iamd.wire.organizations_errors import (
    ConstraintViolationException,
    DuplicatePolicyAttachmentException,
    InvalidInputException,
    PolicyNotAttachedException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)


@for_readers
def existing_target(call: Call, estate: Estate, *, target_id: str) -> Target[Any]:
    node = estate.node(target_id)
    return missing("*", TargetNotFoundException()) if node is None else at(node)


def attached(estate: Estate, target_id: str, type_: str) -> list[Policy]:
    """The policies of a type that are attached to a target itself; AWS's resource control policy always is."""
    if type_ not in estate.organization.policy_types:
        return []
    own = (find(estate, each.policy_id) for each in estate.records.policy_attachments.where("target", target_id))
    always: list[Policy] = [RCP_FULL_ACCESS] if type_ == RCP_FULL_ACCESS.type else []
    return always + [policy for policy in own if policy is not None and policy.type == type_]


def on_the_target(call: Call, policy: Policy) -> Iterator[Ask]:
    """Who attaches or detaches a policy must be allowed to do so on the target, too."""
    node = the_estate(call).node(call.params["target_id"])
    if node is not None:
        context: Context = {"organizations:policytype": policy.type}
        asked = Ask(call.operation.action, node.arn, call.account_id, context=context, tags=node.tags)
        yield delegation.also(call, the_estate(call).records, asked)


def _both(call: Call, policy: Policy, target_id: str) -> tuple[Estate, Node]:
    estate = the_estate(call)
    node = estate.node(target_id)
    if node is None:
        raise TargetNotFoundException()
    if policy.type not in estate.organization.policy_types:
        raise PolicyTypeNotEnabledException()
    return estate, node


@organizations.operation(on=existing_policy, also=on_the_target)
def attach_policy(call: Call, policy: Policy, *, target_id: str) -> None:
    """Attach a policy of an enabled type to the root, a unit or an account; it counts from the next request on."""
    estate, node = _both(call, policy, target_id)
    present = attached(estate, node.id, policy.type)
    if policy in present:
        raise DuplicatePolicyAttachmentException()
    limit = quotas.ATTACHED.get(policy.type, quotas.OTHER_ATTACHED)
    too_many = "You have exceeded the number of policies of this type that can be attached to one target."
    quotas.check(len(present), limit, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", too_many)
    attachment = PolicyAttachment(estate.organization.account_id, policy.id, node.id, call.now)
    estate.records.policy_attachments.add(attachment)


@organizations.operation(on=existing_policy, also=on_the_target)
def detach_policy(call: Call, policy: Policy, *, target_id: str) -> None:
    """Detach a policy; one service control policy must be left on every target."""
    estate, node = _both(call, policy, target_id)
    if policy is RCP_FULL_ACCESS:
        raise InvalidInputException("You can't detach this policy.", "NON_DETACHABLE_POLICY")
    attachment = estate.records.policy_attachments.get(f"{node.id}/{policy.id}")
    if attachment is None:
        raise PolicyNotAttachedException()
    if policy.type == "SERVICE_CONTROL_POLICY" and len(attached(estate, node.id, policy.type)) == 1:
        said = "You can't detach the last service control policy from a root, organizational unit or account."
        raise ConstraintViolationException(said, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    estate.records.policy_attachments.remove(attachment)


@organizations.operation(on=existing_target)
def list_policies_for_target(
    call: Call, node: Node, *, filter: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the policies of a type that are attached to a target itself."""
    policies = attached(the_estate(call), node.id, filter)
    return page("Policies", policies, lambda each: each.id, summary, next_token, max_results)


@organizations.operation(on=readable_policy)
def list_targets_for_policy(
    call: Call, policy: Policy, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List what a policy is attached to, by id."""
    estate = the_estate(call)
    if policy is RCP_FULL_ACCESS and policy.type in estate.organization.policy_types:
        nodes: list[Node | None] = [estate.root, *estate.records.units, *estate.records.members]
    else:
        nodes = [estate.node(each.target_id) for each in estate.records.policy_attachments.where("policy", policy.id)]
    there = [node for node in nodes if node is not None]
    return page("Targets", there, lambda node: node.id, target_view, next_token, max_results)


def target_view(node: Node) -> dict[str, Any]:
    """The `PolicyTargetSummary` structure."""
    kind = "ROOT" if isinstance(node, Root) else "ACCOUNT" if isinstance(node, Member) else "ORGANIZATIONAL_UNIT"
    return {"TargetId": node.id, "Arn": node.arn, "Name": node.name, "Type": kind}
