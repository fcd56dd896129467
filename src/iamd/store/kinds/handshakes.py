"""Handshakes between an organization and other accounts, and the transfers of responsibility that some are about.

Both are records of the management account that sent the handshake. The account that got it has a `ReceivedHandshake`,
which tells where to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.kinds.organizations import organizations_arn
from iamd.store.records import Tags


@dataclass(frozen=True, slots=True)
class Handshake:
    """A proposal to `recipient_id`, or to the sender itself. `state` is as it was left: time may have ended it since.

    `target_type` and `target` are how the recipient was named (EMAIL, ACCOUNT, ORGANIZATION); `parent_id` is the
    handshake that this one belongs to; `ended` is when it was accepted, declined or cancelled; `tags` are for the
    account that joins.
    """

    account_id: str
    id: str  # "h-..."
    organization_id: str
    action: str  # "INVITE"
    recipient_id: str
    target_type: str
    target: str
    state: str
    requested: datetime
    expires: datetime
    ended: datetime | None = None
    notes: str | None = None
    parent_id: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        resource = f"handshake/{self.organization_id}/{self.action.lower()}/{self.id}"
        return organizations_arn(self.account_id, resource)


@dataclass(frozen=True, slots=True)
class ReceivedHandshake:
    """A handshake that the account got, and from which management account."""

    account_id: str
    id: str
    sender_id: str


@dataclass(frozen=True, slots=True)
class ResponsibilityTransfer:
    """A responsibility for the organization of `source_id` that the account takes over from `start` until `ends`.

    How far it has come is told by its handshake."""

    account_id: str
    id: str  # "rt-..."
    type: str  # "BILLING"
    source_id: str
    source_organization_id: str
    name: str
    handshake_id: str
    start: datetime
    ends: datetime | None = None


HANDSHAKES = Kind(
    "handshakes",
    Handshake,
    lambda r: r.id,
    None,
    {"recipient": lambda r: r.recipient_id, "action": lambda r: r.action, "parent": lambda r: r.parent_id},
)
RECEIVED_HANDSHAKES = Kind("received_handshakes", ReceivedHandshake, lambda r: r.id)
RESPONSIBILITY_TRANSFERS = Kind(
    "responsibility_transfers", ResponsibilityTransfer, lambda r: r.id, None, {"handshake": lambda r: r.handshake_id}
)

KINDS: tuple[Kind[Any], ...] = (HANDSHAKES, RECEIVED_HANDSHAKES, RESPONSIBILITY_TRANSFERS)
