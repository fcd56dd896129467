"""Parameters of the Query protocol: dotted names and texts -> typed values, by a plan compiled from the model.

Names are paths: `Tags.member.1.Key`. What AWS does with odd ones was probed (2026) and is kept, wording included: indexes
are numbers of any spelling (`member.01` is `member.1`), small holes in a list become empty elements that validation
refuses, large ones are malformed, and members unknown to the model are ignored.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from iamd.wire.errors import MalformedInput
from iamd.wire.model import Member, OperationModel, Shape

Entries = list[tuple[str, str]]
"""What was sent for one value: the rest of each name (empty: the name itself) with its text."""
Reader = Callable[[Entries], Any]
Convert = Callable[[str], Any]

_LIST_FOUND = "Start of list found where not expected"
_STRUCTURE_FOUND = "Start of structure or map found where not expected."
_VALUE_FOUND = "Value found where not expected"
_MAX_INDEX = 214_748_369
_MAX_SKIP = 10

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def parse(operation: OperationModel, pairs: Mapping[str, str]) -> dict[str, Any]:
    """The operation's parameters: snake-case names at the top level, model names inside structures.

    Lists are lists, maps dicts, integers int, booleans bool, timestamps datetime (UTC), blobs bytes. Absent members are
    absent; a hole in a list is `{}` where structures are listed and None otherwise. Raises MalformedInput.
    """
    plan = _plan(operation)
    params: dict[str, Any] = {}
    nested: dict[str, Entries] = {}
    for name, text in pairs.items():
        slot = plan.get(name)
        if slot is not None and slot[1] is not None:
            params[slot[0]] = slot[1](text)
        else:
            head, _, rest = name.partition(".")
            if head in plan:
                nested.setdefault(head, []).append((rest, text))
    for head, entries in nested.items():
        snake, _, read = plan[head]
        params[snake] = read(entries)
    return params


@cache
def _plan(operation: OperationModel) -> dict[str, tuple[str, Convert | None, Reader]]:
    return {
        _name(member): (member.snake, _CONVERT.get(member.shape.type), _reader(member)) for member in operation.inputs
    }


def _name(member: Member) -> str:
    """The first word of a member's parameters; elements of a flattened list lend theirs to it."""
    if member.flattened and member.shape.type == "list" and member.shape.element.location_name:
        return member.shape.element.location_name
    return member.wire_name


def _reader(member: Member) -> Reader:
    shape = member.shape
    if shape.type == "structure":
        return _structure_reader(shape)
    if shape.type == "list":
        return _list_reader(shape, member.flattened)
    if shape.type == "map":
        return _map_reader(shape, member.flattened)
    return _scalar_reader(_CONVERT[shape.type])


def _scalar_reader(convert: Convert) -> Reader:
    def read(entries: Entries) -> Any:
        value = None
        for rest, text in entries:
            if rest:
                raise MalformedInput(_LIST_FOUND if _is_index(rest) else _STRUCTURE_FOUND)
            value = convert(text)
        return value

    return read


def _structure_reader(shape: Shape) -> Reader:
    # Compiled when first met, because structures may contain themselves.
    readers: dict[str, tuple[str, Reader]] = {}

    def read(entries: Entries) -> dict[str, Any]:
        if not readers:
            readers.update({_name(member): (member.name, _reader(member)) for member in shape.members})
        parts: dict[str, Entries] = {}
        for rest, text in entries:
            if not rest and text:
                raise MalformedInput(_VALUE_FOUND)
            head, _, tail = rest.partition(".")
            if head in readers:
                parts.setdefault(head, []).append((tail, text))
        return {name: reader(parts[head]) for head, (name, reader) in readers.items() if head in parts}

    return read


def _list_reader(shape: Shape, flattened: bool) -> Reader:
    read_element = _reader(shape.element)
    structured = shape.element.shape.type == "structure"
    label = None if flattened else shape.element.wire_name

    def read(entries: Entries) -> list[Any]:
        items = _indexed(entries, label, structured)
        values: list[Any] = []
        for index in sorted(items):
            while len(values) < index - 1:
                values.append({} if structured else None)
            values.append(read_element(items[index]))
        return values

    return read


def _map_reader(shape: Shape, flattened: bool) -> Reader:
    read_key, read_value = _reader(shape.key), _reader(shape.value)
    key_name, value_name = shape.key.wire_name, shape.value.wire_name
    label = None if flattened else "entry"

    def read(entries: Entries) -> dict[Any, Any]:
        values = {}
        for item in _indexed(entries, label, structured=True).values():
            parts: dict[str, Entries] = {}
            for rest, text in item:
                head, _, tail = rest.partition(".")
                parts.setdefault(head, []).append((tail, text))
            if key_name not in parts:
                raise MalformedInput("Map entry without a key")
            values[read_key(parts[key_name])] = read_value(parts[value_name]) if value_name in parts else None
        return values

    return read


def _indexed(entries: Entries, label: str | None, structured: bool) -> dict[int, Entries]:
    """What was sent for each element of a list (or map), after the word `label`; refuses large holes."""
    items: dict[int, Entries] = {}
    for rest, text in entries:
        if not rest:
            if text:
                raise MalformedInput(_VALUE_FOUND)
            continue  # `Tags=` is an empty list
        if label is not None:
            word, _, rest = rest.partition(".")
            if word != label:
                continue
        index, _, rest = rest.partition(".")
        if _is_index(index):
            if _is_index(rest.partition(".")[0]):
                raise MalformedInput("Two index elements may not occur back to back")
            items.setdefault(_index(index), []).append((rest, text))
        elif index.startswith("-"):
            raise MalformedInput(f"Key {index} may not have a leading '-'")
        elif structured:
            items.setdefault(1, [])  # a word for an index is an unknown member of a lone element
        else:
            raise MalformedInput(_LIST_FOUND)
    _refuse_sparse(items)
    return items


def _refuse_sparse(indexes: Iterable[int]) -> None:
    previous = 1
    for index in sorted(indexes):
        if index - previous > _MAX_SKIP:
            raise MalformedInput(f"Excessively sparse input would skip {index - previous:,} list elements")
        previous = index


def _is_index(word: str) -> bool:
    return word.isdigit() and word.isascii()


def _index(word: str) -> int:
    digits = word.lstrip("0")
    if not digits:
        raise MalformedInput("0 is not a valid index")
    if len(digits) > 9 or int(digits) > _MAX_INDEX:
        raise MalformedInput(f"Index {digits} is illegal")
    return int(digits)


def _boolean(text: str) -> bool:
    value = _BOOLEANS.get(text)
    if value is None:
        raise MalformedInput("Invalid boolean value")
    return value


def _integer_of(bits: int) -> Callable[[str], int]:
    limit = 1 << (bits - 1)

    def integer(text: str) -> int:
        if _INTEGER.fullmatch(text) and -limit <= (value := int(text)) < limit:
            return value
        raise MalformedInput("Invalid integer value")

    return integer


def _decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise MalformedInput("Invalid decimal value")
    return float(text)


def _timestamp(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text) if "T" in text else datetime.fromtimestamp(_decimal(text), UTC)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise MalformedInput("Invalid timestamp value") from None


def _blob(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedInput("Invalid base64 value") from None


_CONVERT: dict[str, Convert] = {
    "string": str,
    "boolean": _boolean,
    "integer": _integer_of(32),
    "long": _integer_of(64),
    "float": _decimal,
    "double": _decimal,
    "timestamp": _timestamp,
    "blob": _blob,
}
