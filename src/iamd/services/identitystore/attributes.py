"""Attributes of users by the model: what CreateUser takes, and how UpdateUser changes it by path.

An attribute's path is its name, or that of a member behind a dot, with a small first letter (`name.familyName`); values
of paths are JSON with members named alike. A user that was changed has to be one that could be created.
https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_AttributeOperation.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from iamd.services.identitystore.api import identitystore
from iamd.store.kinds.identity_store import StoreUser
from iamd.wire import aws_json, json_input
from iamd.wire.errors import AwsError, ValidationException
from iamd.wire.model import Member, Shape

_CREATE = identitystore.model.operations["CreateUser"]
_MEMBERS = {member.name: member for member in _CREATE.inputs if member.name not in ("IdentityStoreId", "UserName")}
_EXTENSION = "aws:identitystore:enterprise"
_ENTERPRISE = frozenset({"employeeNumber", "costCenter", "organization", "division", "department", "manager"})
_PARTS = ("givenname", "familyname")  # of a name, which are required
RESERVED = frozenset({"administrator", "awsadministrators"})
"""Names that no user and no group may have, in lower case."""


def checked(user_name: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, by the model's names, as a user of that name may have them. Raises ValidationException."""
    if user_name.lower() in RESERVED:
        raise ValidationException(f"{user_name} is a reserved name.")
    document = {"IdentityStoreId": "d-0000000000", "UserName": user_name, **attributes}
    try:
        aws_json.check(_CREATE, json_input.members(_CREATE, document))
    except AwsError as invalid:
        raise ValidationException(invalid.message) from None
    name = attributes.get("Name")
    parts = ["name"] if name is None else [part for part in _PARTS if part not in map(str.lower, name)]
    lacking = [*(() if "DisplayName" in attributes else ("displayname",)), *parts]
    if lacking:
        raise ValidationException(", ".join(f"{part}: The attribute {part} is required" for part in lacking))
    for several in ("Emails", "PhoneNumbers", "Addresses", "Photos", "Roles"):
        if sum(bool(each.get("Primary")) for each in attributes.get(several, ())) > 1:
            raise ValidationException(f"At most one of {_small(several)} is the primary one.")
    for extension, values in attributes.get("Extensions", {}).items():
        _check_extension(extension, values)
    return dict(attributes)


def _check_extension(extension: str, values: Any) -> None:
    if extension != _EXTENSION:
        raise ValidationException(f"{_EXTENSION} is the only supported extension name.")
    if not isinstance(values, dict) or not values.keys() <= _ENTERPRISE:
        raise ValidationException(f"{_EXTENSION} has no other attributes than {', '.join(sorted(_ENTERPRISE))}.")
    manager = values.get("manager", {})
    if not isinstance(manager, dict) or not manager.keys() <= {"value"}:
        raise ValidationException(f"{_EXTENSION}.manager has a value alone.")
    plain = [value for key, value in values.items() if key != "manager"]
    if not all(isinstance(value, str) and 0 < len(value) <= 1024 for value in (*plain, *manager.values())):
        raise ValidationException(f"Attributes of {_EXTENSION} are text of 1 to 1024 characters.")


def changed(attributes: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Attributes after one operation: the value put at the path or, where it is None, what is there removed. Raises
    ValidationException for a path that leads nowhere."""
    top, *rest = path.split(".")
    if top.startswith("aws:"):
        extensions = _put(attributes.get("Extensions", {}), [top, *rest], value)
        return _put(attributes, ["Extensions"], extensions or None)
    top, rest = _big(top), [_big(part) for part in rest]
    member = _MEMBERS.get(top)
    shape = None if member is None else member.shape
    for part in rest:
        inner = next((each for each in shape.members if each.name == part), None) if shape is not None else None
        shape = None if inner is None else inner.shape
    if shape is None or top == "Extensions":
        raise ValidationException(f"The attribute path {path} is not supported.")
    return _put(attributes, [top, *rest], None if value is None else _named(shape, value))


def _put(values: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    if rest:
        inner = values.get(first) or {}
        if not isinstance(inner, dict):
            raise ValidationException(f"{_small(first)} has no {rest[0]}.")
        value = _put(inner, rest, value) or None
    result = {**values, first: value}
    return {key: each for key, each in result.items() if each is not None}


def _named(shape: Shape, value: Any) -> Any:
    """A document with the model's names for its members. Raises ValidationException for members that there are not."""
    if shape.type == "list" and isinstance(value, list):
        return [_named(shape.element.shape, item) for item in value]
    if shape.type != "structure" or not isinstance(value, dict):
        return value
    members: Mapping[str, Member] = {member.name: member for member in shape.members}
    named = {_big(key): item for key, item in value.items() if item is not None}
    if not named.keys() <= members.keys():
        raise ValidationException(f"{_small(shape.name)} has no {_small(min(named.keys() - members.keys()))}.")
    return {key: _named(members[key].shape, item) for key, item in named.items()}


def _small(path: str) -> str:
    return ".".join(part[:1].lower() + part[1:] for part in path.split("."))


def _big(part: str) -> str:
    return part[:1].upper() + part[1:]


def email_of(attributes: Mapping[str, Any]) -> str | None:
    """The address of the user, of which there is one at most."""
    return next((each["Value"] for each in attributes.get("Emails", ()) if each.get("Value")), None)


def attributes_of(user: StoreUser) -> dict[str, Any]:
    """A user's attributes by the model's names."""
    attributes: dict[str, Any] = json.loads(user.attributes)
    return attributes


def dumped(attributes: Mapping[str, Any]) -> str:
    """Attributes as they are stored."""
    return json.dumps(attributes, ensure_ascii=False, separators=(",", ":"))


def view(user: StoreUser, store_id: str, extensions: Iterable[str] = ()) -> dict[str, Any]:
    """A user as it is shown everywhere; of its extensions those that are asked for."""
    attributes = attributes_of(user)
    held = attributes.pop("Extensions", {})
    return {
        "IdentityStoreId": store_id,
        "UserId": user.id,
        "UserArn": user.arn,
        "Revision": str(user.revision),
        "UserName": user.name,
        "ExternalIds": [{"Issuer": issuer, "Id": id} for issuer, id in user.external_ids] or None,
        **attributes,
        "UserStatus": "ENABLED" if user.enabled else "DISABLED",
        "CreatedAt": user.created,
        "CreatedBy": user.created_by,
        "UpdatedAt": user.updated,
        "UpdatedBy": user.updated_by,
        "Extensions": {name: held[name] for name in extensions if name in held} or None,
    }
