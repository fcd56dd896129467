"""Transfers of responsibility: one management account takes over the billing of another's organization.

Nobody is billed here, so nothing follows from a transfer but its record.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_transfer_billing.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from iamd.guard.target import Target, missing
from iamd.services.call import Call, Reply
from iamd.services.organizations import handshakes, ids
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, for_management, the_managed_organization
from iamd.services.organizations.handshakes import TRANSFER, Shake
from iamd.services.organizations.invitations import LASTS, invited, sent, tagging_account
from iamd.services.organizations.paging import page
from iamd.services.organizations.tags import merged
from iamd.store.image import Records
from iamd.store.kinds.handshakes import ResponsibilityTransfer
from iamd.store.kinds.organizations import organizations_arn
from iamd.store.records import Account
from iamd.wire.errors import InternalFailure
from iamd.wire.organizations_errors import (
    ConstraintViolationException,
    DuplicateHandshakeException,
    HandshakeConstraintViolationException,
    InvalidInputException,
    InvalidResponsibilityTransferTransitionException,
    ResponsibilityTransferAlreadyInStatusException,
    ResponsibilityTransferNotFoundException,
)

_STATUS = {"OPEN": "REQUESTED"}  # of a transfer, where it is not called as the handshake's state is
_ENDED = "WITHDRAWN"
_BEGINNING = "01 00:00:00"  # of a month


@dataclass(frozen=True, slots=True)
class Deal:
    """A transfer as an account sees it: from inside (`inbound`, it takes over) or outside, with its handshake."""

    transfer: ResponsibilityTransfer
    shake: Shake
    inbound: bool

    @property
    def arn(self) -> str:
        transfer, way = self.transfer, "inbound" if self.inbound else "outbound"
        owner = transfer.account_id if self.inbound else transfer.source_id
        organization = self.shake.handshake.organization_id if self.inbound else transfer.source_organization_id
        return organizations_arn(owner, f"transfer/{organization}/{transfer.type.lower()}/{way}/{transfer.id}")


def status_of(call: Call, deal: Deal) -> str:
    """How far a transfer has come."""
    if deal.transfer.ends is not None:
        return _ENDED
    state = handshakes.state_of(call, deal.shake)
    return _STATUS.get(state, state)


def view(call: Call, deal: Deal) -> dict[str, Any]:
    """The `ResponsibilityTransfer` structure."""
    transfer, status = deal.transfer, status_of(call, deal)
    return {
        "Arn": deal.arn,
        "Id": transfer.id,
        "Name": transfer.name,
        "Type": transfer.type,
        "Status": status,
        "Source": _manager(_records(call, transfer.source_id).account),
        "Target": _manager(deal.shake.records.account),
        "StartTimestamp": transfer.start,
        "EndTimestamp": transfer.ends,
        "ActiveHandshakeId": transfer.handshake_id if status == "REQUESTED" else None,
    }


def _manager(account: Account) -> dict[str, Any]:
    return {"ManagementAccountId": account.account_id, "ManagementAccountEmail": account.email or None}


def _records(call: Call, account_id: str) -> Records:
    records = call.realm.records(account_id) if call.change is None else call.others(account_id)
    if records is None:
        raise InternalFailure()
    return records


def inbound(estate: Estate) -> Iterator[Deal]:
    """What the organization's management account takes over, or proposed to."""
    for transfer in estate.records.responsibility_transfers:
        handshake = estate.records.handshakes.get(transfer.handshake_id)
        if handshake is not None:
            yield Deal(transfer, Shake(handshake, estate.records), inbound=True)


def outbound(call: Call) -> Iterator[Deal]:
    """What others take over of the caller's account, or proposed to."""
    received = [handshakes.find(call, each.id) for each in call.records.received_handshakes]
    for shake in [shake for shake in received if shake is not None]:
        for transfer in shake.records.responsibility_transfers.where("handshake", shake.handshake.id):
            yield Deal(transfer, shake, inbound=False)


@for_management
def organization_to_invite(call: Call, estate: Estate, *, target: dict[str, str]) -> Target[Any]:
    organization, named = estate.organization, target["Id"] if target["Type"] == "ACCOUNT" else "*"
    arn = organizations_arn(organization.account_id, f"account/{organization.id}/{named}")
    return Target(arn, estate, context={"organizations:transferdirection": "INBOUND"})


@for_management
def our_transfer(call: Call, estate: Estate, *, id: str) -> Target[Any]:
    for deal in (*inbound(estate), *outbound(call)):
        if deal.transfer.id == id:
            way = "INBOUND" if deal.inbound else "OUTBOUND"
            keys = {"organizations:transferdirection": way, "organizations:transfertype": deal.transfer.type}
            return Target(deal.arn, deal, context=keys)
    organization = estate.organization
    arn = organizations_arn(organization.account_id, f"transfer/{organization.id}/billing/*/{id}")
    return missing(arn, ResponsibilityTransferNotFoundException())


