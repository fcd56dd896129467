"""Temporary delegation: requests for access to other accounts, kept with who made them, and who took them up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind


@dataclass(frozen=True, slots=True)
class DelegationRequest:
    """A request, in the account of its requestor, whose number its id begins with.

    `state` is the last that somebody brought about; that a request has expired follows from `changed`, when that was.
    `policy` is the template's document with the parameters in their places. ARNs are those of users and roles, of a
    role's session the role's.
    """

    account_id: str
    id: str
    workflow_id: str  # the requestor's own, unique in its account
    description: str
    template_arn: str
    parameters: str  # JSON, as it was given
    policy: str
    channel: str
    session_seconds: int
    created: datetime
    changed: datetime
    state: str = "UNASSIGNED"
    only_owner_sends: bool = False
    message: str | None = None
    redirect_url: str | None = None
    owner_account: str | None = None
    owner_arn: str | None = None
    approver_arn: str | None = None
    approver_id: str | None = None  # unique id of the user or role; the account's id for its root user
    notes: str | None = None
    rejection: str | None = None
    updated: datetime | None = None
    sealed_token: bytes = field(default=b"", repr=False)  # what the requestor exchanges; opens with the id


@dataclass(frozen=True, slots=True)
class DelegationClaim:
    """That an account has taken up a request, kept in that account."""

    account_id: str
    id: str


DELEGATION_REQUESTS = Kind(
    "delegation_requests", DelegationRequest, lambda r: r.id, None, {"workflow": lambda r: r.workflow_id}
)
DELEGATION_CLAIMS = Kind("delegation_claims", DelegationClaim, lambda r: r.id)

KINDS: tuple[Kind[Any], ...] = (DELEGATION_REQUESTS, DELEGATION_CLAIMS)
