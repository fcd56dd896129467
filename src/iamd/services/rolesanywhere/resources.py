"""What trust anchors, profiles, revocation lists and subjects have in common: ids, ARNs, regions, pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from iamd.guard.target import Target, found, missing, nothing
from iamd.services.call import Call, Reply
from iamd.services.paging import page_of
from iamd.store.collection import Collection
from iamd.store.image import Records
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


def by_id(collection: Collection[R], region: str, identifier: str) -> R | None:
    """The resource of that id or ARN in a region, or None."""
    resource: R | None = collection.get(identifier.rpartition("/")[2])
    if resource is None or resource.region != region or identifier not in (resource.id, resource.arn):
        return None
    return resource


def anywhere(call: Call) -> Target[None]:
    return nothing()


@dataclass(frozen=True, slots=True)
class Family(Generic[R]):
    """Resources of one kind, with what all kinds have alike: `kind` is in their ARNs, `member` is what answers call
    one, `collection` is where an account has them, and `view` shows one."""

    kind: str
    member: str
    collection: Callable[[Records], Collection[R]]
    view: Callable[[R], dict[str, Any]]

    def existing(self, call: Call, identifier: str) -> Target[R]:
        """The resource of that id or ARN in the call's region."""
        resource = by_id(self.collection(call.records), call.region, identifier)
        if resource is not None:
            return found(resource)
        arn = identifier
        if not identifier.startswith("arn:"):
            arn = f"arn:{PARTITION}:rolesanywhere:{call.region}:{call.account_id}:{self.kind}/{identifier}"
        return missing(arn, ResourceNotFoundException(f"Resource {identifier} was not found"))

    def shown(self, resource: R) -> Reply:
        """The answer that shows one."""
        return {self.member: self.view(resource)}

    def page(self, call: Call, next_token: str | None, page_size: int | None) -> Reply:
        """One page of the region's resources, in the order of their ids."""
        if page_size is not None and not 0 < page_size <= MAX_PAGE:
            raise ValidationException(f"pageSize must be between 1 and {MAX_PAGE}")
        members = f"{self.member}s"
        page = page_of(members, self._here(call), lambda r: r.id, self.view, next_token, page_size or DEFAULT_PAGE)
        return {members: page[members], "nextToken": page.get("Marker")}

    def require_room(self, call: Call, limit: int) -> None:
        """Raise ValidationException when the region has as many resources as it may."""
        if len(self._here(call)) >= limit:
            raise ValidationException(f"The limit of {limit} {self.kind.replace('-', ' ')}s has been reached")

    def added(self, call: Call, resource: R) -> Reply:
        """Add a resource, and show it."""
        return self.shown(self.collection(call.records).add(resource))

    def changed(self, call: Call, resource: R, **changes: Any) -> Reply:
        """Change a resource, and show it."""
        return self.shown(self.collection(call.records).replace(resource, updated=call.now, **changes))

    def removed(self, call: Call, resource: R) -> Reply:
        """Remove a resource, and show what it was."""
        self.collection(call.records).remove(resource)
        return self.shown(resource)

    def _here(self, call: Call) -> list[R]:
        return [resource for resource in self.collection(call.records) if resource.region == call.region]
