"""Inline policies of users, groups and roles: documents that live and die with one identity.

Names are unique regardless of case: the list keeps the spelling of the first Put, Get echoes the one it was asked
for (seen of live AWS).
"""

from __future__ import annotations

from iamd.policy import Kind, size
from iamd.services.call import Call, Reply
from iamd.services.iam import quotas
from iamd.services.iam.api import iam
from iamd.services.iam.documents import checked, encoded
from iamd.services.iam.groups import existing_group
from iamd.services.iam.identities import Identity, noun
from iamd.services.iam.roles import existing_role, modifiable_role
from iamd.services.iam.users import existing_user
from iamd.services.paging import page_of
from iamd.store.image import INLINE
from iamd.store.records import Group, InlinePolicy, Role, User, fold
from iamd.wire.errors import LimitExceeded, NoSuchEntity

SIZES = {"user": quotas.USER_POLICY_SIZE, "group": quotas.GROUP_POLICY_SIZE, "role": quotas.ROLE_POLICY_SIZE}


@iam.operation(on=existing_user)
def put_user_policy(call: Call, user: User, *, policy_name: str, policy_document: str) -> None:
    """Add an inline policy to a user or replace it."""
    _put(call, user, policy_name, policy_document)


@iam.operation(on=existing_user)
def get_user_policy(call: Call, user: User, *, policy_name: str) -> Reply:
    """Describe an inline policy of a user."""
    return {"UserName": user.name, **_view(call, user, policy_name)}


@iam.operation(on=existing_user)
def list_user_policies(call: Call, user: User, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the names of a user's inline policies."""
    return _page(call, user, marker, max_items)


@iam.operation(on=existing_user)
def delete_user_policy(call: Call, user: User, *, policy_name: str) -> None:
    """Delete an inline policy of a user."""
    call.records.inline.remove(_found(call, user, policy_name))


@iam.operation(on=existing_group)
def put_group_policy(call: Call, group: Group, *, policy_name: str, policy_document: str) -> None:
    """Add an inline policy to a group or replace it."""
    _put(call, group, policy_name, policy_document)


@iam.operation(on=existing_group)
def get_group_policy(call: Call, group: Group, *, policy_name: str) -> Reply:
    """Describe an inline policy of a group."""
    return {"GroupName": group.name, **_view(call, group, policy_name)}


@iam.operation(on=existing_group)
def list_group_policies(call: Call, group: Group, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the names of a group's inline policies."""
    return _page(call, group, marker, max_items)


@iam.operation(on=existing_group)
def delete_group_policy(call: Call, group: Group, *, policy_name: str) -> None:
    """Delete an inline policy of a group."""
    call.records.inline.remove(_found(call, group, policy_name))


@iam.operation(on=modifiable_role)
def put_role_policy(call: Call, role: Role, *, policy_name: str, policy_document: str) -> None:
    """Add an inline policy to a role or replace it."""
    _put(call, role, policy_name, policy_document)


@iam.operation(on=existing_role)
def get_role_policy(call: Call, role: Role, *, policy_name: str) -> Reply:
    """Describe an inline policy of a role."""
    return {"RoleName": role.name, **_view(call, role, policy_name)}


@iam.operation(on=existing_role)
def list_role_policies(call: Call, role: Role, *, marker: str | None = None, max_items: int | None = None) -> Reply:
    """List the names of a role's inline policies."""
    return _page(call, role, marker, max_items)


@iam.operation(on=modifiable_role)
def delete_role_policy(call: Call, role: Role, *, policy_name: str) -> None:
    """Delete an inline policy of a role."""
    call.records.inline.remove(_found(call, role, policy_name))


def _put(call: Call, owner: Identity, name: str, document: str) -> None:
    policy = InlinePolicy(call.account_id, owner.id, name, checked(document, Kind.IDENTITY))
    inline = call.records.inline
    present = inline.get(INLINE.key(policy))
    # The quota is on all inline policies of an identity together, white space not counted
    # (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
    others = sum(size(other.document) for other in inline.where("owner", owner.id) if other is not present)
    limit = SIZES[noun(owner)]
    if others + size(document) > limit:
        raise LimitExceeded(f"Maximum policy size of {limit} bytes exceeded for {noun(owner)} {owner.name}")
    if present is None:
        inline.add(policy)
    else:
        inline.replace(present, document=document)


def _found(call: Call, owner: Identity, name: str) -> InlinePolicy:
    policy: InlinePolicy | None = call.records.inline.get(f"{owner.id}/{fold(name)}")
    if policy is None:
        raise NoSuchEntity(f"The {noun(owner)} policy with name {name} cannot be found.")
    return policy


def _view(call: Call, owner: Identity, name: str) -> dict[str, str]:
    return {"PolicyName": name, "PolicyDocument": encoded(_found(call, owner, name).document)}


def _page(call: Call, owner: Identity, marker: str | None, max_items: int | None) -> Reply:
    policies = call.records.inline.where("owner", owner.id)
    return page_of("PolicyNames", policies, lambda p: fold(p.name), lambda p: p.name, marker, max_items)
