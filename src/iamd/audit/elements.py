"""A call's parameters and reply as CloudTrail writes them, with nothing secret in them.

Names are the model's with the first letter in lower case (`AWSServiceName` -> `aWSServiceName`, as CloudTrail has it);
times are text in the way of the Java services that write these logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any

from iamd.wire.model import Member, OperationModel, Shape
from iamd.wire.shared import Shared

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

# One-time codes, which the models do not mark as secrets: a code that was refused may still be good.
_CODES = frozenset({"TokenCode", "AuthenticationCode1", "AuthenticationCode2"})

Record = Callable[[Any], Any]
"""Turns a value of one shape into what is recorded of it."""


def request_parameters(operation: OperationModel, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """The parameters by snake-case name as `requestParameters`; secrets are hidden; None when there are none."""
    element: dict[str, Any] = {}
    planned = _inputs(operation)
    for snake, value in params.items():
        known = planned.get(snake)
        if known is not None and value is not None:
            name, record = known
            element[name] = value if record is None else record(value)
    return element or None


@cache
def _inputs(operation: OperationModel) -> dict[str, tuple[str, Record | None]]:
    """By snake-case name of each input: its recorded name, and how its value is recorded where that is not as it is."""
    return {
        m.snake: (_recorded(m.name), _hide if _is_secret(m) else _recorder(m.shape, True)) for m in operation.inputs
    }


def text_name(operation: OperationModel, name: str) -> str | None:
    """What a parameter of the operation (by the model's name) is called in `requestParameters`, if it is a text that is
    recorded as it is; None for any other, and for one that there is none of."""
    for member in operation.inputs:
        if member.name == name and member.shape.type == "string" and not _is_secret(member):
            return _recorded(name)
    return None


def _recorded(name: str) -> str:
    return name[:1].lower() + name[1:]


def response_elements(operation: OperationModel, reply: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The reply by the model's names as `responseElements`; secrets are left out; None when there is nothing."""
    if operation.output is None or not reply:
        return None
    return _structure(operation.output, False, reply) or None


def _hide(value: Any) -> str:
    return HIDDEN


def _structure(shape: Shape, hides: bool, values: Mapping[str, Any] | Shared) -> dict[str, Any]:
    if isinstance(values, Shared):
        values = values.members
    element: dict[str, Any] = {}
    for name, recorded, record in _members(shape, hides):
        value = values.get(name)
        if value is not None:
            element[recorded] = value if record is None else record(value)
    return element


@cache
def _members(shape: Shape, hides: bool) -> tuple[tuple[str, str, Record | None], ...]:
    """Name and recorded name of each member that is recorded, and how its value is where that is not as it is.

    Secrets are hidden in what a caller sends, so that it shows that something was sent; else they are left out.
    """
    return tuple(
        (m.name, _recorded(m.name), _hide if _is_secret(m) else _recorder(m.shape, hides))
        for m in shape.members
        if hides or not _is_secret(m)
    )


def _is_secret(member: Member) -> bool:
    return member.sensitive or member.shape.sensitive or member.name in _CODES


def _recorder(shape: Shape, hides: bool) -> Record | None:
    """How values of a shape are recorded; None: as they are."""
    if shape.type in {"string", "integer", "long", "boolean"}:
        return None
    if shape.type == "structure":
        return partial(_structure, shape, hides)  # planned when first met, because structures may contain themselves
    if shape.type == "list":
        return _hide if _is_secret(shape.element) else partial(_list, _recorder(shape.element.shape, hides))
    if shape.type == "map":
        is_secret = _is_secret(shape.key) or _is_secret(shape.value)
        return _hide if is_secret else partial(_map, _recorder(shape.value.shape, hides))
    return _scalar


def _list(record: Record | None, values: Any) -> list[Any]:
    """What was sent may have a null among the values: it is refused, and recorded."""
    return list(values) if record is None else [None if value is None else record(value) for value in values]


def _map(record: Record | None, values: Mapping[str, Any]) -> dict[str, Any]:
    if record is None:
        return dict(values)
    return {key: None if value is None else record(value) for key, value in values.items()}


def _scalar(value: Any) -> Any:
    return _time(value) if isinstance(value, datetime) else value


@lru_cache(maxsize=64)
def _time(when: datetime) -> str:
    """`Mar 24, 2014 9:11:59 PM`"""
    utc = when.astimezone(UTC)
    clock = f"{utc.hour % 12 or 12}:{utc.minute:02}:{utc.second:02}"
    return f"{_MONTHS[utc.month - 1]} {utc.day}, {utc.year} {clock} {'AM' if utc.hour < 12 else 'PM'}"
