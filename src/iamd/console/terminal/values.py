"""Parameters as they are typed, in the JSON that operations take: by the model's shapes.

Everything that is wrong is told at once, as the AWS SDK for Python words it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from iamd.console.terminal import shorthand
from iamd.console.terminal.problems import Problem
from iamd.wire.model import Member, OperationModel, Shape

_FILES = ("file://", "fileb://")
_LOCAL = "there are no files in this terminal; give the content itself."


def typed(member: Member, option: str, words: Sequence[str]) -> Any:
    """What the words behind an option say: a text, or lists and structures of JSON or shorthand. Raises Problem."""
    for word in words:
        if word.startswith(_FILES):
            raise Problem(f"Error parsing parameter '--{option}': Unable to load paramfile {word}: {_LOCAL}")
    shape = member.shape
    if shape.type not in ("list", "map", "structure"):
        return words[0] if words else ""
    if words and words[0].lstrip().startswith(("[", "{")):
        found = [_json(option, word) for word in words]
        return found if shape.type == "list" and not isinstance(found[0], list) else found[0]
    if shape.type == "list" and shape.element.shape.type not in ("list", "map", "structure"):
        return list(words)
    try:
        pairs = [shorthand.parse(word) for word in words]
    except Problem as problem:
        raise Problem(f"Error parsing parameter '--{option}': {problem}") from None
    return pairs if shape.type == "list" else {name: value for each in pairs for name, value in each.items()}


def _json(option: str, word: str) -> Any:
    try:
        return json.loads(word)
    except (ValueError, RecursionError) as error:
        raise Problem(f"Error parsing parameter '--{option}': Invalid JSON: {error}\nJSON received: {word}") from None


def document(operation: OperationModel, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters in the JSON of the operation's protocol, members by the model's names. Raises Problem."""
    problems: list[str] = []
    known = {member.name: member for member in operation.inputs}
    for name in given.keys() - known.keys():
        problems.append(f'Unknown parameter in input: "{name}", must be one of: {", ".join(known)}')
    for member in operation.inputs:
        if member.required and member.name not in given:
            problems.append(f'Missing required parameter in input: "{member.name}"')
    made = {name: _value(known[name].shape, value, name, problems) for name, value in given.items() if name in known}
    if problems:
        raise Problem("\nParameter validation failed:\n" + "\n".join(problems))
    return made


def _value(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    try:
        return _READERS.get(shape.type, _string)(shape, value, place, problems)
    except (ValueError, OSError, OverflowError, TypeError):  # OSError: a year that no calendar of the system has
        shown = type(value).__name__
        valid = _PYTHON.get(shape.type, "str")
        told = f"Invalid type for parameter {place}, value: {value}, type: <class '{shown}'>"
        problems.append(f"{told}, valid types: <class '{valid}'>")
        return None


def _structure(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        raise TypeError(place)
    if shape.document:
        return value
    known = {member.name: member for member in shape.members}
    for name in value.keys() - known.keys():
        problems.append(f'Unknown parameter in {place}: "{name}", must be one of: {", ".join(known)}')
    for member in shape.members:
        if member.required and member.name not in value:
            problems.append(f'Missing required parameter in {place}: "{member.name}"')
    return {
        member.wire_name: _value(member.shape, value[name], f"{place}.{name}", problems)
        for name, member in known.items()
        if name in value
    }


def _list(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    if isinstance(value, str) and shape.element.shape.type not in ("list", "map", "structure"):
        value = [value]  # shorthand cannot tell a list of one from a value
    if not isinstance(value, list):
        raise TypeError(place)
    return [_value(shape.element.shape, each, f"{place}[{at}]", problems) for at, each in enumerate(value)]


def _map(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        raise TypeError(place)
    return {name: _value(shape.value.shape, each, f"{place}.{name}", problems) for name, each in value.items()}


def _string(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    if not isinstance(value, str):
        raise TypeError(place)
    return value


def _integer(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(place)
    return int(value)


def _float(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(place)
    return float(value)


def _boolean(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[_lower(value)]


def _lower(value: Any) -> str:
    if not isinstance(value, str) or value.lower() not in ("true", "false"):
        raise TypeError(value)
    return value.lower()


def _timestamp(shape: Shape, value: Any, place: str, problems: list[str]) -> Any:
    moment = datetime.fromtimestamp(float(value), UTC) if _is_number(value) else datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.isoformat() if shape.timestamp_format == "iso8601" else moment.timestamp()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and value.replace(".", "", 1).isdecimal())


_READERS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
_PYTHON = {
    "structure": "dict",
    "list": "list",
    "map": "dict",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "timestamp": "datetime.datetime",
}
