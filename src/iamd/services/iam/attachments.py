"""Managed policies attached to users, groups and roles."""

from __future__ import annotations

from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.groups import existing_group
from iamd.services.iam.identities import Identity, noun
from iamd.services.iam.policies import attachable, by_name, name_of, owner, path_of
from iamd.services.iam.roles import existing_role, modifiable_role
from iamd.services.iam.users import existing_user
from iamd.services.paging import page_of
from iamd.store.records import Attachment, Group, Role, User
from iamd.wire.errors import NoSuchEntity


@iam.operation(on=existing_user)
def attach_user_policy(call: Call, user: User, *, policy_arn: str) -> None:
    """Attach a managed policy to a user."""
    _attach(call, user, policy_arn)


@iam.operation(on=existing_user)
def detach_user_policy(call: Call, user: User, *, policy_arn: str) -> None:
    """Detach a managed policy from a user."""
    _detach(call, user, policy_arn)


@iam.operation(on=existing_user)
def list_attached_user_policies(
    call: Call, user: User, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the managed policies attached to a user."""
    return _page(call, user, path_prefix, marker, max_items)


@iam.operation(on=existing_group)
def attach_group_policy(call: Call, group: Group, *, policy_arn: str) -> None:
    """Attach a managed policy to a group."""
    _attach(call, group, policy_arn)


@iam.operation(on=existing_group)
def detach_group_policy(call: Call, group: Group, *, policy_arn: str) -> None:
    """Detach a managed policy from a group."""
    _detach(call, group, policy_arn)


@iam.operation(on=existing_group)
def list_attached_group_policies(
    call: Call, group: Group, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the managed policies attached to a group."""
    return _page(call, group, path_prefix, marker, max_items)


@iam.operation(on=modifiable_role)
def attach_role_policy(call: Call, role: Role, *, policy_arn: str) -> None:
    """Attach a managed policy to a role."""
    _attach(call, role, policy_arn)


@iam.operation(on=modifiable_role)
def detach_role_policy(call: Call, role: Role, *, policy_arn: str) -> None:
    """Detach a managed policy from a role."""
    _detach(call, role, policy_arn)


@iam.operation(on=existing_role)
def list_attached_role_policies(
    call: Call, role: Role, *, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> Reply:
    """List the managed policies attached to a role."""
    return _page(call, role, path_prefix, marker, max_items)


def _attach(call: Call, identity: Identity, policy_arn: str) -> None:
    """Attaching what is attached changes nothing, even at the quota."""
    arn = attachable(call.records, policy_arn, noun(identity), "Policy")
    attachments = call.records.attachments
    if attachments.get(f"{identity.id}/{arn}") is None:
        quotas.check(attachments.count("owner", identity.id), *_quota(call, identity))
        attachments.add(Attachment(call.account_id, identity.id, arn, call.now))


def _quota(call: Call, identity: Identity) -> tuple[int, str]:
    granted = call.realm.quotas
    if isinstance(identity, User):
        return granted.policies_per_user, "PoliciesPerUser"
    if isinstance(identity, Group):
        return granted.policies_per_group, "PoliciesPerGroup"
    return granted.policies_per_role, "PoliciesPerRole"


def _detach(call: Call, identity: Identity, policy_arn: str) -> None:
    owner(policy_arn)
    attachment = call.records.attachments.get(f"{identity.id}/{policy_arn}")
    if attachment is None:
        raise NoSuchEntity(f"Policy {policy_arn} was not found.")
    call.records.attachments.remove(attachment)


def _page(call: Call, identity: Identity, path_prefix: str, marker: str | None, max_items: int | None) -> Reply:
    arns = [attachment.policy_arn for attachment in call.records.attachments.where("owner", identity.id)]
    shown = [arn for arn in arns if path_of(arn).startswith(path_prefix)]
    return page_of("AttachedPolicies", shown, by_name, attached_view, marker, max_items)


def attached_view(arn: str) -> dict[str, str]:
    """An element of `AttachedPolicies`."""
    return {"PolicyName": name_of(arn), "PolicyArn": arn}
