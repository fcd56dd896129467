"""What the guard is asked."""

from __future__ import annotations

import msgspec

from iamd.guard.context import Context
from iamd.guard.organizations import Standing
from iamd.policy import Kind
from iamd.store.records import Tags


class Ask(msgspec.Struct, frozen=True):
    """One action on one resource."""

    action: str  # "iam:CreateUser"
    resource: str
    account_id: str  # the resource's
    label: str | None = None  # how the denial names the resource; None: its ARN
    policy: str | None = None  # the resource's own policy
    policy_kind: Kind = Kind.TRUST
    context: Context = {}
    tags: Tags | None = None  # the resource's, where the target is another one
    owner: Standing | None = None  # of the resource's account, where it is in an organization
