"""PATCH (RFC 7644, 3.5.2): a resource's document with operations applied, all or none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamd.services.scim.documents import ENTERPRISE
from iamd.services.scim.errors import invalid

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_MOST = 100  # operations, attributes of one value, and values of one attribute
_LONGEST = 256  # characters of what a path wants
_path = re.compile(
    r'([A-Za-z]\w{0,63})(?:\[(\w{1,64}) eq ("[^"\\]{0,256}"|true|false)\])?(?:\.(\w{1,64}))?', re.I
).fullmatch


def operations_of(body: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Verb, path and value of each operation in a request; one without a path is one for each attribute of its value.
    Raises ScimError."""
    given = body.get("Operations", body.get("operations"))
    if not isinstance(given, list) or not 0 < len(given) <= _MOST:
        raise invalid(f"Operations is a list of 1 to {_MOST}.", "invalidSyntax")
    found: list[tuple[str, str, Any]] = []
    for each in given:
        verb = str(each.get("op", "")).lower() if isinstance(each, dict) else ""
        path = each.get("path") if isinstance(each, dict) else None
        if verb not in ("add", "replace", "remove") or not (path is None or isinstance(path, str)):
            raise invalid("op is add, replace or remove.", "invalidSyntax")
        if verb == "remove" and not path:
            raise invalid("A path is required to remove.", "noTarget")
        if verb != "remove" and each.get("value") is None:
            raise invalid("A value is required to add and to replace.")
        value = each.get("value")
        found += [(verb, path, value)] if path else [(verb, *attribute) for attribute in _attributes(value).items()]
    return found


def _attributes(value: Any) -> dict[str, Any]:
    """A value without a path, which has attributes."""
    if not isinstance(value, dict):
        raise invalid("Without a path, the value has attributes.")
    if len(value) > _MOST:
        raise invalid(f"A value has up to {_MOST} attributes.", "tooMany")
    return value


def patched(document: Mapping[str, Any], verb: str, path: str, value: Any) -> dict[str, Any]:
    """A document after one operation. Raises ScimError."""
    if not path.lower().startswith(ENTERPRISE.lower()):
        return _attribute(document, verb, path, value)
    rest = path[len(ENTERPRISE) :].lstrip(":")
    present = document.get(ENTERPRISE)
    extension: dict[str, Any] = present if isinstance(present, dict) else {}
    if rest:
        extension = _attribute(extension, verb, rest, value)
    elif verb == "remove":
        extension = {}
    else:
        for name, each in _attributes(value).items():
            extension = _attribute(extension, verb, name, each)
    return {**document, ENTERPRISE: extension}


def _attribute(document: Mapping[str, Any], verb: str, path: str, value: Any) -> dict[str, Any]:
    """A document after one attribute of it, or a part of one, was put or taken out."""
    found = _path(path)
    if found is None:
        raise invalid(f"The path {path[:128]} is not supported.", "invalidPath")
    name, key, wanted, member = _spelled(document, found[1]), found[2], found[3], found[4]
    if key is not None:
        return {**document, name: _in_list(document.get(name) or [], key, wanted.strip('"'), member, verb, value)}
    if member is not None:
        return {**document, name: _put(document.get(name) or {}, member, verb, value)}
    return _put(document, name, verb, value)


def _put(values: Any, name: str, verb: str, value: Any) -> dict[str, Any]:
    """Values with one of them put or taken out; what is added to members is added to those that are there."""
    if not isinstance(values, dict):
        raise invalid(f"{name} is no member there.", "invalidPath")
    name = _spelled(values, name)
    if verb == "remove":
        return {key: each for key, each in values.items() if key != name}
    present = values.get(name)
    if isinstance(present, dict) and isinstance(value, dict):
        value = {**present, **value}
    return {**values, name: value}


def _in_list(given: Any, key: str, wanted: str, member: str | None, verb: str, value: Any) -> list[Any]:
    """A list of which the chosen value is changed; one that is not there is made of what chose it."""
    values = given if isinstance(given, list) else []
    if len(values) > _MOST:
        raise invalid("There are too many values.", "tooMany")
    chosen = [each for each in values if isinstance(each, dict) and _is(each.get(key), wanted)]
    others = [each for each in values if not (isinstance(each, dict) and _is(each.get(key), wanted))]
    if verb == "remove" and member is None:
        return others
    before = chosen[0] if chosen else {key: wanted}
    if member is not None:
        return [*others, _put(before, member, verb, value)]
    if not isinstance(value, dict):
        raise invalid("What is chosen in a list has members.")
    return [*others, {**before, **value}]


def _is(value: Any, wanted: str) -> bool:
    """Whether a value is what a path wants, which is short text or a truth value."""
    if isinstance(value, str):
        return len(value) <= _LONGEST and value.lower() == wanted.lower()
    return isinstance(value, bool) and str(value).lower() == wanted.lower()


def _spelled(values: Mapping[str, Any], name: str) -> str:
    """An attribute's name as it is spelled where it is already: case does not count. Raises ScimError where there are
    more than any user has."""
    if len(values) > _MOST:
        raise invalid("There are too many attributes.", "tooMany")
    return next((each for each in values if each.lower() == name.lower()), name)
