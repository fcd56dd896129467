"""What SCIM's schemas say of users and groups here (RFC 7643, 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iamd.services.scim.documents import ENTERPRISE, GROUP, PLAIN, USER
from iamd.services.scim.documents import ENTERPRISE_MEMBERS as _ENTERPRISE
from iamd.services.scim.documents import NAME_MEMBERS as _NAME
from iamd.services.scim.documents import SEVERAL as _SEVERAL

_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
_REQUIRED = frozenset({"userName", "displayName", "givenName", "familyName"})


def _attribute(
    name: str, *, type_: str = "string", members: Sequence[dict[str, Any]] = (), several: bool = False
) -> dict[str, Any]:
    told = {
        "name": name,
        "type": "complex" if members else type_,
        "multiValued": several,
        "required": name in _REQUIRED,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "server" if name == "userName" else "none",
    }
    return {**told, "subAttributes": list(members)} if members else told


def _plain(names: Sequence[str]) -> list[dict[str, Any]]:
    return [_attribute(name, type_="boolean" if name == "primary" else "string") for name in names]


def _schema(id: str, name: str, attributes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"schemas": [_SCHEMA], "id": id, "name": name, "description": name, "attributes": list(attributes)}


SCHEMAS: Mapping[str, dict[str, Any]] = {
    USER: _schema(
        USER,
        "User",
        [
            *_plain(["userName", "externalId"]),
            _attribute("name", members=_plain(_NAME)),
            *_plain(PLAIN),
            _attribute("active", type_="boolean"),
            *(_attribute(name, members=_plain(members), several=True) for name, members in _SEVERAL.items()),
        ],
    ),
    ENTERPRISE: _schema(
        ENTERPRISE,
        "EnterpriseUser",
        [*_plain(_ENTERPRISE[:-1]), _attribute("manager", members=_plain(["value"]))],
    ),
    GROUP: _schema(
        GROUP,
        "Group",
        [
            *_plain(["displayName", "externalId"]),
            _attribute("members", members=_plain(["value", "type"]), several=True),
        ],
    ),
}
"""By id."""
