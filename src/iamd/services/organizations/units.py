"""Organizational units: a tree below the root, five levels deep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.organizations import ids, quotas
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, Parent, at, for_management, for_readers, the_estate
from iamd.services.organizations.paging import page
from iamd.services.organizations.roots import attach_full_access
from iamd.services.organizations.tags import merged
from iamd.store.kinds.organizations import Unit, organizations_arn
from iamd.wire.organizations_errors import (
    DuplicateOrganizationalUnitException,
    OrganizationalUnitNotEmptyException,
    OrganizationalUnitNotFoundException,
    ParentNotFoundException,
)


def view(estate: Estate, unit: Unit) -> dict[str, Any]:
    """The `OrganizationalUnit` structure."""
    return {"Id": unit.id, "Arn": unit.arn, "Name": unit.name, "Path": estate.path(unit)}


def _found(estate: Estate, unit_id: str) -> Target[Any]:
    unit = estate.records.units.get(unit_id)
    if unit is None:
        organization = estate.organization
        arn = organizations_arn(organization.account_id, f"ou/{organization.id}/{unit_id}")
        return missing(arn, OrganizationalUnitNotFoundException())
    return at(unit)


@for_management
def existing_unit(call: Call, estate: Estate, *, organizational_unit_id: str) -> Target[Any]:
    return _found(estate, organizational_unit_id)


@for_readers
def readable_unit(call: Call, estate: Estate, *, organizational_unit_id: str) -> Target[Any]:
    return _found(estate, organizational_unit_id)


@for_management
def parent_to_fill(call: Call, estate: Estate, *, parent_id: str) -> Target[Any]:
    return found_parent(estate, parent_id)


@for_readers
def existing_parent(call: Call, estate: Estate, *, parent_id: str) -> Target[Any]:
    return found_parent(estate, parent_id)


def found_parent(estate: Estate, parent_id: str) -> Target[Any]:
    parent = estate.parent(parent_id)
    return missing("*", ParentNotFoundException()) if parent is None else at(parent)


def tagging_unit(call: Call, parent: Parent) -> Iterator[Ask]:
    """Who creates a unit with tags must be allowed to tag it."""
    if call.params.get("tags"):
        organization = the_estate(call).organization
        arn = organizations_arn(organization.account_id, f"ou/{organization.id}/ou-*")
        yield Ask("organizations:TagResource", arn, call.account_id, tags=())


@organizations.operation(on=parent_to_fill, also=tagging_unit)
def create_organizational_unit(
    call: Call, parent: Parent, *, name: str, tags: list[dict[str, str]] | None = None
) -> Reply:
    """Make a unit below the root or another unit; names are unique below one parent."""
    estate = the_estate(call)
    given = merged((), tags)
    _check_name(estate, parent.id, name)
    too_deep = "You have exceeded the maximum depth of nested organizational units."
    quotas.check(estate.depth(parent), quotas.UNIT_DEPTH, "OU_DEPTH_LIMIT_EXCEEDED", too_deep)
    too_many = "You have exceeded the allowed number of organizational units."
    quotas.check(len(estate.records.units), quotas.UNITS, "OU_NUMBER_LIMIT_EXCEEDED", too_many)
    unit = Unit(
        account_id=estate.organization.account_id,
        id=ids.unit_id(estate.root.id),
        organization_id=estate.organization.id,
        parent_id=parent.id,
        name=name,
        created=call.now,
        tags=given,
    )
    estate.records.units.add(unit)
    if "SERVICE_CONTROL_POLICY" in estate.organization.policy_types:
        attach_full_access(call, estate, unit.id)
    return {"OrganizationalUnit": view(estate, unit)}


def _check_name(estate: Estate, parent_id: str, name: str) -> None:
    if any(unit.name == name for unit in estate.records.units.where("parent", parent_id)):
        raise DuplicateOrganizationalUnitException()


@organizations.operation(on=existing_unit)
def update_organizational_unit(call: Call, unit: Unit, *, name: str | None = None) -> Reply:
    """Rename a unit. A blank name, or none, leaves it as it is (seen of live AWS)."""
    estate = the_estate(call)
    if name is not None and name.strip() and name != unit.name:
        _check_name(estate, unit.parent_id, name)
        unit = estate.records.units.replace(unit, name=name)
    return {"OrganizationalUnit": view(estate, unit)}


@organizations.operation(on=existing_unit)
def delete_organizational_unit(call: Call, unit: Unit) -> None:
    """Delete a unit in which there is nothing; its policies are detached."""
    records = the_estate(call).records
    if records.units.count("parent", unit.id) or records.members.count("parent", unit.id):
        raise OrganizationalUnitNotEmptyException()
    for attachment in records.policy_attachments.where("target", unit.id):
        records.policy_attachments.remove(attachment)
    records.units.remove(unit)


@organizations.operation(on=readable_unit)
def describe_organizational_unit(call: Call, unit: Unit) -> Reply:
    """Describe a unit."""
    return {"OrganizationalUnit": view(the_estate(call), unit)}


@organizations.operation(on=existing_parent)
def list_organizational_units_for_parent(
    call: Call, parent: Parent, *, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List the units directly below a parent."""
    estate = the_estate(call)
    units = estate.records.units.where("parent", parent.id)
    return page(
        "OrganizationalUnits", units, lambda unit: unit.id, lambda unit: view(estate, unit), next_token, max_results
    )
