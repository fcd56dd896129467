"""Parameters and answers as the model has them: what is of another type is not read, since nobody can say how another
program would read it.

https://smithy.io/2.0/spec/simple-types.html and aggregate-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.wire.errors import SerializationException, ValidationException
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.model import Shape

_MAX_DEPTH = 128
_BITS = {"integer": 31, "long": 63}  # of integers, besides their sign
_NUMBERS = frozenset({"float", "double"})
_NO_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})


def require(shape: Shape, value: Any, *, exactly: bool = True, depth: int = 0) -> None:
    """Return where a value is of the shape's type, all the way down; members that the model does not know are passed
    over, and so are nulls in place of members. Raises SerializationException; `exactly` tells numbers, texts and truth
    values apart, too."""
    if depth > _MAX_DEPTH:
        raise Ambiguous("The parameters are nested too deeply.")
    if shape.document:
        return
    if shape.type == "structure":
        _require(isinstance(value, Mapping), value, shape)
        for member in shape.members:
            given = value.get(member.wire_name, value.get(member.name))
            if given is not None:
                require(member.shape, given, exactly=exactly, depth=depth + 1)
    elif shape.type == "list":
        _require(isinstance(value, list), value, shape)
        for each in value:
            require(shape.element.shape, each, exactly=exactly, depth=depth + 1)
    elif shape.type == "map":
        _require(isinstance(value, Mapping) and all(isinstance(key, str) for key in value), value, shape)
        for each in value.values():
            require(shape.value.shape, each, exactly=exactly, depth=depth + 1)
    else:
        _require(value is not None and not isinstance(value, Mapping | list), value, shape)
        _require(not exactly or _is_scalar(shape.type, value), value, shape)


def require_short(shape: Shape, document: Mapping[str, Any]) -> None:
    """Raise ValidationException where a list among the parameters is longer than the service takes: each of its elements
    may have to be decided on."""
    for member in shape.members:
        given, most = document.get(member.name), member.shape.max
        if isinstance(given, list) and most is not None and len(given) > most:
            raise ValidationException(
                f"1 validation error detected: Value at '{member.name}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {int(most)}"
            )


def _is_scalar(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str)
    if kind == "blob":
        return isinstance(value, str | bytes)
    if kind in _BITS or kind in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return kind in _NUMBERS and value in _NO_NUMBERS
        return kind in _NUMBERS or (value % 1 == 0 and -(1 << _BITS[kind]) <= value < 1 << _BITS[kind])
    return not isinstance(value, bool)  # a timestamp, which has many forms


def _require(fits: bool, value: Any, shape: Shape) -> None:
    if fits:
        return
    if isinstance(value, Mapping | list):
        what = "list" if isinstance(value, list) else "structure or map"
        raise SerializationException(f"Start of {what} found where not expected")
    raise SerializationException(f"{_named(value)} cannot be converted to {shape.type.title()}")


def _named(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "NULL_VALUE", True: "TRUE_VALUE", False: "FALSE_VALUE"}[value]
    return "STRING_VALUE" if isinstance(value, str | bytes) else "NUMBER_VALUE"
