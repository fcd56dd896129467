"""What users and groups by SCIM have in common: found, added and changed, each with an external id that no other has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from iamd.services.identitystore import quotas
from iamd.services.identitystore.stores import changed_fields, new_fields
from iamd.services.scim.errors import ScimError, not_found, taken
from iamd.services.scim.request import Request
from iamd.store.collection import Collection
from iamd.store.image import Records
from iamd.store.kind import Taken
from iamd.store.kinds.identity_store import StoreGroup, StoreUser
from iamd.store.records import Tags

R = TypeVar("R", StoreUser, StoreGroup)


@dataclass(frozen=True, slots=True)
class Resources(Generic[R]):
    """The users, or the groups, of a store: what SCIM calls one and its name, as text and as an attribute, and how many
    there may be."""

    noun: str
    name: str
    attribute: str
    most: int
    kind: type[R]
    collection: Callable[[Records], Collection[R]]

    def get(self, request: Request, id: str) -> R:
        """The one of that id. Raises ScimError."""
        found = self.collection(request.records).get(id)
        if found is None:
            raise not_found(self.noun, id)
        return found

    def matching(self, request: Request, wanted: Mapping[str, str]) -> Sequence[R]:
        """Those that have the name, the id and the external id of a filter, as far as it has these."""
        known = self.collection(request.records)
        found: list[Sequence[R | None]] = []
        if self.attribute in wanted:
            found.append([known.named(wanted[self.attribute])])
        if "id" in wanted:
            found.append([known.get(wanted["id"])])
        if "externalid" in wanted:
            found.append(known.where("external", wanted["externalid"]))
        if not found:
            return known.sorted()
        first, *others = found
        return [each for each in first if each is not None and all(each in other for other in others)]

    def add(self, request: Request, fields: Mapping[str, Any]) -> R:
        """A new one of these fields. Raises ScimError."""
        known = self.collection(request.records)
        if len(known) >= self.most:
            plural = f"{self.noun.lower()}s"
            raise ScimError(400, f"The identity store has reached its quota of {self.most} {plural}.", "tooMany")
        try:
            return known.add(self.kind(**new_fields(request.center, request.by, request.now), **fields))
        except Taken:
            raise self._taken(self.name, fields["name"]) from None

    def change(self, request: Request, record: R, fields: Mapping[str, Any]) -> R:
        """One with these fields in the place of its own. Raises ScimError."""
        noted = changed_fields(record.revision, request.by, request.now)
        try:
            return self.collection(request.records).replace(record, **noted, **fields)
        except Taken:
            raise self._taken(self.name, fields["name"]) from None

    def external_ids(self, request: Request, id: str | None, owner: R | None) -> Tags:
        """The external id of its owner, None of a new one, as it is stored. Raises ScimError for that of another."""
        if id is None:
            return ()
        self.require_free(request, "external", id, "external id", id, owner)
        return ((request.issuer, id),)

    def require_free(self, request: Request, index: str, key: str, what: str, value: str, owner: R | None) -> None:
        """Raise ScimError where one other than the owner has that value, which an index has under the key."""
        holders = self.collection(request.records).where(index, key)
        if any(owner is None or each.id != owner.id for each in holders):
            raise self._taken(what, value)

    def _taken(self, what: str, value: str) -> ScimError:
        return taken(f"A {self.noun.lower()} with the {what} {value}")


def external_id(request: Request, record: StoreUser | StoreGroup) -> str | None:
    """What the identity provider calls a user or a group."""
    return next((id for by, id in record.external_ids if by == request.issuer), None)


USERS = Resources("User", "user name", "username", quotas.USERS, StoreUser, lambda records: records.store_users)
GROUPS = Resources(
    "Group", "display name", "displayname", quotas.GROUPS, StoreGroup, lambda records: records.store_groups
)
