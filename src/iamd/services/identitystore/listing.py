"""Lists of users and groups: all of them in pages, or the one with a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from iamd.guard.ask import Ask
from iamd.guard.target import Target, missing
from iamd.services.call import Call
from iamd.services.identitystore.held import PREFIX, also
from iamd.services.identitystore.stores import context_of, existing_store
from iamd.services.paging import page as page_by_name
from iamd.services.sso_admin.center import Center
from iamd.store.collection import Collection
from iamd.wire.errors import ValidationError, ValidationException

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Listed:
    """A store of which all users or groups are meant."""

    center: Center


def all_of(call: Call, identity_store_id: str, word: str) -> Target[Listed]:
    """All users, groups or memberships of a store, by the word that is in their ARNs."""
    store = existing_store(call, identity_store_id=identity_store_id)
    if store.missing is not None:
        return missing(store.arn, store.missing)
    return Target(f"{PREFIX}{word}/*", Listed(store.value), context=context_of(store.value))


def also_listed(call: Call, listed: Listed) -> Iterator[Ask]:
    """The same action on the store."""
    yield from also(call, listed.center)


def listing(
    member: str,
    collection: Collection[R],
    view: Callable[[R], dict[str, Any]],
    path: str,
    filters: Sequence[dict[str, str]] | None,
    next_token: str | None,
    max_results: int | None,
) -> dict[str, Any]:
    """One page, by name; `path` is the one attribute that a filter may compare, whatever the case of the value.

    Raises ValidationException.
    """
    for given in filters or ():
        if given["AttributePath"].lower() != path.lower():
            raise ValidationException(f"The filter attribute path {path} is supported.")
        found = collection.named(given["AttributeValue"])
        return {member: [] if found is None else [view(found)]}
    try:
        answer = page_by_name(member, collection, view, next_token, max_results)
    except ValidationError:
        raise ValidationException("Invalid NextToken.") from None
    return {member: answer[member], "NextToken": answer.get("Marker")}
