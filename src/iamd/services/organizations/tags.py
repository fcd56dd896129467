"""Tags of the root, units, accounts and policies, the resource policy among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, Root, at, for_management, for_readers
from iamd.services.organizations.paging import page
from iamd.store.collection import Collection
from iamd.store.kinds.organizations import Member, OrganizationPolicy, ResourcePolicy, Unit
from iamd.store.records import Tags
from iamd.wire.organizations_errors import (
    ConstraintViolationException,
    InvalidInputException,
    TargetNotFoundException,
)

MAX_TAGS = 50

Tagged = Root | Unit | Member | OrganizationPolicy | ResourcePolicy


def merged(present: Tags, given: Iterable[Mapping[str, str]] | None) -> Tags:
    """Tags after adding `given`, which replace those of the same key. Raises InvalidInputException and
    ConstraintViolationException."""
    pairs = [(tag["Key"], tag["Value"]) for tag in given or ()]
    keys = {key for key, _ in pairs}
    if len(keys) < len(pairs):
        raise InvalidInputException("Duplicate tag keys were specified.", "DUPLICATE_TAG_KEY")
    if any(key.lower().startswith("aws:") for key in keys):
        raise InvalidInputException("You specified a reserved tag key.", "INVALID_SYSTEM_TAGS_PARAMETER")
    result = (*((key, value) for key, value in present if key not in keys), *pairs)
    if len(result) > MAX_TAGS:
        raise ConstraintViolationException("You have exceeded the allowed number of tags.", "MAX_TAG_LIMIT_EXCEEDED")
    return result


def _found(estate: Estate, resource_id: str) -> Target[Any]:
    records = estate.records
    tagged = (
        estate.node(resource_id)
        or records.organization_policies.get(resource_id)
        or records.resource_policies.get(resource_id)
    )
    if tagged is None:
        return missing("*", TargetNotFoundException())
    if isinstance(tagged, OrganizationPolicy):
        return at(tagged, **{"organizations:policytype": tagged.type})
    return at(tagged)


@for_management
def tagged_by_us(call: Call, estate: Estate, *, resource_id: str) -> Target[Any]:
    return _found(estate, resource_id)


@for_readers
def tagged(call: Call, estate: Estate, *, resource_id: str) -> Target[Any]:
    return _found(estate, resource_id)


def _store(call: Call, thing: Tagged, tags: Tags) -> None:
    records = call.others(thing.organization.account_id if isinstance(thing, Root) else thing.account_id)
    if isinstance(thing, Root):
        records.organizations.replace(thing.organization, root_tags=tags)
        return
    collections: dict[type, Collection[Any]] = {
        Unit: records.units,
        Member: records.members,
        OrganizationPolicy: records.organization_policies,
        ResourcePolicy: records.resource_policies,
    }
    collections[type(thing)].replace(thing, tags=tags)


@organizations.operation(on=tagged_by_us)
def tag_resource(call: Call, thing: Tagged, *, tags: list[dict[str, str]]) -> None:
    """Add tags or replace their values."""
    _store(call, thing, merged(thing.tags, tags))


@organizations.operation(on=tagged_by_us)
def untag_resource(call: Call, thing: Tagged, *, tag_keys: list[str]) -> None:
    """Remove tags; keys that are not there are ignored."""
    _store(call, thing, tuple(pair for pair in thing.tags if pair[0] not in tag_keys))


@organizations.operation(on=tagged)
def list_tags_for_resource(call: Call, thing: Tagged, *, next_token: str | None = None) -> Reply:
    """List the tags, by key."""
    return page(
        "Tags",
        thing.tags,
        lambda pair: pair[0],
        lambda pair: {"Key": pair[0], "Value": pair[1]},
        next_token,
        MAX_TAGS,
    )
