"""Answers of the Query protocol as JSON, for clients that send `Accept: application/json`.

The same values as the XML, under the same rules (see `query_output`), with times as epoch seconds.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from iamd.wire.model import OperationModel, Shape
from iamd.wire.shared import Shared
from iamd.wire.table import Table

Convert = Callable[[Any], Any]

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)


def answer_json(operation: OperationModel, result: Mapping[str, Any] | None, request_id: str) -> bytes:
    """The JSON answer of an operation: `{"XResponse": {"XResult": {...}, "ResponseMetadata": {"RequestId": ...}}}`."""
    response: dict[str, Any] = {}
    if operation.output is not None:
        response[operation.result_wrapper] = _convert(operation.output)(result or {})
    elif result:
        raise TypeError(f"the operation has no output, yet `{next(iter(result))}` was answered")
    response["ResponseMetadata"] = {"RequestId": request_id}
    return encode({f"{operation.name}Response": response})


def values(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    """What answers a structure of the model, as JSON has it. Raises TypeError for what the model does not know."""
    converted: dict[str, Any] = _convert(shape)(value)
    return converted


def encode(value: Any) -> bytes:
    """Compact JSON. Unpaired surrogates, which UTF-8 cannot carry, become `?`."""
    return _ENCODER.encode(value).encode(errors="replace")


@cache
def _convert(shape: Shape) -> Convert:
    if shape.document:
        return _same
    if shape.type == "structure":
        return _structure(shape)
    if shape.type == "list":
        return _list(shape)
    if shape.type == "map":
        return _map(shape)
    expected, convert = _SCALARS[shape.type]
    if shape.timestamp_format == "iso8601":
        convert = _iso

    def scalar(value: Any) -> Any:
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise TypeError(f"`{shape.name}` is a {shape.type}, not {type(value).__name__}")
        return convert(value)

    return scalar


def _structure(shape: Shape) -> Convert:
    members = {member.name: member for member in shape.members}

    def structure(value: Any) -> dict[str, Any]:
        if type(value) is Shared:
            value = value.members
        if not isinstance(value, Mapping):
            raise TypeError(f"`{shape.name}` is a structure, not {type(value).__name__}")
        if unknown := value.keys() - members.keys():
            raise TypeError(f"`{shape.name}` has no member {', '.join(f'`{key}`' for key in sorted(unknown))}")
        return {
            member.wire_name: _convert(member.shape)(value[name])
            for name, member in members.items()
            if value.get(name) is not None
        }

    return structure


def _list(shape: Shape) -> Convert:
    def convert(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple | Table):
            raise TypeError(f"`{shape.name}` is a list, not {type(value).__name__}")
        element = _convert(shape.element.shape)
        return [element(item) for item in value]

    return convert


def _map(shape: Shape) -> Convert:
    def convert(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise TypeError(f"`{shape.name}` is a map, not {type(value).__name__}")
        key, item = _convert(shape.key.shape), _convert(shape.value.shape)
        return {key(name): item(inner) for name, inner in value.items()}

    return convert


def _epoch(value: datetime) -> int:
    if value.tzinfo is None:
        raise TypeError(f"not a time with its zone: {value!r}")
    return int(value.timestamp())


def _iso(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError(f"not a time with its zone: {value!r}")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


def _same(value: Any) -> Any:
    return value


_SCALARS: dict[str, tuple[type | tuple[type, ...], Convert]] = {
    "string": (str, _same),
    "boolean": (bool, _same),
    "integer": (int, _same),
    "long": (int, _same),
    "float": ((int, float), _same),
    "double": ((int, float), _same),
    "timestamp": (datetime, _epoch),
    "blob": (bytes, _base64),
}
