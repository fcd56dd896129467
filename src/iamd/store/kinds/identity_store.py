"""An identity store: the users and groups of an Identity Center instance, kept in the account that owns the instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags, fold


def _arn(resource: str) -> str:
    return f"arn:{PARTITION}:identitystore:::{resource}"


@dataclass(frozen=True, slots=True)
class StoreUser:
    """A person of an identity store (an IAM user is another thing). `name` is the user name, unique whatever its case,
    and so is `email`, the address. `attributes` are all others that the API knows, and the whole of `Emails`, as JSON
    by the API's names; `external_ids` are issuers and what each calls the user. A user that is not `enabled` cannot
    sign in. `revision` counts changes."""

    account_id: str
    id: str  # 10 digits of the store's id, and a UUID
    name: str
    created: datetime
    updated: datetime
    created_by: str
    updated_by: str
    email: str | None = None
    attributes: str = field(default="{}", repr=False)
    external_ids: Tags = ()
    enabled: bool = True
    revision: int = 1

    @property
    def arn(self) -> str:
        return _arn(f"user/{self.id}")


@dataclass(frozen=True, slots=True)
class StoreGroup:
    """A group of people. `name` is the display name, unique whatever its case."""

    account_id: str
    id: str  # as those of users
    name: str
    created: datetime
    updated: datetime
    created_by: str
    updated_by: str
    description: str | None = None
    external_ids: Tags = ()
    revision: int = 1

    @property
    def arn(self) -> str:
        return _arn(f"group/{self.id}")


@dataclass(frozen=True, slots=True)
class StoreMembership:
    """A user is in a group."""

    account_id: str
    id: str  # as those of users
    group_id: str
    user_id: str
    created: datetime
    created_by: str

    @property
    def arn(self) -> str:
        return _arn(f"membership/{self.id}")


STORE_USERS = Kind(
    "store_users",
    StoreUser,
    lambda r: r.id,
    lambda r: r.name,
    {
        "email": lambda r: None if r.email is None else fold(r.email),
        "external": lambda r: r.external_ids[0][1] if r.external_ids else None,
    },
)
STORE_GROUPS = Kind(
    "store_groups",
    StoreGroup,
    lambda r: r.id,
    lambda r: r.name,
    {"external": lambda r: r.external_ids[0][1] if r.external_ids else None},
)
STORE_MEMBERSHIPS = Kind(
    "store_memberships",
    StoreMembership,
    lambda r: r.id,
    None,
    {"group": lambda r: r.group_id, "user": lambda r: r.user_id, "pair": lambda r: f"{r.group_id}/{r.user_id}"},
)

KINDS: tuple[Kind[Any], ...] = (STORE_USERS, STORE_GROUPS, STORE_MEMBERSHIPS)
