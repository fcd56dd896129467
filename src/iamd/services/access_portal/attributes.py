"""Attributes for access control: what is known of a person becomes tags of the person's sessions.

https://docs.aws.amazon.com/singlesignon/latest/userguide/configure-abac.html
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from iamd.services.sts.session_tags import is_tag
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.kinds.identity_store import StoreUser
from iamd.store.records import Tags

_ENTERPRISE = "aws:identitystore:enterprise"
_path = re.compile(r"\$\{path:([^}]{1,200})\}").fullmatch
_step = re.compile(r'\.?([A-Za-z0-9]+)(?:\[(primary|type) eq "?([A-Za-z]+)"?\])?')


def principal_tags(center: IdentityCenter, user: StoreUser) -> Tags:
    """The session tags of a user: none where the instance has no such attributes, and of each the first source that
    the user has. What cannot be a tag is left out."""
    if center.attributes is None:
        return ()
    configured = msgspec.json.decode(center.attributes).get("AccessControlAttributes") or []
    known = attributes_of(user)
    tags: dict[str, str] = {}
    for each in configured:
        values = (_value(known, source) for source in each["Value"]["Source"])
        value = next((value for value in values if value), None)
        if value is not None and is_tag(each["Key"], value):
            tags[each["Key"]] = value
    return tuple(tags.items())


def attributes_of(user: StoreUser) -> dict[str, Any]:
    """All that is known of a user, by the API's names."""
    known: dict[str, Any] = msgspec.json.decode(user.attributes)
    return {**known, "UserName": user.name}


def _value(known: dict[str, Any], source: str) -> str | None:
    """What a source such as `${path:name.givenName}` or `${path:emails[primary eq true].value}` stands for. Attributes
    of the enterprise are an extension; a text without path stands for itself."""
    path = _path(source)
    if path is None:
        return source if "$" not in source else None
    value: Any = known
    for name, key, wanted in _step.findall(path[1]):
        value = _member(value, name, key, wanted)
    return value if isinstance(value, str) else None


def _member(value: Any, name: str, key: str, wanted: str) -> Any:
    if not isinstance(value, dict):
        return None
    if name == "enterprise":
        return value.get("Extensions", {}).get(_ENTERPRISE)
    members = {each.lower(): found for each, found in value.items()}
    found = members.get(name.lower())
    if not key or not isinstance(found, list):
        return found
    flag = key.capitalize()
    return next((each for each in found if str(each.get(flag, "")).lower() == wanted.lower()), None)
