"""AuthZEN's words in IAM's: action names, ARNs and condition keys. docs/reference/authorization-api.md tells the rules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from iamd.guard.context import Context
from iamd.reference import services
from iamd.store.records import PARTITION

_PREFIX = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}").fullmatch
_NAME = re.compile(r"[^\s:*?\x00-\x1f]{1,128}").fullmatch
_LONGEST_ID = 2048
_DEPTH = 8
_REMEMBERED = 1024

SUBJECT = "authzen:subjectproperty/"
RESOURCE = "authzen:resourceproperty/"
ACTION = "authzen:actionproperty/"
OTHER = "authzen:context/"


class Place(NamedTuple):
    """Where resources are whose ARN nobody gave."""

    account_id: str
    region: str


class Unmappable(Exception):
    """What was asked has no words in IAM; the message tells why. It is denied."""


@lru_cache(maxsize=_REMEMBERED)
def action_of(name: str, resource_type: str) -> str:
    """`service:Action`; a name without service belongs to that of the resource's type. Raises Unmappable."""
    prefix, colon, rest = name.partition(":")
    if not colon:
        prefix, rest = service_of(resource_type), name
    if not _PREFIX(prefix.lower()) or not _NAME(rest):
        raise Unmappable(f"`{name[:128]}` is no name of an action")
    return f"{prefix}:{rest}"


def service_of(resource_type: str) -> str:
    """The service of a type of resources: `s3` of `s3:bucket`, else the type itself. Raises Unmappable."""
    prefix = resource_type.partition(":")[0]
    if not _PREFIX(prefix):
        raise Unmappable(
            f"`{resource_type[:128]}` is no type of resources: a service's prefix, of lower-case letters, digits, dots "
            "and dashes, or SERVICE:TYPE"
        )
    return prefix


def resource_of(type_: str, id_: str, place: Place) -> str:
    """The ARN of a resource: its id where that is one, else by its type. Raises Unmappable."""
    if not id_.isprintable() or not 0 < len(id_) <= _LONGEST_ID:
        raise Unmappable("the resource's id must have 1 to 2048 printable characters")
    if id_.startswith("arn:"):
        if id_.count(":") < 5:
            raise Unmappable(f"`{id_[:128]}` is no ARN")
        return id_
    before, after = template(type_, place)
    return f"{before}{id_}{after}"


def id_of(type_: str, arn: str, place: Place) -> str | None:
    """The id by which a resource of that type has this ARN; None when it is of another type."""
    before, after = template(type_, place)
    if not (arn.startswith(before) and arn.endswith(after) and len(arn) > len(before) + len(after)):
        return None
    return arn[len(before) : len(arn) - len(after)]


_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@lru_cache(maxsize=_REMEMBERED)
def template(type_: str, place: Place) -> tuple[str, str]:
    """What stands before and after the id in ARNs of a type: as its service's reference says, where that has one
    variable for it, else `arn:aws:SERVICE::ACCOUNT:TYPE/`. Raises Unmappable."""
    prefix, name = service_of(type_), type_.partition(":")[2] or type_
    service = services.get(prefix)
    known = None if service is None else service.resource_types.get(name.lower())
    if known is None:
        if ":" in type_:
            raise Unmappable(f"there is no type of resources `{type_[:128]}`")
        return f"arn:{PARTITION}:{prefix}::{place.account_id}:{name}/", ""
    given = {"Partition": PARTITION, "Region": place.region, "Account": place.account_id}
    text = _VARIABLE.sub(lambda found: given.get(found[1], found[0]), known.arn)
    before, variable, after = text.partition("${")
    if not variable or "${" in after:
        raise Unmappable(f"resources of the type `{type_}` are named by their ARN")
    return before, after.partition("}")[2]


def given_context(
    keys: Context,
    subject: Mapping[str, Any] | None,
    action: Mapping[str, Any] | None,
    resource: Mapping[str, Any] | None,
    context: Mapping[str, Any] | None,
) -> Context:
    """The condition keys of a question, put over those that it would have anyway. A key of the context that has a colon
    is a condition key as it stands. Raises Unmappable."""
    if subject:
        _put(keys, SUBJECT, subject, _DEPTH)
        address = subject.get("ip_address")
        if isinstance(address, str):
            keys["aws:sourceip"] = address
    if action:
        _put(keys, ACTION, action, _DEPTH)
    if resource:
        _put(keys, RESOURCE, resource, _DEPTH)
    if context:
        for name, value in context.items():
            key = name.lower()
            _put_one(keys, key if ":" in key else OTHER + key, value, _DEPTH)
    return keys


def _put(keys: Context, start: str, properties: Mapping[str, Any], depth: int) -> None:
    for name, value in properties.items():
        if type(value) is str:
            keys[start + name.lower()] = value
        else:
            _put_one(keys, start + name.lower(), value, depth)


def _put_one(keys: Context, key: str, value: Any, depth: int) -> None:
    """Put a value: texts as they are, lists with several values, objects by one key for each of their members."""
    if isinstance(value, dict):
        if depth == 0:
            raise Unmappable("properties are nested too deeply")
        _put(keys, key + "/", value, depth - 1)
    elif isinstance(value, list):
        keys[key] = tuple(_text(each) for each in value)
    elif value is not None:
        keys[key] = _text(value)


def _text(value: Any) -> str:
    """A value as policies compare it: numbers and booleans as JSON writes them."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
