"""Answers of the Query protocol: plain values -> XML, by writers compiled from the model.

Elements come in the model's order, None is left out, an empty list or structure is an empty element. A result that does
not fit the model is a bug of ours, never the client's: unknown keys and values of another type raise TypeError.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from iamd.wire.model import Member, OperationModel, Shape
from iamd.wire.shared import Shared
from iamd.wire.table import Nested, Table, grouped

Write = Callable[[Any], str]
"""A value's XML, its own element included."""
Text = Callable[[Any], str]
Column = Callable[[Any], tuple[str, Sequence[str]]]
"""The form of a cell in a column, and the text that it takes for each cell."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"}
# XML 1.0 cannot carry these in any spelling; one of them, sent as it is, would break every client's parser.
_ESCAPED = re.compile(r'[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
# Most texts are of these characters only, which is quicker to tell by a table.
_PLAIN = bytes(range(0x20, 0x7F)).translate(None, b'&<>"')


def answer(operation: OperationModel, result: Mapping[str, Any] | None, request_id: str) -> bytes:
    """The XML answer of an operation; `result` is keyed by the model's names (None: nothing to say)."""
    opening, closing, write = _envelope(operation)
    metadata = f"<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata>"
    return f"{opening}{write(result or {})}{metadata}{closing}".encode()


def escape(text: str) -> str:
    """Text as XML content. A carriage return becomes a reference, or parsers would read a line feed; characters that XML
    cannot carry become U+FFFD. Raises TypeError for anything but text."""
    if not isinstance(text, str):
        raise TypeError(f"not a string: {type(text).__name__}")
    return text if _is_plain(text) else _ESCAPED.sub(_entity, text)


def _is_plain(text: str) -> bool:
    return text.isascii() and not text.encode().translate(None, _PLAIN)


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0], "\ufffd")


@cache
def _envelope(operation: OperationModel) -> tuple[str, str, Write]:
    name = f"{operation.name}Response"
    write = _nothing if operation.output is None else _structure(operation.output, operation.result_wrapper)
    return f'<{name} xmlns="{operation.service.namespace}">', f"</{name}>", write


def _nothing(result: Any) -> str:
    if result:
        raise TypeError(f"the operation has no output, yet `{next(iter(result))}` was answered")
    return ""


def _writer(member: Member, name: str) -> Write:
    shape = member.shape
    if shape.type == "structure":
        return _structure(shape, name)
    if shape.type == "list":
        return _list(shape, name, member.flattened)
    if shape.type == "map":
        return _map(shape, name, member.flattened)
    text = _TEXT[shape.type]
    opening, closing = f"<{name}>", f"</{name}>"
    return lambda value: opening + text(value) + closing


class _Plan(NamedTuple):
    """How structures with the same keys are written: `form` takes a text for each of the `members`, in the model's
    order. Strings stay as they are, if all are plain; `others` are told by place, `each` is all of them."""

    form: str
    members: Callable[[Any], tuple[Any, ...]]
    strings: Callable[[Any], tuple[str, ...]]
    others: tuple[tuple[int, Text], ...]
    each: tuple[tuple[int, Text], ...]


def _structure(shape: Shape, name: str) -> Write:
    # Planned when first met, because structures may contain themselves. Plans are few: their keys come from the code.
    writers: dict[str, Text] = {}
    plans: dict[tuple[str, ...], _Plan] = {}

    def write(value: Any) -> str:
        if type(value) is not dict:
            if type(value) is Shared:
                return value.text(name, write)
            if not isinstance(value, Mapping):  # the abstract class is slow to ask
                raise TypeError(f"`{name}` is a structure, not {type(value).__name__}")
        keys = tuple(value)
        plan = plans.get(keys)
        if plan is None:
            plan = plans[keys] = _planned(shape, name, keys, writers)
        try:
            texts = list(plan.members(value))
            for place, as_text in plan.others if _is_plain("".join(plan.strings(value))) else plan.each:
                texts[place] = as_text(texts[place])
            return plan.form % tuple(texts)
        except TypeError:
            if None not in value.values():
                raise
        return write({key: inner for key, inner in value.items() if inner is not None})

    return write


def _planned(shape: Shape, name: str, keys: tuple[str, ...], writers: dict[str, Text]) -> _Plan:
    """The plan for structures with those keys; raises TypeError for a key that the shape lacks."""
    members = _members(shape, keys)
    for member in members:
        if member.name not in writers:
            writers[member.name] = _TEXT.get(member.shape.type) or _writer(member, member.wire_name)
    each = tuple((place, writers[member.name]) for place, member in enumerate(members))
    inner = "".join(f"<{m.wire_name}>%s</{m.wire_name}>" if m.shape.type in _TEXT else "%s" for m in members)
    return _Plan(
        form=f"<{name}>{inner}</{name}>" if inner else f"<{name}/>",
        members=_picker([member.name for member in members]),
        strings=_picker([member.name for member in members if member.shape.type == "string"]),
        others=tuple(step for step in each if step[1] is not escape),
        each=each,
    )


