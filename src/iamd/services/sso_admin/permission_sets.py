"""Permission sets: made, described, changed, deleted. What they allow is in `set_policies`.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html and its neighbours
"""

from __future__ import annotations

import secrets
from typing import Any

from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.sso_admin import durations, quotas
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import Center, also_on_instance, at, existing_instance
from iamd.services.sso_admin.held_sets import HeldSet, also_its_instance, changeable_set, existing_set, require_sets
from iamd.services.sso_admin.paging import page
from iamd.services.sso_admin.tag_rules import merged
from iamd.store.kind import Taken
from iamd.store.kinds.identity_center import PermissionSet
from iamd.wire.identity_errors import ConflictException


def new_set(call: Call, *, instance_arn: str) -> Target[Center]:
    """What is made is decided on as any set of the instance, for it has no id yet."""
    target = existing_instance(call, instance_arn=instance_arn)
    return (
        target if target.missing is not None else at(target.value, target.value.arn("permissionSet", "*"), target.value)
    )


def view(set_: PermissionSet) -> dict[str, Any]:
    """The `PermissionSet` structure."""
    return {
        "Name": set_.name,
        "PermissionSetArn": set_.arn,
        "Description": set_.description,
        "CreatedDate": set_.created,
        "SessionDuration": set_.session,
        "RelayState": set_.relay_state,
    }


@sso_admin.operation(on=new_set, also=also_on_instance)
def create_permission_set(
    call: Call,
    center: Center,
    *,
    name: str,
    description: str | None = None,
    session_duration: str = durations.DEFAULT,
    relay_state: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Make a set, which allows nothing yet; names are unique, whatever their case."""
    require_sets(center)
    durations.seconds(session_duration)
    sets = center.records.permission_sets
    quotas.check(len(sets), quotas.PERMISSION_SETS, "permission sets")
    made = PermissionSet(
        account_id=center.instance.account_id,
        id=f"ps-{secrets.token_hex(8)}",
        instance_id=center.instance.id,
        name=name,
        created=call.now,
        description=description,
        session=session_duration,
        relay_state=relay_state,
        tags=merged((), tags),
    )
    try:
        return {"PermissionSet": view(sets.add(made))}
    except Taken:
        raise ConflictException(f"PermissionSet with name {name} already exists.") from None


@sso_admin.operation(on=existing_set, also=also_its_instance)
def describe_permission_set(call: Call, held: HeldSet) -> Reply:
    """The set of that ARN."""
    return {"PermissionSet": view(held.set)}


@sso_admin.operation(on=existing_instance)
def list_permission_sets(
    call: Call, center: Center, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the ARNs of an instance's sets."""
    sets = center.records.permission_sets
    return page("PermissionSets", sets, lambda each: each.id, lambda each: each.arn, next_token, max_results)


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def update_permission_set(
    call: Call,
    held: HeldSet,
    *,
    description: str | None = None,
    session_duration: str | None = None,
    relay_state: str | None = None,
) -> Reply:
    """Change what is given. A relay state that is left out is cleared, as on AWS; the rest stays.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ssoadmin/permission_set.go
    """
    if session_duration is not None:
        durations.seconds(session_duration)
    held.replaced(
        description=held.set.description if description is None else description,
        session=session_duration or held.set.session,
        relay_state=relay_state,
    )
    return {}


@sso_admin.operation(on=changeable_set, also=also_its_instance)
def delete_permission_set(call: Call, held: HeldSet) -> Reply:
    """Delete a set that nobody is assigned and that no account has."""
    records = held.center.records
    if records.account_assignments.count("set", held.set.id) or records.provisioned_sets.count("set", held.set.id):
        raise ConflictException("Could not delete because PermissionSet has ApplicationProfile associated with it")
    records.permission_sets.remove(held.set)
    return {}
