"""Users, groups and memberships as targets: found by id or ARN, decided on together with their store.

Every operation on one of them must be allowed on its store, too, and those on memberships on the user and the group
(the page "Actions, resources, and condition keys for AWS Identity Store").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.services.call import Call
from iamd.services.identitystore.stores import context_of, existing_store, not_found
from iamd.services.sso_admin.center import Center
from iamd.store.collection import Collection
from iamd.store.image import Records
from iamd.store.kinds.identity_store import StoreGroup, StoreMembership, StoreUser
from iamd.store.records import PARTITION

R = TypeVar("R")
PREFIX = f"arn:{PARTITION}:identitystore:::"


@dataclass(frozen=True, slots=True)
class Held(Generic[R]):
    """A thing of a store, with the store."""

    center: Center
    record: R


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """Users, groups or memberships: the word in their ARNs, the model's name for them, and where a store has them."""

    word: str
    type: str
    collection: Callable[[Records], Collection[R]]

    def arn(self, id: str) -> str:
        return f"{PREFIX}{self.word}/{id}"

    def ids(self, center: Center, record: R) -> dict[str, str]:
        """What is answered where the ids of one are asked for."""
        id, noun = self.collection(center.records).kind.key(record), self.word.title()
        return {"IdentityStoreId": center.instance.store_id, f"{noun}Id": id, f"{noun}Arn": self.arn(id)}

    def find(self, center: Center, identifier: str) -> R | None:
        """The one with that id or ARN."""
        id = identifier.removeprefix(f"{PREFIX}{self.word}/")
        return self.collection(center.records).get(id)

    def require(self, call: Call, center: Center, identifier: str) -> R:
        """The same; raises ResourceNotFoundException."""
        record = self.find(center, identifier)
        if record is None:
            raise not_found(call, self.type, identifier)
        return record

    def existing(self, call: Call, identity_store_id: str, identifier: str) -> Target[Held[R]]:
        """The one with that id or ARN, as a target."""
        store = existing_store(call, identity_store_id=identity_store_id)
        if store.missing is not None:
            return missing(store.arn, store.missing)
        record = self.find(store.value, identifier)
        arn = identifier if identifier.startswith("arn:") else self.arn(identifier)
        if record is None:
            return missing(arn, not_found(call, self.type, identifier))
        return Target(arn, Held(store.value, record), context=keys_of(store.value, record))

    def named(self, call: Call, identity_store_id: str, record: Callable[[Center], R | None]) -> Target[Held[R]]:
        """One that is found by something else than its id; while it is not found, any is decided on, and denials name
        no other, so that they do not tell what was found."""
        store = existing_store(call, identity_store_id=identity_store_id)
        if store.missing is not None:
            return missing(store.arn, store.missing)
        found, every = record(store.value), self.arn("*")
        if found is None:
            return missing(every, not_found(call, self.type, identity_store_id))
        id: str = self.collection(store.value.records).kind.key(found)
        return Target(self.arn(id), Held(store.value, found), every, context=keys_of(store.value, found))


USERS: Kind[StoreUser] = Kind("user", "USER", lambda records: records.store_users)
GROUPS: Kind[StoreGroup] = Kind("group", "GROUP", lambda records: records.store_groups)
MEMBERSHIPS: Kind[StoreMembership] = Kind("membership", "GROUP_MEMBERSHIP", lambda records: records.store_memberships)


def keys_of(center: Center, record: object) -> Mapping[str, str | tuple[str, ...]]:
    """The condition keys of a thing of a store: who else names it by an id of their own."""
    issuers = tuple(issuer for issuer, _ in getattr(record, "external_ids", ()))
    if not issuers:
        return context_of(center)
    is_user = isinstance(record, StoreUser)
    key = "identitystore:userexternalidissuers" if is_user else "identitystore:groupexternalidissuers"
    return {**context_of(center), key: issuers}


def also(call: Call, center: Center, *arns: str) -> Iterator[Ask]:
    """The same action on the store, and on more things of it."""
    for arn in (center.instance.store_arn, *arns):
        yield Ask(call.operation.action, arn, call.account_id, context=dict(context_of(center)), tags=())


def also_store(call: Call, held: Held[Any]) -> Iterator[Ask]:
    """The same action on the store."""
    yield from also(call, held.center)


def existing_user(call: Call, *, identity_store_id: str, user_id: str) -> Target[Held[StoreUser]]:
    return USERS.existing(call, identity_store_id, user_id)


def existing_group(call: Call, *, identity_store_id: str, group_id: str) -> Target[Held[StoreGroup]]:
    return GROUPS.existing(call, identity_store_id, group_id)