def _members(shape: Shape, keys: Collection[str]) -> list[Member]:
    """The members of those names, in the model's order; raises TypeError for a name that the shape lacks."""
    members = [member for member in shape.members if member.name in keys]
    if len(members) < len(keys):
        unknown = sorted(set(keys) - {member.name for member in members})
        raise TypeError(f"`{shape.name}` has no member {', '.join(f'`{key}`' for key in unknown)}")
    return members


def _picker(keys: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Takes the values of those keys; `itemgetter` alone makes no tuple of one."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda value: tuple([value[key] for key in keys])


def _list(shape: Shape, name: str, flattened: bool) -> Write:
    element = shape.element
    element_name, opening, closing, empty = _list_tags(shape, name, flattened)
    write_element = _writer(element, element_name)
    write_rows = _rows(element.shape, element_name)

    def write(value: Any) -> str:
        if type(value) is Table:
            elements = write_rows(value)
        elif isinstance(value, list | tuple):
            elements = list(map(write_element, value))
        else:
            raise TypeError(f"`{name}` is a list, not {type(value).__name__}")
        return f"{opening}{''.join(elements)}{closing}" if elements else empty

    return write


def _list_tags(shape: Shape, name: str, flattened: bool) -> tuple[str, str, str, str]:
    """The name of a list's elements, what stands before and behind them, and what the empty list is."""
    if flattened:
        return shape.element.location_name or name, "", "", ""
    return shape.element.wire_name, f"<{name}>", f"</{name}>", f"<{name}/>"


def _rows(shape: Shape, name: str) -> Callable[[Table], list[str]]:
    # What needs only be looked up for each column, is done once for thousands of structures; as is what Python does
    # slowly: all but `%` are loops of its own.
    columns: dict[str, Column] = {}

    def write(table: Table) -> list[str]:
        forms: list[str] = []
        cells: list[Sequence[str]] = []
        for member in _members(shape, table.columns):
            if member.name not in columns:
                columns[member.name] = _column(member)
            form, texts = columns[member.name](table.columns[member.name])
            forms.append(form)
            cells.append(texts)
        if not cells:
            return [f"<{name}/>"] * table.height
        form = f"<{name}>{''.join(forms)}</{name}>"
        return [form % row for row in zip(*cells, strict=True)]

    return write


def _column(member: Member) -> Column:
    name, text = member.wire_name, _TEXT.get(member.shape.type)
    write_element = _writer(member, name)
    write_lists = _lists(member) if member.shape.type == "list" else None

    def write(column: Any) -> tuple[str, Sequence[str]]:
        if type(column) is Nested and write_lists is not None:
            return "%s", write_lists(column)
        if text is not None:
            try:
                return f"<{name}>%s</{name}>", _texts(text, column)
            except TypeError:
                if None not in column:
                    raise
        return "%s", ["" if value is None else write_element(value) for value in column]

    return write


def _texts(text: Text, column: Sequence[Any]) -> Sequence[str]:
    if text is escape and _is_plain("".join(column)):
        return column
    return list(map(text, column))


def _lists(member: Member) -> Callable[[Nested], list[str]]:
    element_name, opening, closing, empty = _list_tags(member.shape, member.wire_name, member.flattened)
    write_rows = _rows(member.shape.element.shape, element_name)

    def write(column: Nested) -> list[str]:
        return [
            "" if elements is None else f"{opening}{''.join(elements)}{closing}" if elements else empty
            for elements in grouped(write_rows(column.items), column.lengths)
        ]

    return write


def _map(shape: Shape, name: str, flattened: bool) -> Write:
    write_key = _writer(shape.key, shape.key.wire_name)
    write_value = _writer(shape.value, shape.value.wire_name)
    opening, closing, empty = ("", "", "") if flattened else (f"<{name}>", f"</{name}>", f"<{name}/>")
    entry, end = (f"<{name}>", f"</{name}>") if flattened else ("<entry>", "</entry>")

    def write(value: Any) -> str:
        if not isinstance(value, Mapping):
            raise TypeError(f"`{name}` is a map, not {type(value).__name__}")
        entries = (f"{entry}{write_key(key)}{write_value(item)}{end}" for key, item in value.items())
        return f"{opening}{''.join(entries)}{closing}" if value else empty

    return write


def _boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError(f"not a boolean: {type(value).__name__}")
    return "true" if value else "false"


def _integer(value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"not an integer: {type(value).__name__}")
    return str(value)


def _decimal(value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"not a number: {type(value).__name__}")
    return repr(float(value))


def _timestamp(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"not a time with its zone: {value!r}")
    return _time(value)


@lru_cache(maxsize=8192)
def _time(value: datetime) -> str:
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(timespec="seconds")[:19] + "Z"


def _blob(value: Any) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"not bytes: {type(value).__name__}")
    return b64encode(value).decode()


_TEXT: dict[str, Text] = {
    "string": escape,
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "float": _decimal,
    "double": _decimal,
    "timestamp": _timestamp,
    "blob": _blob,
}