@organizations.operation(on=organization_to_invite, also=tagging_account)
def invite_organization_to_transfer_responsibility(
    call: Call,
    estate: Estate,
    *,
    type: str,
    target: dict[str, str],
    start_timestamp: datetime,
    source_name: str,
    notes: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> Reply:
    """Offer the management account of another organization to take over its billing."""
    source_id, given = _source(call, target), merged((), tags)
    _check_start(call, start_timestamp)
    if any(sent(call, estate.records, TRANSFER, source_id)):
        raise DuplicateHandshakeException()
    more = {"target_type": target["Type"], "target": target["Id"], "notes": notes, "tags": given}
    shake = handshakes.send(call, estate, TRANSFER, source_id, LASTS, **more)
    transfer = ResponsibilityTransfer(
        account_id=call.account_id,
        id=ids.transfer_id(),
        type=type,
        source_id=source_id,
        source_organization_id=next(iter(_records(call, source_id).organizations)).id,
        name=source_name,
        handshake_id=shake.handshake.id,
        start=start_timestamp,
    )
    estate.records.responsibility_transfers.add(transfer)
    return {"Handshake": handshakes.view(call, shake)}


def _source(call: Call, party: dict[str, str]) -> str:
    """The management account that is invited."""
    source_id = invited(call, party)
    if source_id == call.account_id:
        said = "The sender and the recipient of the invitation can't be the same account."
        raise HandshakeConstraintViolationException(said, "SOURCE_AND_TARGET_CANNOT_MATCH")
    if call.realm.store.organization_of(source_id) != source_id:
        said = "The account is not the management account of an organization."
        raise HandshakeConstraintViolationException(said, "TARGET_ACCOUNT_VALIDATION_FAILURE")
    return source_id


def _check_start(call: Call, start: datetime) -> None:
    if start.strftime("%d %H:%M:%S") != _BEGINNING:
        said = "The start must be the beginning of a month, in UTC."
        raise InvalidInputException(said, "START_DATE_NOT_BEGINNING_OF_MONTH")
    if start <= call.now:
        raise InvalidInputException("The start must be in the future.", "START_DATE_TOO_EARLY")


def begin(call: Call, shake: Shake) -> None:
    """An offer was accepted, by an account whose billing nobody else has."""
    handed = [deal for deal in outbound(call) if status_of(call, deal) == "ACCEPTED"]
    if any(deal.transfer.handshake_id != shake.handshake.id for deal in handed):
        said = "Another account has the responsibility already."
        raise HandshakeConstraintViolationException(said, "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS")


@organizations.operation(on=our_transfer)
def describe_responsibility_transfer(call: Call, deal: Deal) -> Reply:
    """Describe a transfer that the organization takes part in."""
    return {"ResponsibilityTransfer": view(call, deal)}


@organizations.operation(on=our_transfer)
def update_responsibility_transfer(call: Call, deal: Deal, *, name: str) -> Reply:
    """Rename a transfer that is requested or accepted."""
    if status_of(call, deal) not in ("REQUESTED", "ACCEPTED"):
        said = "You can't update a transfer that is no longer active."
        raise ConstraintViolationException(said, "TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED")
    return _replaced(call, deal, name=name)


@organizations.operation(on=our_transfer)
def terminate_responsibility_transfer(call: Call, deal: Deal, *, end_timestamp: datetime | None = None) -> Reply:
    """End a transfer with a month: the present one, unless a later one is named."""
    status = status_of(call, deal)
    if status == _ENDED:
        raise ResponsibilityTransferAlreadyInStatusException()
    if status != "ACCEPTED":
        raise InvalidResponsibilityTransferTransitionException()
    return _replaced(call, deal, ends=_checked_end(call, end_timestamp))


def _replaced(call: Call, deal: Deal, **changes: Any) -> Reply:
    transfer = deal.shake.records.responsibility_transfers.replace(deal.transfer, **changes)
    return {"ResponsibilityTransfer": view(call, Deal(transfer, deal.shake, deal.inbound))}


def _checked_end(call: Call, end: datetime | None) -> datetime:
    """The last second of a month, not in the past. Raises InvalidInputException."""
    if end is None:
        following = datetime(call.now.year + call.now.month // 12, call.now.month % 12 + 1, 1, tzinfo=UTC)
        return following - timedelta(seconds=1)
    if (end + timedelta(seconds=1)).strftime("%d %H:%M:%S") != _BEGINNING:
        raise InvalidInputException("The end must be the end of a month, in UTC.", "END_DATE_NOT_END_OF_MONTH")
    if end <= call.now:
        raise InvalidInputException("The end must be in the future.", "END_DATE_TOO_EARLY")
    return end


@organizations.operation(on=the_managed_organization)
def list_inbound_responsibility_transfers(
    call: Call,
    estate: Estate,
    *,
    type: str,
    id: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """List what the organization takes over of others, or one such transfer."""
    deals = [deal for deal in inbound(estate) if deal.transfer.type == type and id in (None, deal.transfer.id)]
    if id is not None and not deals:
        raise ResponsibilityTransferNotFoundException()
    return _listed(call, deals, next_token, max_results)


@organizations.operation(on=the_managed_organization)
def list_outbound_responsibility_transfers(
    call: Call, estate: Estate, *, type: str, next_token: str | None = None, max_results: int | None = None
) -> Reply:
    """List what others take over of the organization."""
    deals = [deal for deal in outbound(call) if deal.transfer.type == type]
    return _listed(call, deals, next_token, max_results)


def _listed(call: Call, deals: Iterable[Deal], next_token: str | None, max_results: int | None) -> Reply:
    return page(
        "ResponsibilityTransfers",
        deals,
        lambda deal: deal.transfer.id,
        lambda deal: view(call, deal),
        next_token,
        max_results,
    )
