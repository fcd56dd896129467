"""Roles that AWS defines: what became of those linked to services, where those from templates come from, and the
account's properties, which switch the role manager."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import fold


@dataclass(frozen=True, slots=True)
class RoleDeletion:
    """The last deletion of a service-linked role of that name; `task_id` holds its ARN's path."""

    account_id: str
    role_name: str
    task_id: str
    requested: datetime


@dataclass(frozen=True, slots=True)
class RoleSource:
    """The template that a role was made from, and as JSON the values that its parameters were given."""

    account_id: str
    role_id: str
    template_arn: str
    minor_version: int
    given: str


@dataclass(frozen=True, slots=True)
class AccountProperty:
    account_id: str
    name: str  # "RoleManager/Enabled"
    value: str


ROLE_DELETIONS = Kind("role_deletions", RoleDeletion, lambda r: fold(r.role_name))
ROLE_SOURCES = Kind("role_sources", RoleSource, lambda r: r.role_id)
ACCOUNT_PROPERTIES = Kind("account_properties", AccountProperty, lambda r: r.name)

KINDS: tuple[Kind[Any], ...] = (ROLE_DELETIONS, ROLE_SOURCES, ACCOUNT_PROPERTIES)
