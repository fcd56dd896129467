"""How Organizations refuses parameters: InvalidInputException with a `Reason`, for the first violation found.

The reason is a code with the member's name, `MIN_LENGTH_EXCEEDED:NAME` (seen of live AWS, 2026).
"""

from __future__ import annotations

from typing import Any

from iamd.wire import patterns
from iamd.wire.model import Member, OperationModel, Shape
from iamd.wire.organizations_errors import InvalidInputException

_WORDS = {
    "INPUT_REQUIRED": "You must specify a value for a required field.",
    "INVALID_ENUM": "You specified an invalid value.",
    "INVALID_PATTERN": "You provided a value that does not match the required pattern.",
    "MAX_LENGTH_EXCEEDED": "You provided a value that exceeds the maximum length.",
    "MIN_LENGTH_EXCEEDED": "You provided a value that is shorter than the minimum length.",
    "MAX_VALUE_EXCEEDED": "You provided a value that is larger than the maximum.",
    "MIN_VALUE_EXCEEDED": "You provided a value that is smaller than the minimum.",
}

# Types of policies that are evaluated and never merged have a refusal of their own (seen of live AWS, 2026).
_NOT_EFFECTIVE = {("EffectivePolicyType", f"{kind}_CONTROL_POLICY") for kind in ("SERVICE", "RESOURCE")}


def check(operation: OperationModel, params: dict[str, Any]) -> None:
    """Hold parameters against the model; raises InvalidInputException."""
    for member in operation.inputs:
        _check(member, params.get(member.snake))


def _check(member: Member, value: Any) -> None:
    if value is None:
        if member.required:
            raise refusal("INPUT_REQUIRED", member.snake)
        return
    broken = _broken(member.shape, value)
    if broken is not None:
        if (member.shape.name, value) in _NOT_EFFECTIVE:
            raise InvalidInputException(_WORDS[broken], "INVALID_ENUM_POLICY_TYPE")
        raise refusal(broken, member.snake)
    if member.shape.type == "structure":
        for inner in member.shape.members:
            _check(inner, value.get(inner.name))
    elif member.shape.type == "list":
        for item in value:
            _check_element(member, member.shape.element.shape, item)


def _check_element(member: Member, shape: Shape, item: Any) -> None:
    if item is None:
        raise refusal("INPUT_REQUIRED", member.snake)
    if shape.type == "structure":
        for inner in shape.members:
            _check(inner, item.get(inner.name))
    elif (broken := _broken(shape, item)) is not None:
        raise refusal(broken, member.snake)


def _broken(shape: Shape, value: Any) -> str | None:
    """The code of the first constraint that the value itself breaks."""
    if shape.type in ("integer", "long"):
        if shape.max is not None and value > shape.max:
            return "MAX_VALUE_EXCEEDED"
        return "MIN_VALUE_EXCEEDED" if shape.min is not None and value < shape.min else None
    if shape.type not in ("string", "list"):
        return None
    if shape.max is not None and len(value) > shape.max:
        return "MAX_LENGTH_EXCEEDED"
    if shape.min and len(value) < shape.min:
        return "MIN_LENGTH_EXCEEDED"
    if shape.enum and value not in shape.enum:
        return "INVALID_ENUM"
    if shape.pattern is not None and not patterns.compiled(shape.pattern).fullmatch(value):
        return "INVALID_PATTERN"
    return None


def refusal(code: str, snake: str) -> InvalidInputException:
    """The refusal of the member of that (snake-case) name."""
    return InvalidInputException(_WORDS[code], f"{code}:{snake.upper()}")
