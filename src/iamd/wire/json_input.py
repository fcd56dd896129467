"""Parameters of the JSON protocols: a JSON document -> typed values, by the model.

Members unknown to the model are ignored, and null is the same as absent, as in AWS's services. What has another type
than the model's is told in the words of AWS's JSON services (seen of DynamoDB, CloudTrail and others).
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from iamd.wire.errors import SerializationException
from iamd.wire.model import OperationModel, Shape

Read = Callable[[Any], Any]


def parse(operation: OperationModel, document: dict[str, Any]) -> dict[str, Any]:
    """The operation's parameters: snake-case names at the top level, model names inside structures.

    Timestamps are datetime (UTC), blobs bytes. Raises SerializationException.
    """
    params: dict[str, Any] = {}
    for member in operation.inputs:
        value = document.get(member.wire_name)
        if value is not None:
            params[member.snake] = _reader(member.shape)(value)
    return params


def members(operation: OperationModel, document: dict[str, Any]) -> dict[str, Any]:
    """The same of a document that names the operation's members as the model does, wherever its protocol has them."""
    given = {member: document.get(member.name) for member in operation.inputs}
    return {member.snake: _reader(member.shape)(value) for member, value in given.items() if value is not None}


def typed(shape: Shape, value: Any) -> Any:
    """One value of a JSON document by its shape; raises SerializationException."""
    return _reader(shape)(value)


@cache
def _reader(shape: Shape) -> Read:
    if shape.document:
        return _same
    if shape.type == "structure":
        return _structure(shape)
    if shape.type == "list":
        return _list(shape)
    if shape.type == "map":
        return _map(shape)
    kinds, convert, name = _SCALARS["iso8601" if shape.timestamp_format == "iso8601" else shape.type]

    def read(value: Any) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise _misplaced(value, name)
        return convert(value)

    return read


def _structure(shape: Shape) -> Read:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise SerializationException("Unexpected field type")
        return {
            member.name: _reader(member.shape)(value[member.wire_name])
            for member in shape.members
            if value.get(member.wire_name) is not None
        }

    return read


def _list(shape: Shape) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise SerializationException("Expected list or null")
        element = _reader(shape.element.shape)
        return [None if item is None else element(item) for item in value]

    return read


def _map(shape: Shape) -> Read:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise SerializationException("Expected map or null")
        element = _reader(shape.value.shape)
        return {key: None if item is None else element(item) for key, item in value.items()}

    return read


def _misplaced(value: Any, name: str) -> SerializationException:
    if isinstance(value, list):
        return SerializationException("Start of list found where not expected")
    if isinstance(value, dict):
        return SerializationException("Start of structure or map found where not expected.")
    sent = str(value).upper() if isinstance(value, bool) else "STRING" if isinstance(value, str) else "NUMBER"
    return SerializationException(f"{sent}_VALUE can not be converted to {name}")


def _moment(value: float) -> datetime:
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise SerializationException("NUMBER_VALUE can not be converted to a Timestamp") from None


def _iso_moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise SerializationException("STRING_VALUE can not be converted to a Timestamp") from None


def _blob(value: str) -> bytes:
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise SerializationException("Invalid base64 encoding") from None


def _same(value: Any) -> Any:
    return value


_SCALARS: dict[str, tuple[type | tuple[type, ...], Read, str]] = {
    "string": (str, _same, "a String"),
    "boolean": (bool, _same, "a Boolean"),
    "integer": (int, _same, "an Integer"),
    "long": (int, _same, "a Long"),
    "float": ((int, float), float, "a Float"),
    "double": ((int, float), float, "a Double"),
    "timestamp": ((int, float), _moment, "a Timestamp"),
    "iso8601": (str, _iso_moment, "a Timestamp"),
    "blob": (str, _blob, "a Blob"),
}
