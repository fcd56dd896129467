"""PATCH (RFC 7644, 3.5.2): a resource's document with operations applied, all or none."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from iamd.services.scim.documents import ENTERPRISE
from iamd.services.scim.errors import invalid

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_MOST = 100  # operations
_path = re.compile(
    r'([A-Za-z]\w{0,63})(?:\[(\w{1,64}) eq ("[^"\\]{0,256}"|true|false)\])?(?:\.(\w{1,64}))?', re.I
).fullmatch


def operations_of(body: Mapping[str, Any]) -> list[tuple[str, str | None, Any]]:
    """Verb, path and value of each operation in a request. Raises ScimError."""
    given = body.get("Operations", body.get("operations"))
    if not isinstance(given, list) or not 0 < len(given) <= _MOST:
        raise invalid(f"Operations is a list of 1 to {_MOST}.", "invalidSyntax")
    found = []
    for each in given:
        verb = str(each.get("op", "")).lower() if isinstance(each, dict) else ""
        path = each.get("path") if isinstance(each, dict) else None
        if verb not in ("add", "replace", "remove") or not (path is None or isinstance(path, str)):
            raise invalid("op is add, replace or remove.", "invalidSyntax")
        if verb == "remove" and not path:
            raise invalid("A path is required to remove.", "noTarget")
        if verb != "remove" and each.get("value") is None:
            raise invalid("A value is required to add and to replace.")
        found.append((verb, path or None, each.get("value")))
    return found


def patched(document: Mapping[str, Any], verb: str, path: str | None, value: Any) -> dict[str, Any]:
    """A document after one operation. Raises ScimError."""
    result = copy.deepcopy(dict(document))
    if path is None:
        if not isinstance(value, dict):
            raise invalid("Without a path, the value has attributes.")
        for name, each in value.items():
            result = patched(result, verb, name, each)
        return result
    if path.lower().startswith(ENTERPRISE.lower()):
        rest = path[len(ENTERPRISE) :].lstrip(":")
        present = result.get(ENTERPRISE)
        held = present if isinstance(present, dict) else {}
        extension = patched(held, verb, rest or None, value if rest or verb != "remove" else {})
        return {**result, ENTERPRISE: {} if verb == "remove" and not rest else extension}
    found = _path(path)
    if found is None:
        raise invalid(f"The path {path[:128]} is not supported.", "invalidPath")
    name, key, wanted, member = _spelled(result, found[1]), found[2], found[3], found[4]
    if key is not None:
        result[name] = _in_list(result.get(name) or [], key, wanted.strip('"'), member, verb, value)
    elif member is not None:
        result[name] = _put(result.get(name) or {}, member, verb, value)
    else:
        result = _put(result, name, verb, value)
    return result


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
    chosen = [each for each in values if isinstance(each, dict) and str(each.get(key)).lower() == wanted.lower()]
    others = [each for each in values if each not in chosen]
    if verb == "remove" and member is None:
        return others
    before = chosen[0] if chosen else {key: wanted}
    if member is not None:
        return [*others, _put(before, member, verb, value)]
    if not isinstance(value, dict):
        raise invalid("What is chosen in a list has members.")
    return [*others, {**before, **value}]


def _spelled(values: Mapping[str, Any], name: str) -> str:
    """An attribute's name as it is spelled where it is already: case does not count."""
    return next((each for each in values if each.lower() == name.lower()), name)
