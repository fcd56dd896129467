"""Answers of the Query protocol: plain values -> XML, by writers compiled from the model.

Elements come in the model's order, None is left out, an empty list or structure is an empty element. A result that does
not fit the model is a bug of ours, never the client's: unknown keys and values of another type raise TypeError.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from iamd.wire.model import Member, OperationModel, Shape
from iamd.wire.shared import Shared

Write = Callable[[list[str], Any], None]
"""Appends a value's XML, its own element included, to the pieces of the answer."""
Text = Callable[[Any], str]

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"}
# XML 1.0 cannot carry these in any spelling; one of them, sent as it is, would break every client's parser.
_ESCAPED = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
# Most texts are of these characters only, which are quicker to tell: by a match in a short text, by a table in a long.
_is_plain = re.compile("[ !#-%'-;=?-~]*").fullmatch
_PLAIN = bytes(range(0x20, 0x7F)).translate(None, b'&<>"')
_SHORT = 64  # characters


def answer(operation: OperationModel, result: Mapping[str, Any] | None, request_id: str) -> bytes:
    """The XML answer of an operation; `result` is keyed by the model's names (None: nothing to say)."""
    opening, closing, write = _envelope(operation)
    pieces = [opening]
    write(pieces, result or {})
    pieces.append(f"<ResponseMetadata><RequestId>{escape(request_id)}</RequestId></ResponseMetadata>{closing}")
    return "".join(pieces).encode()


def escape(text: str) -> str:
    """Text as XML content. A carriage return becomes a reference, or parsers would read a line feed; characters that XML
    cannot carry become U+FFFD. Raises TypeError for anything but text."""
    if not isinstance(text, str):
        raise TypeError(f"not a string: {type(text).__name__}")
    if len(text) <= _SHORT:
        return text if _is_plain(text) else _ESCAPED.sub(_entity, text)
    if text.isascii() and not text.encode().translate(None, _PLAIN):
        return text
    return _ESCAPED.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0], "\ufffd")


@cache
def _envelope(operation: OperationModel) -> tuple[str, str, Write]:
    name = f"{operation.name}Response"
    write = _nothing if operation.output is None else _structure(operation.output, operation.result_wrapper)
    return f'<{name} xmlns="{operation.service.namespace}">', f"</{name}>", write


def _nothing(pieces: list[str], result: Any) -> None:
    if result:
        raise TypeError(f"the operation has no output, yet `{next(iter(result))}` was answered")


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

    def write(pieces: list[str], value: Any) -> None:
        pieces.append(opening + text(value) + closing)

    return write


_Written = tuple[str, str, str, Text | None, Write]
"""Key, tags and text of a plain member, which is written in place: most of an answer is plain members."""


def _member(member: Member) -> _Written:
    name = member.wire_name
    return member.name, f"<{name}>", f"</{name}>", _TEXT.get(member.shape.type), _writer(member, name)


def _chosen(shape: Shape, members: list[_Written], keys: tuple[str, ...]) -> list[_Written]:
    """The members of those names, in the model's order; raises TypeError for a name that the structure lacks."""
    if not members:
        members.extend(map(_member, shape.members))
    unknown = set(keys) - {member[0] for member in members}
    if unknown:
        raise TypeError(f"`{shape.name}` has no member {', '.join(f'`{key}`' for key in sorted(unknown))}")
    return [member for member in members if member[0] in keys]


def _structure(shape: Shape, name: str) -> Write:
    # Compiled when first met, because structures may contain themselves; the plans are by the keys that values have,
    # which are few sets, since they come from the code.
    members: list[_Written] = []
    plans: dict[tuple[str, ...], list[_Written]] = {}
    opening, closing, empty = f"<{name}>", f"</{name}>", f"<{name}/>"

    def write(pieces: list[str], value: Any) -> None:
        if type(value) is not dict:
            if type(value) is Shared:
                if (text := value.written.get(opening)) is None:
                    own: list[str] = []
                    write(own, dict(value))
                    text = value.written[opening] = "".join(own)
                pieces.append(text)
                return
            if not isinstance(value, Mapping):  # the abstract class is slow to ask
                raise TypeError(f"`{name}` is a structure, not {type(value).__name__}")
        keys = tuple(value)
        plan = plans.get(keys)
        if plan is None:
            plan = plans[keys] = _chosen(shape, members, keys)
        pieces.append(opening)
        start = len(pieces)
        for key, start_tag, end_tag, as_text, write_member in plan:
            inner = value[key]
            if inner is None:
                continue
            if as_text is not None:
                pieces.append(f"{start_tag}{as_text(inner)}{end_tag}")
            else:
                write_member(pieces, inner)
        if len(pieces) == start:
            pieces[-1] = empty
        else:
            pieces.append(closing)

    return write


def _list(shape: Shape, name: str, flattened: bool) -> Write:
    element = shape.element
    write_element = _writer(element, (element.location_name or name) if flattened else element.wire_name)
    opening, closing, empty = ("", "", "") if flattened else (f"<{name}>", f"</{name}>", f"<{name}/>")

    def write(pieces: list[str], value: Any) -> None:
        if not isinstance(value, list | tuple):
            raise TypeError(f"`{name}` is a list, not {type(value).__name__}")
        if not value:
            pieces.append(empty)
            return
        pieces.append(opening)
        for item in value:
            write_element(pieces, item)
        pieces.append(closing)

    return write


def _map(shape: Shape, name: str, flattened: bool) -> Write:
    write_key = _writer(shape.key, shape.key.wire_name)
    write_value = _writer(shape.value, shape.value.wire_name)
    opening, closing, empty = ("", "", "") if flattened else (f"<{name}>", f"</{name}>", f"<{name}/>")
    entry, end = (f"<{name}>", f"</{name}>") if flattened else ("<entry>", "</entry>")

    def write(pieces: list[str], value: Any) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"`{name}` is a map, not {type(value).__name__}")
        if not value:
            pieces.append(empty)
            return
        pieces.append(opening)
        for key, item in value.items():
            pieces.append(entry)
            write_key(pieces, key)
            write_value(pieces, item)
            pieces.append(end)
        pieces.append(closing)

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
