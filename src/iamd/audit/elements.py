"""A call's parameters and reply as CloudTrail writes them, with nothing secret in them.

Names are the model's with the first letter in lower case (`AWSServiceName` -> `aWSServiceName`, as CloudTrail has it);
times are text in the way of the Java services that write these logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from iamd.wire.model import Member, OperationModel, Shape

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

# One-time codes, which the models do not mark as secrets: a code that was refused may still be good.
_CODES = frozenset({"TokenCode", "AuthenticationCode1", "AuthenticationCode2"})

# Whether a member is left out or hidden: what a caller sends is hidden, so that it shows that something was sent.
_Secret = Callable[[dict[str, Any], str], None]


def request_parameters(operation: OperationModel, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """The parameters by snake-case name as `requestParameters`; secrets are hidden; None when there are none."""
    element: dict[str, Any] = {}
    for snake, name, member in _inputs(operation):
        value = params.get(snake)
        if value is None:
            continue
        if member is None:
            element[name] = value
        elif _is_secret(member):
            _hide(element, name)
        else:
            element[name] = _value(member.shape, value, _hide)
    return element or None


@cache
def _inputs(operation: OperationModel) -> tuple[tuple[str, str, Member | None], ...]:
    """Snake-case and recorded name of each input, and its member where the value cannot be recorded as it is."""
    return tuple((m.snake, _recorded(m.name), None if _is_plain(m) else m) for m in operation.inputs)


def _recorded(name: str) -> str:
    return name[:1].lower() + name[1:]


def _is_plain(member: Member) -> bool:
    return member.shape.type in {"string", "integer", "long", "boolean"} and not _is_secret(member)


def response_elements(operation: OperationModel, reply: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The reply by the model's names as `responseElements`; secrets are left out; None when there is nothing."""
    if operation.output is None or not reply:
        return None
    return _structure(operation.output, reply, _omit) or None


def _hide(element: dict[str, Any], name: str) -> None:
    element[name] = HIDDEN


def _omit(element: dict[str, Any], name: str) -> None:
    """Leave the member out."""


def _structure(shape: Shape, values: Mapping[str, Any], secret: _Secret) -> dict[str, Any]:
    element: dict[str, Any] = {}
    for name, recorded, kind, is_secret in _members(shape):
        value = values.get(name)
        if value is None:
            continue
        if is_secret:
            secret(element, recorded)
        else:
            element[recorded] = value if kind is None else _value(kind, value, secret)
    return element


@cache
def _members(shape: Shape) -> tuple[tuple[str, str, Shape | None, bool], ...]:
    """Name and recorded name of each member, its shape where the value cannot be recorded as it is, whether it is a
    secret."""
    return tuple((m.name, _recorded(m.name), None if _is_plain(m) else m.shape, _is_secret(m)) for m in shape.members)


def _is_secret(member: Member) -> bool:
    return member.sensitive or member.shape.sensitive or member.name in _CODES


def _value(shape: Shape, value: Any, secret: _Secret) -> Any:
    if shape.type == "structure":
        return _structure(shape, value, secret)
    if shape.type == "list":
        if _is_secret(shape.element):
            return HIDDEN
        return [_value(shape.element.shape, item, secret) for item in value]
    if shape.type == "map":
        if _is_secret(shape.key) or _is_secret(shape.value):
            return HIDDEN
        return {key: _value(shape.value.shape, item, secret) for key, item in value.items()}
    return _time(value) if isinstance(value, datetime) else value


def _time(when: datetime) -> str:
    """`Mar 24, 2014 9:11:59 PM`"""
    utc = when.astimezone(UTC)
    clock = f"{utc.hour % 12 or 12}:{utc.minute:02}:{utc.second:02}"
    return f"{_MONTHS[utc.month - 1]} {utc.day}, {utc.year} {clock} {'AM' if utc.hour < 12 else 'PM'}"
