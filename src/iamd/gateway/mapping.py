"""A recognised request -> everything that it needs: by an exact table, else generically, with the roles handed over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from iamd.gateway import generic
from iamd.gateway.directory import Service
from iamd.gateway.exact import MAPPERS
from iamd.gateway.mapped import Inquiry, Need, Unmapped
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.model import Member, OperationModel, Shape

_ROLE_ARN = re.compile(r"arn:[a-z0-9-]+:iam::\d{12}:role/[\w+=,.@/-]+").fullmatch
_ROLE_NAME = re.compile(r"[\w+=,.@/-]{1,128}").fullmatch
_MAX_DEPTH = 24

# Services whose roles another service principal assumes than that of their name.
_ASSUMED_BY = {"ecs": "ecs-tasks"}


async def needs(inquiry: Inquiry) -> list[Need]:
    """All that must be allowed; never empty. Raises Unmapped, Ambiguous, or AwsError of a lookup."""
    asked = inquiry.asked
    mapper = MAPPERS.get(asked.service.name, {}).get(asked.operation.name, generic.needs)
    found = await mapper(inquiry)
    if not found:
        raise Unmapped(f"The gateway cannot tell what {asked.operation.name} needs.")
    return [*found, *_passed_roles(inquiry, found[0])]


def kind_of(service: Service, operation: OperationModel) -> str:
    """How an operation is mapped: `exactly`, `generically` or `refused`."""
    if operation.name in MAPPERS.get(service.name, ()):
        return "exactly"
    return generic.kind_of(service, operation)


def _passed_roles(inquiry: Inquiry, first: Need) -> list[Need]:
    """`iam:PassRole` for every role that the request hands over.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    operation = inquiry.asked.operation
    action = generic.action_of(inquiry.asked.service, operation.name)
    if operation.input is None or (action is not None and action.access_level in ("List", "Read")):
        return []
    passes = action is not None and "iam:PassRole" in action.dependent_actions
    service = first.action.partition(":")[0]
    context: Context = {"iam:passedtoservice": f"{_ASSUMED_BY.get(service, service)}.amazonaws.com"}
    if first.resource != "*":
        context["iam:associatedresourcearn"] = first.resource
    arns = dict.fromkeys(_roles(operation.input, inquiry.document, inquiry.account_id, passes, 0))
    return [Need("iam:PassRole", arn, context, ("iam:",)) for arn in arns]


def _roles(shape: Shape, value: Any, account_id: str, passes: bool, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH or not isinstance(value, Mapping):
        return
    for member in shape.members:
        given = value.get(member.wire_name, value.get(member.name))
        if given is not None:
            yield from _of_member(member, member.shape, given, account_id, passes, depth)


def _of_member(member: Member, shape: Shape, given: Any, account_id: str, passes: bool, depth: int) -> Iterator[str]:
    """The roles in the value of a member, or of an element of its value."""
    if isinstance(given, str):
        yield from _role(member.name.lower(), given, account_id, passes)
    elif shape.type == "structure":
        yield from _roles(shape, given, account_id, passes, depth + 1)
    elif shape.type == "list" and isinstance(given, list):
        for each in given:
            yield from _of_member(member, shape.element.shape, each, account_id, passes, depth + 1)
    elif shape.type == "map" and isinstance(given, Mapping):
        for each in given.values():
            yield from _of_member(member, shape.value.shape, each, account_id, passes, depth + 1)


def _role(name: str, given: str, account_id: str, passes: bool) -> Iterator[str]:
    if passes and "instanceprofile" in name:
        raise Unmapped("The gateway cannot tell which role an instance profile hands over.")
    if "role" not in name:
        return
    if _ROLE_ARN(given):
        yield given
    elif passes and given and name.endswith(("role", "rolearn", "rolename")):
        if not _ROLE_NAME(given):
            raise Unmapped(f"`{given[:256]}` is no role.")
        yield f"arn:{PARTITION}:iam::{account_id}:role/{given}"
