"""What a simulation is given, checked as AWS checks it; every refusal is InvalidInput in AWS's words (seen live)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from iamd.policy import Kind, MalformedPolicy, Policy, Principal, PrincipalKind
from iamd.policy.simulate import load_simulated
from iamd.policy.values import address, instant, number
from iamd.reference import actions as reference
from iamd.services.iam.sources import entity
from iamd.wire.errors import InvalidInput

Value = str | tuple[str, ...]
Context = dict[str, Value]

# The scenarios that the simulator knows, by action; they name a set of resources and change no decision.
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
SCENARIOS = {
    "ec2:runinstances": frozenset(
        {
            "EC2-Classic-InstanceStore",
            "EC2-Classic-EBS",
            "EC2-VPC-InstanceStore",
            "EC2-VPC-InstanceStore-Subnet",
            "EC2-VPC-EBS",
            "EC2-VPC-EBS-Subnet",
        }
    ),
}

ANYTHING = ["*"]


def checked_resources(arns: Sequence[str] | None) -> list[str]:
    """The resources to simulate; `*` alone stands for none in particular."""
    given = list(arns or ANYTHING)
    for arn in given:
        fields = arn.split(":", 5)
        if arn == "*" and len(given) == 1:
            continue
        if len(fields) < 6 or fields[0] != "arn" or not (fields[1] and fields[2] and fields[5]):
            raise InvalidInput(f"ResourceNames are not in a valid ARN format: {arn}.")
    return given


def checked_actions(names: Sequence[str], resources: list[str], scenario: str | None) -> list[str]:
    """The actions to simulate. With resources, known and unknown ones do not go together, and a scenario must be one
    of each action's."""
    if not names:
        raise InvalidInput("ActionNames is required.")
    if any(":" not in name for name in names):
        raise InvalidInput("The action is invalid since it is missing names")
    if resources == ANYTHING:
        return list(names)
    known = [name for name in names if _is_known(name)]
    unknown = [name for name in names if not _is_known(name)]
    if known and unknown:
        listed = f"[{','.join(known)}] and [{','.join(unknown)}]"
        raise InvalidInput(f"Invalid Input Actions: {listed} require different authorization information.")
    for name in names if scenario else ():
        if scenario not in SCENARIOS.get(name.lower(), ()):
            said = "Invalid input resource handling options. Action does not support resource handling options"
            raise InvalidInput(f"{said}: {name}.")
    return list(names)


def _is_known(name: str) -> bool:
    service, _, action = name.partition(":")
    return reference.find(service, action) is not None


def context_of(entries: Sequence[Mapping[str, Any]]) -> Context:
    """The context keys that are given, in lower case; a list stays a list also with one value."""
    context: Context = {}
    for entry in entries:
        name, kind, values = (entry.get(f"ContextKey{part}") for part in ("Name", "Type", "Values"))
        if name is None and kind is None and not values:
            continue
        if not name:
            raise InvalidInput("ContextKeyName cannot be null or empty.")
        if name.lower() in context:
            raise InvalidInput(f"Duplicate context key: {name}.")
        if kind is None:
            raise InvalidInput(f"Context key {name} has invalid type null.")
        if not values:
            raise InvalidInput(f"Context values for context key {name} cannot be null or empty.")
        context[name.lower()] = _typed(name, kind, values)
    return context


def _typed(name: str, kind: str, values: list[str]) -> Value:
    single = kind.removesuffix("List")
    if single == kind and len(values) != 1:
        raise InvalidInput(f"Context key {kind} expected a single value, but received {len(values)}.")
    readable, expected = _READERS.get(single, (None, ""))
    if readable is not None and not all(map(readable, values)):
        raise InvalidInput(f"Invalid context value for key {name}: expected {expected}.")
    return values[0] if single == kind else tuple(values)


def _is_binary(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


_READERS = {
    "numeric": (lambda text: number(text) is not None, "numeric format"),
    "date": (lambda text: instant(text) is not None, "DateTime format"),
    "ip": (lambda text: address(text) is not None, "IP address"),
    "binary": (_is_binary, "base-64 encoded binary format"),
}


def compiled(document: str, kind: Kind) -> Policy:
    """A document as the simulator reads it."""
    try:
        return load_simulated(document, kind)
    except MalformedPolicy as error:
        raise InvalidInput(str(error)) from None


def checked_resource_policy(document: str, caller_arn: str | None, resources: list[str]) -> Policy:
    """The policy that all resources are to have; its statements must name what they are about, as must the call."""
    if caller_arn is None:
        raise InvalidInput("Invalid caller - Caller cannot be null or empty.")
    if resources == ANYTHING:
        raise InvalidInput("Invalid Entity Arn: * does not clearly define entity type and name.")
    policy = compiled(document, Kind.RESOURCE)
    if any("*" in (statement.resources or ()) for statement in policy.document.statements):
        raise InvalidInput("ResourceNames are not in a valid ARN format: *.")
    return policy


def checked_caller(arn: str | None, account_id: str) -> tuple[Principal, Context]:
    """The simulated caller and the context keys that come with it (of the account's when no caller is named)."""
    if arn is None:
        # The value is AWS's own, whoever calls (seen of live AWS).
        keys: Context = {"aws:principalaccount": account_id, "aws:userid": "STUB_PRINCIPAL_FOR_POLICY_SIMULATOR"}
        return Principal(PrincipalKind.USER, "", account_id), keys
    found = entity(arn)
    if found is None:
        raise InvalidInput("Invalid caller - Caller must be an IAM user, role or group in this context.")
    account_id, kind, name = found
    keys = {"aws:principalarn": arn, "aws:principalaccount": account_id, "aws:userid": arn}
    if kind == "user":
        keys |= {"aws:username": name, "aws:principaltype": "User"}
    as_role = PrincipalKind.ROLE if kind == "role" else PrincipalKind.USER
    return Principal(as_role, arn, account_id, name, arn if kind == "role" else None), keys


def checked_owner(owner: str | None) -> str | None:
    """The account that owns resources whose ARN names none: ResourceOwner is an IAM ARN, whatever its page says."""
    if owner is None:
        return None
    fields = owner.split(":", 5)
    if (
        len(fields) < 6
        or fields[0] != "arn"
        or fields[2:4] != ["iam", ""]
        or not fields[4].isdigit()
        or len(fields[4]) != 12
    ):
        raise InvalidInput("Invalid Resource Owner.")
    return fields[4]
