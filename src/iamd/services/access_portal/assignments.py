"""What people have been given: the accounts that they may come to, and as which permission sets there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from iamd.services.call import Realm
from iamd.services.sso_admin.access import principals_of
from iamd.store.image import Records
from iamd.store.kinds.identity_center import PermissionSet, ProvisionedSet


class Assigned(NamedTuple):
    """A permission set in an account, as it is provisioned there."""

    permission_set: PermissionSet
    provisioned: ProvisionedSet


class AssignedAccount(NamedTuple):
    """An account, and what somebody has there, by the permission sets' names."""

    id: str
    name: str
    email: str
    roles: Mapping[str, Assigned]


def assigned(records: Records, user_id: str) -> dict[str, dict[str, Assigned]]:
    """What a user has, by account and name of the permission set: for itself and by its groups, as of now."""
    found: dict[str, dict[str, Assigned]] = {}
    for principal in principals_of(records, "USER", user_id):
        for each in records.account_assignments.where("principal", principal):
            permission_set = records.permission_sets.get(each.set_id)
            provisioned = records.provisioned_sets.get(f"{each.set_id}/{each.target_id}")
            if permission_set is not None and provisioned is not None:
                roles = found.setdefault(each.target_id, {})
                roles[permission_set.name] = Assigned(permission_set, provisioned)
    return found


async def accounts_of(realm: Realm, records: Records, user_id: str) -> list[AssignedAccount]:
    """The accounts that a user may come to, by id: those that are there and not closed."""
    accounts = []
    for account_id, roles in sorted(assigned(records, user_id).items()):
        if realm.store.has_account(account_id):
            there = await realm.store.load(account_id)
            if there.account.closed is None:
                told = AssignedAccount(account_id, there.account.name or account_id, there.account.email, roles)
                accounts.append(told)
    return accounts
