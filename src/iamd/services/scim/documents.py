"""Users as SCIM has them (RFC 7643, 4.1) and as the identity store does.

https://docs.aws.amazon.com/singlesignon/latest/developerguide/limitations.html tells which attributes there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from iamd.guard.context import iso
from iamd.services.identitystore.attributes import attributes_of
from iamd.services.scim.errors import invalid
from iamd.store.kinds.identity_store import StoreUser
from iamd.wire.patterns import compiled

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_EXTENSION = "aws:identitystore:enterprise"
PLAIN = (
    *("displayName", "nickName", "profileUrl", "title", "userType"),
    *("preferredLanguage", "locale", "timezone"),
)
NAME_MEMBERS = ("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")
SEVERAL = {
    "emails": ("value", "type", "primary"),
    "phoneNumbers": ("value", "type", "primary"),
    "addresses": (
        *("formatted", "streetAddress", "locality", "region", "postalCode", "country"),
        *("type", "primary"),
    ),
}
ENTERPRISE_MEMBERS = ("employeeNumber", "costCenter", "organization", "division", "department", "manager")
_IGNORED = frozenset(
    {"schemas", "id", "meta", "userName", "externalId", "active", "groups"}
)  # told apart, or read only
# Of names of groups, in the identity store's model.
_TEXT = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r \u00a0\u3000]+"
_DEEPEST = 16  # objects and lists within each other; those of RFC 7643 are a few
_TRUTH = {"true": True, "false": False}  # as some providers spell it
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read(body: bytes) -> dict[str, Any]:
    """The document that a request brings. Raises ScimError."""
    try:
        document = _decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        raise invalid("The body is a JSON object.", "invalidSyntax") from None
    if _is_deep(document, _DEEPEST):
        raise invalid("The body is nested too deeply.", "invalidSyntax")
    return document


def _is_deep(value: Any, left: int) -> bool:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left == 0 or any(_is_deep(each, left - 1) for each in members)


def document_of(user: StoreUser, external: str | None) -> dict[str, Any]:
    """A user as SCIM has it, by that external id, without what the service adds."""
    known = attributes_of(user)
    document: dict[str, Any] = {"userName": user.name, "active": user.enabled}
    if external is not None:
        document["externalId"] = external
    if "Name" in known:
        document["name"] = {_small(key): value for key, value in known["Name"].items()}
    document |= {name: known[_big(name)] for name in PLAIN if _big(name) in known}
    for name in SEVERAL:
        if known.get(_big(name)):
            document[name] = [{_small(key): value for key, value in each.items()} for each in known[_big(name)]]
    extension = known.get("Extensions", {}).get(_EXTENSION)
    if extension:
        document[ENTERPRISE] = extension
    return document


def others(user: StoreUser) -> dict[str, Any]:
    """What a user has that SCIM does not know, and so leaves as it is, by the identity store's names."""
    known = {"Name", "Extensions", *map(_big, (*PLAIN, *SEVERAL))}
    return {name: value for name, value in attributes_of(user).items() if name not in known}


def attributes_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a user, by the identity store's names, not checked yet. Raises ScimError."""
    unknown = document.keys() - _IGNORED - {*PLAIN, "name", *SEVERAL, ENTERPRISE}
    if unknown:
        raise invalid(f"{min(unknown)[:128]} is not supported.")
    attributes: dict[str, Any] = {_big(name): document[name] for name in PLAIN if document.get(name) is not None}
    if document.get("name") is not None:
        attributes["Name"] = _members("name", document["name"], NAME_MEMBERS)
    for name, members in SEVERAL.items():
        given = document.get(name)
        if not given:
            continue
        if not isinstance(given, list) or len(given) > 1:
            raise invalid(f"{name}: only one value is supported.")
        attributes[_big(name)] = [_members(name, given[0], members)]
    if document.get(ENTERPRISE):
        attributes["Extensions"] = {_EXTENSION: _enterprise(document[ENTERPRISE])}
    return attributes


def _members(name: str, given: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise invalid(f"{name} has members.")
    unknown = given.keys() - set(known) - {"display"}
    if unknown:
        raise invalid(f"{name}.{min(unknown)[:128]} is not supported.")
    members = {_big(key): truth(value) if key == "primary" else value for key, value in given.items()}
    return {key: value for key, value in members.items() if value is not None and key != "Display"}


def _enterprise(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or given.keys() - set(ENTERPRISE_MEMBERS):
        raise invalid(f"The extension has no other attributes than {', '.join(ENTERPRISE_MEMBERS)}.")
    values = {key: value for key, value in given.items() if value is not None}
    manager = values.get("manager")
    if isinstance(manager, dict):
        values["manager"] = {key: value for key, value in manager.items() if key == "value"}
    elif isinstance(manager, str):
        values["manager"] = {"value": manager}
    return values


def truth(value: Any) -> bool:
    """A truth value, also spelled as text. Raises ScimError."""
    known = _TRUTH.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(known, bool):
        raise invalid("A truth value is true or false.")
    return known


def text_in(document: Mapping[str, Any], name: str) -> str | None:
    """A text of a document, None where there is none. Raises ScimError."""
    value = document.get(name)
    if value is not None and not (isinstance(value, str) and len(value) <= 1_024 and compiled(_TEXT).fullmatch(value)):
        raise invalid(f"{name} is text of 1 to 1024 characters, without control characters.")
    return value


def meta(noun: str, created: datetime, updated: datetime) -> dict[str, str]:
    return {"resourceType": noun, "created": iso(created), "lastModified": iso(updated)}


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def _big(name: str) -> str:
    return name[:1].upper() + name[1:]
