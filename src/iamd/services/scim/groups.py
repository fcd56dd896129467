"""Groups by SCIM, and who is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from iamd.services.identitystore.attributes import RESERVED
from iamd.services.identitystore.quotas import GROUPS as MOST
from iamd.services.identitystore.quotas import GROUPS_OF_A_USER
from iamd.services.identitystore.stores import new_id
from iamd.services.scim.documents import GROUP, meta, text_in
from iamd.services.scim.errors import ScimError, invalid, not_found, taken
from iamd.services.scim.filters import comparisons
from iamd.services.scim.patching import operations_of
from iamd.services.scim.request import Request
from iamd.store.kind import Taken
from iamd.store.kinds.identity_store import StoreGroup, StoreMembership

_FILTERS = ("displayname", "externalid", "id", "members")
_MOST_MEMBERS = 100  # in one request
_IGNORED = frozenset({"schemas", "id", "meta", "displayName", "externalId", "members"})
_one_member = re.compile(r'members\[value eq "([^"]{1,128})"\]', re.I).fullmatch


def create(request: Request) -> dict[str, Any]:
    """Add a group with its members. Raises ScimError."""
    if len(request.records.store_groups) >= MOST:
        raise ScimError(400, f"The identity store has reached its quota of {MOST} groups.", "tooMany")
    group = StoreGroup(
        account_id=request.center.instance.account_id,
        id=new_id(request.center),
        created=request.now,
        updated=request.now,
        created_by=request.by,
        updated_by=request.by,
        **_fields(request, request.body, None),
    )
    try:
        request.records.store_groups.add(group)
    except Taken:
        raise taken(f"A group with the display name {group.name}") from None
    _add(request, group, _ids(request.body.get("members") or []))
    return view(request, group)


def get(request: Request, id: str) -> dict[str, Any]:
    """The group of that id. Raises ScimError."""
    return view(request, _group(request, id))


def patch(request: Request, id: str) -> None:
    """Change a group's name, external id or members. Raises ScimError."""
    group = _group(request, id)
    document: dict[str, Any] = {"displayName": group.name, "externalId": _external(request, group)}
    for verb, path, value in operations_of(request.body):
        parts = value.items() if path is None and isinstance(value, dict) else [(path or "", value)]
        for name, each in parts:
            if name.lower().startswith("members"):
                _patch_members(request, group, verb, name, each)
            else:
                document[name] = None if verb == "remove" else each
    fields = _fields(request, {key: value for key, value in document.items() if value is not None}, group)
    try:
        request.records.store_groups.replace(
            group, updated=request.now, updated_by=request.by, revision=group.revision + 1, **fields
        )
    except Taken:
        raise taken(f"A group with the display name {fields['name']}") from None


def delete(request: Request, id: str) -> None:
    """Remove a group; its members stay. Raises ScimError."""
    group = _group(request, id)
    _remove(request, group, None)
    request.records.store_groups.remove(group)


def find(request: Request) -> list[StoreGroup]:
    """The groups that a filter wants, all without one. Raises ScimError."""
    text, groups = request.query.get("filter"), request.records.store_groups
    wanted = {} if text is None else comparisons(text, _FILTERS)
    found: list[StoreGroup] = list(groups.sorted())
    if "displayname" in wanted:
        found = [each for each in [groups.named(wanted["displayname"])] if each is not None]
    if "id" in wanted:
        found = [each for each in found if each.id == wanted["id"]]
    if "externalid" in wanted:
        found = [each for each in found if each in groups.where("external", wanted["externalid"])]
    if "members" in wanted:
        of_user = {each.group_id for each in request.records.store_memberships.where("user", wanted["members"])}
        found = [each for each in found if each.id in of_user]
    return found


def summary(request: Request, group: StoreGroup) -> dict[str, Any]:
    """A group as lists tell it: without its members, as on AWS."""
    return {**view(request, group, with_members=False), "members": []}


def view(request: Request, group: StoreGroup, *, with_members: bool = True) -> dict[str, Any]:
    """A group as it is answered."""
    memberships = request.records.store_memberships.where("group", group.id) if with_members else ()
    external = _external(request, group)
    return {
        "schemas": [GROUP],
        "id": group.id,
        "meta": meta("Group", group.created, group.updated),
        "displayName": group.name,
        **({} if external is None else {"externalId": external}),
        "members": [{"value": each.user_id, "type": "User"} for each in memberships],
    }


def _external(request: Request, group: StoreGroup) -> str | None:
    return next((id for by, id in group.external_ids if by == request.issuer), None)


def _group(request: Request, id: str) -> StoreGroup:
    group: StoreGroup | None = request.records.store_groups.get(id)
    if group is None:
        raise not_found("Group", id)
    return group


def _fields(request: Request, document: Mapping[str, Any], group: StoreGroup | None) -> dict[str, Any]:
    unknown = document.keys() - _IGNORED
    if unknown:
        raise invalid(f"{min(unknown)[:128]} is not supported.")
    name, external = text_in(document, "displayName"), text_in(document, "externalId")
    if name is None or name.lower() in RESERVED:
        raise invalid("displayName is required, and no reserved name.")
    known = () if external is None else request.records.store_groups.where("external", external)
    if any(group is None or each.id != group.id for each in known):
        raise taken(f"A group with the external id {external}")
    return {"name": name, "external_ids": () if external is None else ((request.issuer, external),)}


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
        if request.records.store_users.get(id) is None:
            raise not_found("User", id)
        if memberships.count("pair", f"{group.id}/{id}"):
            continue
        if memberships.count("user", id) >= GROUPS_OF_A_USER:
            raise ScimError(400, f"A user may be in {GROUPS_OF_A_USER} groups.", "tooMany")
        made = new_id(request.center)
        memberships.add(StoreMembership(group.account_id, made, group.id, id, request.now, request.by))


def _remove(request: Request, group: StoreGroup, ids: list[str] | None) -> None:
    """Take those users out of the group; None: all."""
    memberships = request.records.store_memberships
    for each in list(memberships.where("group", group.id)):
        if ids is None or each.user_id in ids:
            memberships.remove(each)
