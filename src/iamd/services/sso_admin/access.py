"""Who has which permission set in which account, directly or by a group."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.store.image import Records
from iamd.store.kinds.identity_center import AccountAssignment


def principals_of(records: Records, user_id: str) -> Iterator[str]:
    """The user and the groups that the user is in, as the `principal` index of assignments has them."""
    yield f"USER/{user_id}"
    for membership in records.store_memberships.where("user", user_id):
        yield f"GROUP/{membership.group_id}"


def assignments_of(records: Records, user_id: str) -> list[AccountAssignment]:
    """The assignments of a user of the identity store in those records, and of the user's groups; none of a user that
    is not there or not enabled."""
    user = records.store_users.get(user_id)
    if user is None or not user.enabled:
        return []
    assignments = records.account_assignments
    return [each for principal in principals_of(records, user_id) for each in assignments.where("principal", principal)]
