"""What goes when an instance does, when an account leaves its organization, and when an organization ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from iamd.reference import linked_roles
from iamd.services.call import Call
from iamd.services.sso_admin.center import SERVICE, Center
from iamd.services.sso_admin.provisioning import account, withdraw
from iamd.store.collection import Collection
from iamd.store.image import Records
from iamd.store.kinds import access_portal, identity_applications, identity_center, identity_store
from iamd.wire.errors import AccessDenied

R = TypeVar("R")

_KINDS = (*access_portal.KINDS, *identity_applications.KINDS, *identity_store.KINDS, *identity_center.KINDS)


def remove(call: Call, center: Center) -> None:
    """Remove an instance, its people and permission sets, and all that it has made in accounts. Raises AccessDenied
    where the caller may not remove a role from the account that owns the instance."""
    for account_id in {each.target_id for each in center.records.provisioned_sets}:
        _clear(call, center, account(call, center, account_id))
    for kind in _KINDS:
        collection = center.records.collection(kind.name)
        _drop(collection, list(collection))


def leave(call: Call, management: Records, leaver: Records) -> None:
    """Take everything that an organization's instance has made out of an account that leaves the organization."""
    for instance in management.identity_centers:
        _clear(call, Center(instance, management), leaver)
    assignments = management.account_assignments
    _drop(assignments, assignments.where("target", leaver.account_id))


def withdraw_offer(records: Records) -> None:
    """Remove an account's instance that nobody has taken and in which nothing is yet."""
    linked = linked_roles.get(SERVICE)
    is_taken = linked is None or records.roles.named(linked.name) is not None
    belongings = (records.collection(kind.name) for kind in _KINDS if kind is not identity_center.IDENTITY_CENTERS)
    if not is_taken and not any(map(len, belongings)):
        _drop(records.identity_centers, list(records.identity_centers))


def _clear(call: Call, center: Center, target: Records) -> None:
    for provisioned in center.records.provisioned_sets.where("target", target.account_id):
        failure = withdraw(call, center, provisioned, target)
        if failure is not None:
            raise AccessDenied(failure)


def _drop(collection: Collection[R], records: Iterable[R]) -> None:
    for record in records:
        collection.remove(record)
