"""Checks of two permissions that hand on others': iam:PassRole and iam:CreateServiceLinkedRole.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import Statement, Subject, covers
from iamd.analysis.validation.tree import Node


@dataclass(frozen=True, slots=True)
class _Permission:
    """`key` is the condition key that bounds it; `probe` the resource part of a role that only wide patterns cover."""

    prefix: str
    action: str
    key: str
    probe: str


_PERMISSIONS = (
    _Permission("PASS_ROLE", "iam:passrole", "iam:passedtoservice", "role/any/role"),
    _Permission(
        "CREATE_SLR",
        "iam:createservicelinkedrole",
        "iam:awsservicename",
        "role/aws-service-role/any.amazonaws.com/AWSServiceRoleForAny",
    ),
)


def handing_on(policy: Subject, statement: Statement) -> Iterator[Note]:
    if not policy.is_identity or not statement.allows or statement.action is None or statement.resource is None:
        return
    for permission in _PERMISSIONS:
        by = _granting(statement, permission)
        if by is None:
            continue
        star = "*" in by.text or "?" in by.text
        if statement.not_resource:
            end = "NOT_ACTION_AND_" if statement.not_action else "STAR_IN_ACTION_AND_" if star else ""
            code = f"{permission.prefix}_WITH_{end}NOT_RESOURCE"
        elif permission.key not in statement.condition_keys() and _wide(statement, permission):
            middle = "STAR_IN_ACTION_AND_RESOURCE" if star and not statement.not_action else "STAR_IN_RESOURCE"
            code = f"{permission.prefix}_WITH_{middle}{'_AND_NOT_ACTION' if statement.not_action else ''}"
        else:
            continue
        yield note(code, by, statement.resource, action=by.text)


def _granting(statement: Statement, permission: _Permission) -> Node | None:
    """The action that grants it, an exact one before patterns; the whole element with NotAction."""
    matching = [node for node in statement.actions if covers(node.text.lower(), permission.action)]
    if statement.not_action:
        return None if matching else statement.action
    return min(matching, key=lambda node: "*" in node.text or "?" in node.text, default=None)


def _wide(statement: Statement, permission: _Permission) -> bool:
    return any(_covers_any_role(node.text, permission.probe) for node in statement.resources)


def _covers_any_role(resource: str, probe: str) -> bool:
    """Whether a resource pattern covers every role of the accounts that it is about."""
    if resource == "*":
        return True
    fields = resource.split(":", 5)
    return len(fields) == 6 and fields[2] in ("iam", "*") and "*" in fields[5] and covers(fields[5], probe)
