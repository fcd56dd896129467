"""Groups by SCIM, and who is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iamd.services.identitystore.attributes import RESERVED
from iamd.services.identitystore.groups import remove_group
from iamd.services.identitystore.memberships import join
from iamd.services.identitystore.quotas import GROUPS_OF_A_USER
from iamd.services.scim.documents import GROUP, meta, text_in
from iamd.services.scim.errors import ScimError, invalid
from iamd.services.scim.filters import comparisons
from iamd.services.scim.patching import operations_of, patched
from iamd.services.scim.request import Request
from iamd.services.scim.resources import GROUPS, USERS, external_id
from iamd.store.kinds.identity_store import StoreGroup

_FILTERS = ("displayname", "externalid", "id", "members")
_MOST_MEMBERS = 100  # in one request
_IGNORED = frozenset({"schemas", "id", "meta", "displayName", "externalId", "members"})
_one_member = re.compile(r'members\[value eq "([^"]{1,128})"\]', re.I).fullmatch


def create(request: Request) -> dict[str, Any]:
    """Add a group with its members. Raises ScimError."""
    group = GROUPS.add(request, _fields(request, request.body, None))
    _add(request, group, _ids(request.body.get("members") or []))
    return view(request, group)


def get(request: Request, id: str) -> dict[str, Any]:
    """The group of that id. Raises ScimError."""
    return view(request, GROUPS.get(request, id))


def patch(request: Request, id: str) -> None:
    """Change a group's name, external id or members. Raises ScimError."""
    group = GROUPS.get(request, id)
    document = _document(request, group)
    for verb, path, value in operations_of(request.body):
        if path.lower().startswith("members"):
            _patch_members(request, group, verb, path, value)
        else:
            document = patched(document, verb, path, value)
    GROUPS.change(request, group, _fields(request, document, group))


def delete(request: Request, id: str) -> None:
    """Remove a group; its members stay. Raises ScimError."""
    remove_group(request.center, GROUPS.get(request, id))


def find(request: Request) -> Sequence[StoreGroup]:
    """The groups that a filter wants, all without one. Raises ScimError."""
    wanted = comparisons(request.query.get("filter"), _FILTERS)
    found = GROUPS.matching(request, wanted)
    if "members" not in wanted:
        return found
    of_user = {each.group_id for each in request.records.store_memberships.where("user", wanted["members"])}
    return [each for each in found if each.id in of_user]


def summary(request: Request, group: StoreGroup) -> dict[str, Any]:
    """A group as lists tell it: without its members, as on AWS."""
    return {**view(request, group, with_members=False), "members": []}


def view(request: Request, group: StoreGroup, *, with_members: bool = True) -> dict[str, Any]:
    """A group as it is answered."""
    memberships = request.records.store_memberships.where("group", group.id) if with_members else ()
    return {
        "schemas": [GROUP],
        "id": group.id,
        "meta": meta("Group", group.created, group.updated),
        **_document(request, group),
        "members": [{"value": each.user_id, "type": "User"} for each in memberships],
    }


def _document(request: Request, group: StoreGroup) -> dict[str, Any]:
    external = external_id(request, group)
    return {"displayName": group.name, **({} if external is None else {"externalId": external})}


def _fields(request: Request, document: Mapping[str, Any], group: StoreGroup | None) -> dict[str, Any]:
    unknown = document.keys() - _IGNORED
    if unknown:
        raise invalid(f"{min(unknown)[:128]} is not supported.")
    name = text_in(document, "displayName")
    if name is None or name.lower() in RESERVED:
        raise invalid("displayName is required, and no reserved name.")
    return {"name": name, "external_ids": GROUPS.external_ids(request, text_in(document, "externalId"), group)}


def _patch_members(request: Request, group: StoreGroup, verb: str, path: str, value: Any) -> None:
    one = _one_member(path)
    if one is None and path.lower() != "members":
        raise invalid(f"The path {path[:128]} is not supported.", "invalidPath")
    if verb == "remove":
        _remove(request, group, [one[1]] if one is not None else None if value is None else _ids(value))
        return
    if verb == "replace":
        _remove(request, group, None)
    _add(request, group, _ids(value))


def _ids(members: Any) -> list[str]:
    """The users' ids of a list of members. Raises ScimError."""
    given = members if isinstance(members, list) else [members]
    if len(given) > _MOST_MEMBERS:
        raise invalid(f"There may be up to {_MOST_MEMBERS} members in one request.", "tooMany")
    ids = [each.get("value") if isinstance(each, dict) else None for each in given]
    if not all(isinstance(id, str) for id in ids):
        raise invalid("A member has a value, which is the id of a user.")
    return [str(id) for id in ids]


def _add(request: Request, group: StoreGroup, ids: Iterable[str]) -> None:
    memberships = request.records.store_memberships
    for id in dict.fromkeys(ids):
        USERS.get(request, id)
        if memberships.count("pair", f"{group.id}/{id}"):
            continue
        if memberships.count("user", id) >= GROUPS_OF_A_USER:
            raise ScimError(400, f"A user may be in {GROUPS_OF_A_USER} groups.", "tooMany")
        join(request.center, group, id, request.by, request.now)


def _remove(request: Request, group: StoreGroup, ids: list[str] | None) -> None:
    """Take those users out of the group; None: all."""
    memberships = request.records.store_memberships
    if ids is None:
        leaving = memberships.where("group", group.id)
    else:
        leaving = [each for id in dict.fromkeys(ids) for each in memberships.where("pair", f"{group.id}/{id}")]
    for each in leaving:
        memberships.remove(each)
