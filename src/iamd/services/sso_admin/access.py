"""As whom somebody has something: as the user, and as each group that the user is in."""

from __future__ import annotations

from collections.abc import Iterator

from iamd.store.image import Records


def principals_of(records: Records, type_: str, id: str) -> Iterator[str]:
    """The user or group itself, and the groups of a user, as the `principal` index of assignments has them."""
    yield f"{type_}/{id}"
    if type_ == "USER":
        for membership in records.store_memberships.where("user", id):
            yield f"GROUP/{membership.group_id}"
