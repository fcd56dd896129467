"""Roles that a request hands over to a service, each of which needs `iam:PassRole`.

Two rules find them. A text that is the ARN of a role or instance profile is handed over, whatever its member is called
(`Role`, `SnsCallerArn`, an attribute of a topic), but for members that name a principal. A bare name is, where a table
says that the member takes one: the service authorization reference tells of few such operations only.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from iamd.gateway import generic
from iamd.gateway.mapped import Inquiry, Need
from iamd.guard.context import Context
from iamd.wire.gateway_errors import Unmapped
from iamd.wire.model import Shape

_ROLE = re.compile(r"arn:[a-z0-9-]+:iam::\d{12}:role/[\w+=,.@/-]+").fullmatch
_PROFILE = re.compile(r"arn:[a-z0-9-]+:iam::\d{12}:instance-profile/[\w+=,.@/-]+").fullmatch
_NAME = re.compile(r"[\w+=,.@/-]{1,128}").fullmatch
_MAX_DEPTH = 24

# Members that say who may do something, to whom nothing is handed over.
_PRINCIPALS = re.compile(
    r"principal|grantee|allowedroles|participantrole|resource-?arn|resourcelist|^resources$"
).search

# Members that take the name of a role, by botocore's name of the service.
ROLE_NAMES: Mapping[str, frozenset[str]] = {
    "batch": frozenset({"servicerole"}),
    "ec2": frozenset({"rolename"}),
    "ecs": frozenset({"executionrolearn", "role", "taskrolearn"}),
    "elasticbeanstalk": frozenset({"operationsrole", "servicerole"}),
    "emr": frozenset({"autoscalingrole", "servicerole"}),
    "neptune": frozenset({"domainiamrolename"}),
    "rds": frozenset({"domainiamrolename"}),
    "resiliencehub": frozenset({"invokerrolename"}),
    "ssm": frozenset({"iamrole"}),
}
# Members that take the name of an instance profile, whose role is handed over.
PROFILE_NAMES: Mapping[str, frozenset[str]] = {
    "autoscaling": frozenset({"iaminstanceprofile"}),
    "batch": frozenset({"instancerole"}),
    "ec2": frozenset({"iaminstanceprofile.name", "iaminstanceprofile.arn"}),
    "emr": frozenset({"instancerole", "jobflowrole"}),
    "imagebuilder": frozenset({"instanceprofilename"}),
    "rds": frozenset({"customiaminstanceprofile"}),
}
# The service principal that assumes the role, where it is not `PREFIX.amazonaws.com`, by service and member.
_PASSED_TO: Mapping[tuple[str, str], str] = {
    ("autoscaling", "iaminstanceprofile"): "ec2",
    ("batch", "executionrolearn"): "ecs-tasks",
    ("batch", "instancerole"): "ec2",
    ("batch", "jobrolearn"): "ecs-tasks",
    ("batch", "spotiamfleetrole"): "spotfleet",
    ("ec2", "deliverlogspermissionarn"): "vpc-flow-logs",
    ("ec2", "iamfleetrole"): "spotfleet",
    ("ec2", "rolename"): "vmie",
    ("ecs", "executionrolearn"): "ecs-tasks",
    ("ecs", "taskrolearn"): "ecs-tasks",
    ("eks", "noderole"): "ec2",
    ("eks", "podexecutionrolearn"): "eks-fargate-pods",
    ("emr", "instancerole"): "ec2",
    ("emr", "jobflowrole"): "ec2",
    ("imagebuilder", "instanceprofilename"): "ec2",
    ("rds", "customiaminstanceprofile"): "ec2",
    ("rds", "monitoringrolearn"): "monitoring.rds",
}


class _Text(msgspec.Struct, frozen=True):
    """A text among the parameters, with the lower-case names of its member and of the one around that."""

    member: str
    around: str
    value: str


def passed_roles(inquiry: Inquiry, first: Need) -> list[Need]:
    """`iam:PassRole` for each role that is handed over, with the service that will assume it. Raises Unmapped for an
    instance profile whose role is not known, and Cold."""
    operation, service = inquiry.asked.operation, inquiry.asked.service.name
    action = generic.action_of(inquiry.asked.service, operation.name)
    if operation.input is None or (action is not None and action.access_level in ("List", "Read")):
        return []
    found: dict[tuple[str, str], Need] = {}
    for text in _texts(operation.input, inquiry.document, "", 0):
        arn = _role_of(inquiry, service, text)
        if arn is not None:
            principal = _passed_to(service, first.action.partition(":")[0], text)
            context: Context = {"iam:passedtoservice": principal}
            if first.resource != "*":
                context["iam:associatedresourcearn"] = first.resource
            found[arn, principal] = Need("iam:PassRole", arn, context, ("iam:",))
    return list(found.values())


def _role_of(inquiry: Inquiry, service: str, text: _Text) -> str | None:
    """The ARN of the role that a text hands over; None for all other texts."""
    if not text.value or _PRINCIPALS(text.member):
        return None
    if _ROLE(text.value):
        return text.value
    known = PROFILE_NAMES.get(service, frozenset())
    if _PROFILE(text.value) or text.member in known or f"{text.around}.{text.member}" in known:
        name = text.value.rpartition("/")[2]
        arn = inquiry.role_of_profile(name) if _NAME(name) else None
        if arn is None:
            raise Unmapped(f"There is no instance profile `{text.value[:256]}` with a role in the account.")
        return arn
    if text.member in ROLE_NAMES.get(service, frozenset()):
        if not _NAME(text.value):
            raise Unmapped(f"`{text.value[:256]}` is no role.")
        return inquiry.role_arn(text.value)
    return None


def _passed_to(service: str, prefix: str, text: _Text) -> str:
    if _PROFILE(text.value) or text.around == "iaminstanceprofile":
        return "ec2.amazonaws.com"
    return f"{_PASSED_TO.get((service, text.member), prefix)}.amazonaws.com"


def _texts(shape: Shape, value: Any, around: str, depth: int) -> Iterator[_Text]:
    """Every text among the parameters that the model knows, with where it stands."""
    if depth > _MAX_DEPTH:
        raise Unmapped("The parameters are nested too deeply.")
    if shape.type != "structure" or not isinstance(value, Mapping):
        return
    for member in shape.members:
        given = value.get(member.wire_name, value.get(member.name))
        if given is not None:
            yield from _within(member.name.lower(), member.shape, given, around, depth)


def _within(name: str, shape: Shape, given: Any, around: str, depth: int) -> Iterator[_Text]:
    if isinstance(given, str):
        yield _Text(name, around, given)
    elif shape.type == "structure":
        yield from _texts(shape, given, name, depth + 1)
    elif shape.type == "list" and isinstance(given, list):
        for each in given:
            yield from _within(name, shape.element.shape, each, around, depth + 1)
    elif shape.type == "map" and isinstance(given, Mapping):
        for key, each in given.items():
            yield from _within(str(key).lower(), shape.value.shape, each, name, depth + 1)
