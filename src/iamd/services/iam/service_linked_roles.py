"""Service-linked roles: roles that a service defines, that only it may assume, and that nobody else may change.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html. They count toward the quota of
roles, and are made even when it is used up.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from uuid import uuid4

from iamd.caller.ids import unique_id
from iamd.guard.target import Target, missing
from iamd.reference import linked_roles
from iamd.reference.linked_roles import LinkedRole
from iamd.services.call import Call, Reply
from iamd.services.iam.api import iam
from iamd.services.iam.roles import SERVICE_LINKED_PATH, existing_role, outline
from iamd.store.image import Records
from iamd.store.kinds.managed_roles import RoleDeletion
from iamd.store.records import Attachment, Role, fold, iam_arn
from iamd.wire import validate
from iamd.wire.errors import AccessDenied, InvalidInput, NoSuchEntity

_TASK = re.compile(r"task(?P<path>/aws-service-role/[^/]+/)(?P<name>[^/]+)/[0-9a-f-]{36}")


def role_to_link(call: Call, *, aws_service_name: str, custom_suffix: str | None = None) -> Target[LinkedRole]:
    """What to make for the service, decided on by the ARN that the role will have."""
    linked = linked_roles.get(aws_service_name)
    if linked is None:
        unknown = AccessDenied(f"Cannot find Service Linked Role template for {aws_service_name}")
        return missing(iam_arn(call.account_id, f"role{SERVICE_LINKED_PATH}{aws_service_name}/"), unknown)
    return Target(iam_arn(call.account_id, f"role{linked.path}{_name(linked, custom_suffix)}"), linked)


def role_to_unlink(call: Call, *, role_name: str) -> Target[Any]:
    """The role of that name; the deletion that it fell victim to, so that who asks again is answered the same."""
    deletion = call.records.role_deletions.get(fold(role_name))
    if deletion is None or call.records.roles.named(role_name) is not None:
        return existing_role(call, role_name=role_name)
    return Target(_arn(call, deletion.task_id), deletion, f"role {role_name}")


def deletion_task(call: Call, *, deletion_task_id: str) -> Target[RoleDeletion]:
    """The deletion with that id, decided on by the ARN of its role."""
    arn = _arn(call, deletion_task_id)
    deletion = call.records.role_deletions.get(fold(arn.rpartition("/")[2]))
    if deletion is None or deletion.task_id != deletion_task_id:
        return missing(arn, NoSuchEntity("Cannot find deletion status for given id."))
    return Target(arn, deletion)


def _arn(call: Call, task_id: str) -> str:
    """The ARN of the role that a task deletes. Raises InvalidInput."""
    task = _TASK.fullmatch(task_id)
    if task is None:
        raise InvalidInput("Invalid task id")
    return iam_arn(call.account_id, f"role{task['path']}{task['name']}")


def _name(linked: LinkedRole, suffix: str | None) -> str:
    return linked.name if suffix is None else f"{linked.name}_{suffix}"


def _trust(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def link(call: Call, linked: LinkedRole, name: str, description: str | None = None) -> Role:
    """Make the role and attach its policy. Raises InvalidInput when the name is taken, by whatever role."""
    if call.records.roles.named(name) is not None:
        raise InvalidInput(f"Service role name {name} has been taken in this account, please try a different suffix.")
    return linked_role(call.records, linked, name, call.now, description)


def linked_role(records: Records, linked: LinkedRole, name: str, now: datetime, description: str | None = None) -> Role:
    """Make the role, whose name is free in that account, and attach its policy."""
    role: Role = records.roles.add(
        Role(
            account_id=records.account_id,
            id=unique_id("AROA"),
            name=name,
            path=linked.path,
            created=now,
            trust=_trust({"Effect": "Allow", "Principal": {"Service": linked.service}, "Action": "sts:AssumeRole"}),
            description=description,
        )
    )
    records.attachments.add(Attachment(records.account_id, role.id, linked.policy_arn, now))
    return role


@iam.operation(on=role_to_link)
def create_service_linked_role(
    call: Call, linked: LinkedRole, *, description: str | None = None, custom_suffix: str | None = None
) -> Reply:
    """Make the role of a service. The answer hides the description, and shows the trust policy as services write it
    (seen of live AWS)."""
    if custom_suffix is not None and not linked.suffix:
        raise InvalidInput(f"Custom suffix is not allowed for {linked.service}")
    name = _name(linked, custom_suffix)
    trust = _trust({"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [linked.service]}})
    validate.check(iam.model.operations["CreateRole"], {"role_name": name, "assume_role_policy_document": trust})
    return {"Role": outline(link(call, linked, name, description), trust)}


# It goes at once, where AWS asks the service first and answers IN_PROGRESS meanwhile: no service here needs the role to
# go on, and Identity Center makes its own again.
@iam.operation(on=role_to_unlink)
def delete_service_linked_role(call: Call, role: Role | RoleDeletion) -> Reply:
    """Delete the role of a service; a repeat answers the first one's task. One task is kept for each role's name."""
    if isinstance(role, RoleDeletion):
        return {"DeletionTaskId": role.task_id}
    if not role.path.startswith(SERVICE_LINKED_PATH):
        raise InvalidInput(f"{role.name} exists but is not a service role.")
    records = call.records
    for attachment in records.attachments.where("owner", role.id):
        records.attachments.remove(attachment)
    records.roles.remove(role)
    last = records.role_deletions.get(fold(role.name))
    if last is not None:
        records.role_deletions.remove(last)
    task_id = f"task{role.path}{role.name}/{uuid4()}"
    records.role_deletions.add(RoleDeletion(call.account_id, role.name, task_id, call.now))
    return {"DeletionTaskId": task_id}


@iam.operation(on=deletion_task)
def get_service_linked_role_deletion_status(call: Call, _: RoleDeletion) -> Reply:
    """Tell how far a deletion is: it is done."""
    return {"Status": "SUCCEEDED"}
