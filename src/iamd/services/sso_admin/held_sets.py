"""Permission sets as targets: found by ARN, decided on together with their instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.services.call import Call
from iamd.services.sso_admin.center import Center, also_instance, at, find_center, refused
from iamd.store.kinds.identity_center import PermissionSet
from iamd.wire.errors import AccessDenied, ValidationException
from iamd.wire.identity_errors import ResourceNotFoundException


@dataclass(frozen=True, slots=True)
class HeldSet:
    """A permission set, with its instance."""

    center: Center
    set: PermissionSet

    def replaced(self, **changes: Any) -> PermissionSet:
        """The set after a change that reaches accounts when it is provisioned."""
        revision = self.set.revision + 1
        changed: PermissionSet = self.center.records.permission_sets.replace(self.set, revision=revision, **changes)
        return changed


def no_such_set(arn: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Could not find PermissionSet with id {arn.rpartition('/')[2]}")


def require_sets(center: Center) -> None:
    """Raise ValidationException where an instance has no permission sets."""
    if not center.instance.permission_sets:
        raise ValidationException(
            "The operation is not supported for this Identity Center instance: UpdateInstance enables permission sets."
        )


def existing_set(call: Call, *, instance_arn: str, permission_set_arn: str) -> Target[HeldSet]:
    """The permission set of that ARN in an instance that the caller administers."""
    center = find_center(call, instance_arn)
    if center is None:
        return refused(call, instance_arn)
    found = center.records.permission_sets.get(permission_set_arn.rpartition("/")[2])
    if found is None or found.arn != permission_set_arn:
        return missing(permission_set_arn, no_such_set(permission_set_arn))
    return at(center, found.arn, HeldSet(center, found), found.tags)


def changeable_set(call: Call, *, instance_arn: str, permission_set_arn: str) -> Target[HeldSet]:
    """The same to be changed: a delegate may not where the set is provisioned in the management account.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html
    """
    target = existing_set(call, instance_arn=instance_arn, permission_set_arn=permission_set_arn)
    if target.missing is None and call.account_id != target.value.center.records.account_id:
        refuse_delegate(call, target.value)
    return target


def refuse_delegate(call: Call, held: HeldSet) -> None:
    """Raise AccessDenied for a set that is provisioned in the account that owns the instance."""
    owner = held.center.records.account_id
    if held.center.records.provisioned_sets.get(f"{held.set.id}/{owner}") is not None:
        said = (
            f"User: {call.caller.arn} is not authorized to perform: {call.operation.action} on resource: {held.set.arn}"
        )
        raise AccessDenied(f"{said} because it is provisioned in the management account, which alone may do that")


def also_its_instance(call: Call, held: HeldSet) -> Iterator[Ask]:
    """The same action on the instance."""
    yield also_instance(call, held.center)
