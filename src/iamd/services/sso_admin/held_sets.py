"""Permission sets as targets: found by ARN, decided on together with their instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import structs

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
    if target.missing is not None:
        return target
    center, set_ = target.value.center, target.value.set
    owner = center.records.account_id
    is_there = center.records.provisioned_sets.get(f"{set_.id}/{owner}") is not None
    return not_for_delegates(call, target, set_.arn, "it is provisioned in") if is_there else target


def not_for_delegates(call: Call, target: Target[HeldSet], arn: str, because: str) -> Target[HeldSet]:
    """The target of a call that only the account that owns the instance may make."""
    if call.account_id == target.value.center.records.account_id:
        return target
    said = f"User: {call.caller.arn} is not authorized to perform: {call.operation.action} on resource: {arn}"
    refusal = AccessDenied(f"{said} because {because} the management account, which alone may do that")
    return structs.replace(target, missing=refusal)


def also_its_instance(call: Call, held: HeldSet) -> Iterator[Ask]:
    """The same action on the instance."""
    yield also_instance(call, held.center)
