"""Tags of instances, permission sets, applications and trusted token issuers."""

from __future__ import annotations

from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.sso_admin.api import sso_admin
from iamd.services.sso_admin.center import Center, administers, at, refused, visible
from iamd.services.sso_admin.paging import page
from iamd.services.sso_admin.tag_rules import merged
from iamd.store.collection import Collection
from iamd.store.kinds.identity_applications import Application
from iamd.wire.identity_errors import ResourceNotFoundException

PAGE = 50
Tagged = tuple[Collection[Any], Any]
"""A thing that has tags, behind the collection that it is in."""


def _things(center: Center) -> tuple[Collection[Any], ...]:
    records = center.records
    return records.identity_centers, records.permission_sets, records.applications, records.trusted_token_issuers


def tagged(call: Call, *, resource_arn: str, instance_arn: str | None = None) -> Target[Tagged]:
    """The thing with that ARN in an instance that the caller administers, or an application of the caller's account."""
    centers = [each for each in visible(call) if instance_arn in (None, each.instance.arn)]
    if not centers and instance_arn is not None:
        return refused(call, instance_arn)
    for center in centers:
        ours = administers(call, center)
        for collection in _things(center):
            for thing in collection:
                is_own = ours or (isinstance(thing, Application) and thing.owner_id == call.account_id)
                if thing.arn == resource_arn and is_own:
                    return at(center, resource_arn, (collection, thing), thing.tags)
    return missing(resource_arn, ResourceNotFoundException(f"Could not find a resource with ARN {resource_arn}"))


@sso_admin.operation(on=tagged)
def tag_resource(call: Call, found: Tagged, *, tags: list[dict[str, str]]) -> Reply:
    """Add tags, or change their values."""
    collection, thing = found
    collection.replace(thing, tags=merged(thing.tags, tags))
    return {}


@sso_admin.operation(on=tagged)
def untag_resource(call: Call, found: Tagged, *, tag_keys: list[str]) -> Reply:
    """Remove tags; those that are not there do not matter."""
    collection, thing = found
    collection.replace(thing, tags=tuple(tag for tag in thing.tags if tag[0] not in tag_keys))
    return {}


@sso_admin.operation(on=tagged)
def list_tags_for_resource(call: Call, found: Tagged, *, next_token: str | None = None) -> Reply:
    """List the tags, by key."""
    _, thing = found
    return page("Tags", thing.tags, lambda tag: tag[0], lambda tag: {"Key": tag[0], "Value": tag[1]}, next_token, PAGE)
