"""Setting and removing permissions boundaries of users and roles; removing one that is not there changes nothing."""

from __future__ import annotations

from iamd.services.call import Call
from iamd.services.iam.api import iam
from iamd.services.iam.boundaries import boundary_policy
from iamd.services.iam.roles import modifiable_role
from iamd.services.iam.users import existing_user
from iamd.store.records import Role, User


@iam.operation(on=existing_user)
def put_user_permissions_boundary(call: Call, user: User, *, permissions_boundary: str) -> None:
    """Set the policy that limits what a user's own policies can allow."""
    call.records.users.replace(user, boundary=boundary_policy(call, permissions_boundary))


@iam.operation(on=existing_user)
def delete_user_permissions_boundary(call: Call, user: User) -> None:
    """Remove a user's boundary: its own policies alone count again."""
    call.records.users.replace(user, boundary=None)


@iam.operation(on=modifiable_role)
def put_role_permissions_boundary(call: Call, role: Role, *, permissions_boundary: str) -> None:
    """Set the policy that limits what a role's own policies can allow."""
    call.records.roles.replace(role, boundary=boundary_policy(call, permissions_boundary))


@iam.operation(on=modifiable_role)
def delete_role_permissions_boundary(call: Call, role: Role) -> None:
    """Remove a role's boundary: its own policies alone count again."""
    call.records.roles.replace(role, boundary=None)
