"""What trust anchors, profiles, revocation lists and subjects have in common: ids, ARNs, regions, pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from iamd.guard.target import Target, found, missing
from iamd.services.call import Call
from iamd.services.paging import page_of
from iamd.store.collection import Collection
from iamd.store.records import PARTITION
from iamd.wire.errors import ResourceNotFoundException, ValidationException

DEFAULT_PAGE = 50
MAX_PAGE = 1_000


class Resource(Protocol):
    """A record of Roles Anywhere."""

    @property
    def id(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def arn(self) -> str: ...


R = TypeVar("R", bound=Resource)


def existing(call: Call, collection: Collection[R], kind: str, identifier: str) -> Target[R]:
    """The resource of that id or ARN in the call's region."""
    resource = by_id(collection, call.region, identifier)
    if resource is not None:
        return found(resource)
    arn = identifier
    if not identifier.startswith("arn:"):
        arn = f"arn:{PARTITION}:rolesanywhere:{call.region}:{call.account_id}:{kind}/{identifier}"
    return missing(arn, ResourceNotFoundException(f"Resource {identifier} was not found"))


def by_id(collection: Collection[R], region: str, identifier: str) -> R | None:
    """The resource of that id or ARN in a region, or None."""
    resource: R | None = collection.get(identifier.rpartition("/")[2])
    if resource is None or resource.region != region or identifier not in (resource.id, resource.arn):
        return None
    return resource


def listed(
    call: Call,
    member: str,
    collection: Collection[R],
    view: Callable[[R], dict[str, Any]],
    next_token: str | None,
    page_size: int | None,
) -> dict[str, Any]:
    """One page of the region's resources, in the order of their ids."""
    if page_size is not None and not 0 < page_size <= MAX_PAGE:
        raise ValidationException(f"pageSize must be between 1 and {MAX_PAGE}")
    here = [resource for resource in collection if resource.region == call.region]
    page = page_of(member, here, lambda r: r.id, view, next_token, page_size or DEFAULT_PAGE)
    return {member: page[member], "nextToken": page.get("Marker")}


def require_room(call: Call, collection: Collection[R], limit: int, what: str) -> None:
    """Raise ValidationException when the region has as many resources as it may."""
    if sum(resource.region == call.region for resource in collection) >= limit:
        raise ValidationException(f"The limit of {limit} {what} has been reached")
