"""Groups of an identity store.

https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateGroup.html and its neighbours
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.identitystore import quotas
from iamd.services.identitystore.alternatives import by_alternative
from iamd.services.identitystore.api import identitystore
from iamd.services.identitystore.attributes import RESERVED
from iamd.services.identitystore.held import GROUPS, Held, also_store, existing_group
from iamd.services.identitystore.listing import Listed, all_of, also_listed, listing
from iamd.services.identitystore.stores import changed_fields, existing_store, new_fields, require_revision, taken
from iamd.services.sso_admin.center import Center
from iamd.store.kind import Taken
from iamd.store.kinds.identity_store import StoreGroup
from iamd.wire import aws_json, json_input
from iamd.wire.errors import AwsError, ValidationException

_CREATE = identitystore.model.operations["CreateGroup"]


def every_group(call: Call, *, identity_store_id: str) -> Target[Listed]:
    return all_of(call, identity_store_id, "group")


def group_by_alternative(
    call: Call, *, identity_store_id: str, alternate_identifier: Mapping[str, Any]
) -> Target[Held[StoreGroup]]:
    """The group with that display name or external id."""

    def by_attribute(center: Center, path: str, value: str) -> StoreGroup | None:
        if path != "displayname":
            raise ValidationException("The attribute path displayName is supported.")
        return center.records.store_groups.named(value)

    return by_alternative(call, GROUPS, identity_store_id, alternate_identifier, by_attribute)


def view(group: StoreGroup, store_id: str) -> dict[str, Any]:
    """A group as it is shown everywhere."""
    return {
        "IdentityStoreId": store_id,
        "GroupId": group.id,
        "GroupArn": group.arn,
        "Revision": str(group.revision),
        "DisplayName": group.name,
        "ExternalIds": [{"Issuer": issuer, "Id": id} for issuer, id in group.external_ids] or None,
        "Description": group.description,
        "CreatedAt": group.created,
        "UpdatedAt": group.updated,
        "CreatedBy": group.created_by,
        "UpdatedBy": group.updated_by,
    }


def summary(center: Center, group: StoreGroup) -> Reply:
    """What is answered of a group that was changed."""
    return {**GROUPS.ids(center, group), "Revision": str(group.revision)}


def _checked(display_name: Any, description: Any) -> dict[str, Any]:
    """Name and description as a group may have them; raises ValidationException."""
    if display_name is None:
        raise ValidationException("displayName is a required attribute")
    given = {"IdentityStoreId": "d-0000000000", "DisplayName": display_name, "Description": description}
    try:
        aws_json.check(_CREATE, json_input.members(_CREATE, given))
    except AwsError as invalid:
        raise ValidationException(invalid.message) from None
    if display_name.lower() in RESERVED:
        raise ValidationException(f"{display_name} is a reserved name.")
    return {"name": display_name, "description": description}


@identitystore.operation(on=existing_store)
def create_group(
    call: Call, center: Center, *, display_name: str | None = None, description: str | None = None
) -> Reply:
    """Add a group; names are unique, whatever their case."""
    groups = center.records.store_groups
    quotas.check(call, len(groups), quotas.GROUPS, "groups")
    checked = _checked(display_name, description)
    try:
        group = groups.add(StoreGroup(**new_fields(center, call.caller.arn, call.now), **checked))
    except Taken:
        raise taken(call, "Duplicate GroupDisplayName") from None
    return summary(center, group)


@identitystore.operation(on=existing_group, also=also_store)
def describe_group(call: Call, held: Held[StoreGroup]) -> Reply:
    """The group of that id."""
    return view(held.record, held.center.instance.store_id)


@identitystore.operation(on=group_by_alternative, also=also_store)
def get_group_id(call: Call, held: Held[StoreGroup]) -> Reply:
    """The id of a group that is known by something else that is unique."""
    return GROUPS.ids(held.center, held.record)


@identitystore.operation(on=every_group, also=also_listed)
def list_groups(
    call: Call,
    listed: Listed,
    *,
    max_results: int | None = None,
    next_token: str | None = None,
    filters: list[dict[str, str]] | None = None,
) -> Reply:
    """List the groups by name, or the one of that name."""
    return listing(
        "Groups",
        listed.center.records.store_groups,
        lambda group: view(group, listed.center.instance.store_id),
        "DisplayName",
        filters,
        next_token,
        max_results,
    )


@identitystore.operation(on=existing_group, also=also_store)
def update_group(
    call: Call, held: Held[StoreGroup], *, operations: list[dict[str, Any]], revision: str | None = None
) -> Reply:
    """Change the name or the description by path; a value that is left out removes the description."""
    group = held.record
    require_revision(call, group.revision, revision)
    values: dict[str, Any] = {"displayname": group.name, "description": group.description}
    for operation in operations:
        path = operation["AttributePath"].lower()
        if path not in values:
            raise ValidationException(f"The attribute path {operation['AttributePath']} is not supported.")
        values[path] = operation.get("AttributeValue")
    change = _checked(values["displayname"], values["description"])
    try:
        groups, noted = held.center.records.store_groups, changed_fields(group.revision, call.caller.arn, call.now)
        group = groups.replace(group, **noted, **change)
    except Taken:
        raise taken(call, "Duplicate GroupDisplayName") from None
    return summary(held.center, group)


@identitystore.operation(on=existing_group, also=also_store)
def delete_group(call: Call, held: Held[StoreGroup], *, revision: str | None = None) -> Reply:
    """Remove a group; its members stay. Assignments go on naming it, and mean nothing, as on AWS."""
    require_revision(call, held.record.revision, revision)
    remove_group(held.center, held.record)
    return {}


def remove_group(center: Center, group: StoreGroup) -> None:
    """Remove a group, and who is in it."""
    memberships = center.records.store_memberships
    for membership in memberships.where("group", group.id):
        memberships.remove(membership)
    center.records.store_groups.remove(group)
