"""What users, groups and roles have in common: policies."""

from __future__ import annotations

from iamd.store.image import Records
from iamd.store.records import Group, Role, User

Identity = User | Group | Role


def noun(identity: Identity) -> str:
    """`user`, `group` or `role`, as AWS's messages have it."""
    return type(identity).__name__.lower()


def identity_of(records: Records, id: str) -> Identity:
    """The user, group or role with that unique id; KeyError when there is none."""
    found: Identity | None = records.users.get(id) or records.groups.get(id) or records.roles.get(id)
    if found is None:
        raise KeyError(id)
    return found
