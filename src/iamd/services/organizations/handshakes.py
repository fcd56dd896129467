"""Handshakes: what a management account proposes to other accounts, and what becomes of it.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from iamd.guard.target import Target, missing, nothing
from iamd.services.call import Call, Reply
from iamd.services.organizations import ids
from iamd.services.organizations.api import organizations
from iamd.services.organizations.estate import Estate, the_organization
from iamd.services.organizations.paging import page
from iamd.store.image import Records
from iamd.store.kinds.handshakes import Handshake, ReceivedHandshake
from iamd.store.kinds.organizations import Organization, organizations_arn
from iamd.wire.errors import InternalFailure
from iamd.wire.organizations_errors import (
    AccessDeniedException,
    HandshakeAlreadyInStateException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
)

INVITE, ENABLE, APPROVE = "INVITE", "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"
TRANSFER = "TRANSFER_RESPONSIBILITY"
TOLD_FOR = timedelta(days=30)  # after its end
_UNDECIDED = ("REQUESTED", "OPEN")


@dataclass(frozen=True, slots=True)
class Shake:
    """A handshake with the records of its sender, in which it is kept."""

    handshake: Handshake
    records: Records

    @property
    def organization(self) -> Organization:
        organization: Organization | None = self.records.organizations.get(self.handshake.account_id)
        if organization is None:
            raise InternalFailure()
        return organization

    @property
    def arn(self) -> str:
        return self.handshake.arn


def state_of(call: Call, shake: Shake) -> str:
    """The present state: a handshake that nobody answered in time is EXPIRED, and one to enable all features is OPEN
    as soon as every member that was invited has approved."""
    handshake = shake.handshake
    if handshake.state not in _UNDECIDED:
        return handshake.state
    if call.now >= handshake.expires:
        return "EXPIRED"
    if handshake.action == ENABLE and not any(_unapproved(shake)):
        return "OPEN"
    return handshake.state


def _unapproved(shake: Shake) -> Iterator[str]:
    """The members of whom the enabling of all features still needs approval."""
    children = shake.records.handshakes.where("parent", shake.handshake.id)
    approved = {child.recipient_id for child in children if child.state == "ACCEPTED"}
    return (child.recipient_id for child in children if _is_awaited(shake, child.recipient_id, approved))


def _is_awaited(shake: Shake, member_id: str, approved: set[str]) -> bool:
    return member_id not in approved and shake.records.members.get(member_id) is not None


def is_undecided(call: Call, shake: Shake) -> bool:
    return state_of(call, shake) in _UNDECIDED


def is_told(call: Call, handshake: Handshake) -> bool:
    """Whether it is still listed: it is for 30 days after its end."""
    return call.now - min(handshake.ended or handshake.expires, handshake.expires) < TOLD_FOR


def view(call: Call, shake: Shake) -> dict[str, Any]:
    """The `Handshake` structure. The organization's id lacks its `o-` among the parties (seen of live AWS)."""
    handshake = shake.handshake
    parties = [{"Id": handshake.organization_id.removeprefix("o-"), "Type": "ORGANIZATION"}]
    if handshake.recipient_id != handshake.account_id:
        parties.append({"Id": handshake.target, "Type": handshake.target_type})
    return {
        "Id": handshake.id,
        "Arn": handshake.arn,
        "Parties": parties,
        "State": state_of(call, shake),
        "RequestedTimestamp": handshake.requested,
        "ExpirationTimestamp": handshake.expires,
        "Action": handshake.action,
        "Resources": list(_resources(shake)),
    }


def _resources(shake: Shake) -> Iterator[dict[str, Any]]:
    handshake, sender = shake.handshake, shake.records.account
    prefix = "MANAGEMENT" if handshake.action == TRANSFER else "MASTER"
    about = [
        {"Type": f"{prefix}_EMAIL", "Value": sender.email},
        {"Type": f"{prefix}_NAME", "Value": sender.name},
        {"Type": "ORGANIZATION_FEATURE_SET", "Value": shake.organization.feature_set},
    ]
    told = [each for each in about if each["Value"]]
    yield {"Type": "ORGANIZATION", "Value": handshake.organization_id, "Resources": told}
    if handshake.recipient_id != handshake.account_id:
        yield {"Type": handshake.target_type, "Value": handshake.target}
    if handshake.parent_id is not None:
        yield {"Type": "PARENT_HANDSHAKE", "Value": handshake.parent_id}
    for transfer in shake.records.responsibility_transfers.where("handshake", handshake.id):
        yield {"Type": "RESPONSIBILITY_TRANSFER", "Value": transfer.id}
        yield {"Type": "TRANSFER_TYPE", "Value": transfer.type}
        yield {"Type": "TRANSFER_START_TIMESTAMP", "Value": transfer.start.isoformat().replace("+00:00", "Z")}
    if handshake.notes:
        yield {"Type": "NOTES", "Value": handshake.notes}


def send(call: Call, estate: Estate, action: str, recipient_id: str, lasts: timedelta, **more: Any) -> Shake:
    """Make a handshake, and tell the account that it is for. `more` are fields of the record."""
    organization = estate.organization
    fields = {"target_type": "ACCOUNT", "target": recipient_id, "state": "OPEN", **more}
    handshake = Handshake(
        account_id=organization.account_id,
        id=ids.handshake_id(),
        organization_id=organization.id,
        action=action,
        recipient_id=recipient_id,
        requested=call.now,
        expires=call.now + lasts,
        **fields,
    )
    estate.records.handshakes.add(handshake)
    if recipient_id != organization.account_id:
        received = ReceivedHandshake(recipient_id, handshake.id, organization.account_id)
        call.others(recipient_id).received_handshakes.add(received)
    return Shake(handshake, estate.records)


def conclude(call: Call, shake: Shake, state: str) -> Shake:
    """Bring an undecided handshake to its end. Raises HandshakeAlreadyInStateException and
    InvalidHandshakeTransitionException."""
    present = state_of(call, shake)
    if present == state:
        raise HandshakeAlreadyInStateException()
    if present not in _UNDECIDED:
        raise InvalidHandshakeTransitionException()
    ended = shake.records.handshakes.replace(shake.handshake, state=state, ended=call.now)
    return Shake(ended, shake.records)


def find(call: Call, handshake_id: str) -> Shake | None:
    """The handshake of that id, if the caller's account sent or got it."""
    handshake = call.records.handshakes.get(handshake_id)
    if handshake is not None:
        return Shake(handshake, call.records)
    received = call.records.received_handshakes.get(handshake_id)
    return None if received is None else _received(call, received)


def _received(call: Call, received: ReceivedHandshake) -> Shake | None:
    sender = call.realm.records(received.sender_id) if call.change is None else call.others(received.sender_id)
    handshake = None if sender is None else sender.handshakes.get(received.id)
    return None if sender is None or handshake is None else Shake(handshake, sender)


def our_handshake(call: Call, *, handshake_id: str) -> Target[Any]:
    shake = find(call, handshake_id)
    if shake is None:
        arn = organizations_arn(call.account_id, f"handshake/o-*/*/{handshake_id}")
        return missing(arn, HandshakeNotFoundException())
    return Target(shake.arn, shake)


def handshake_to_answer(call: Call, *, handshake_id: str) -> Target[Any]:
    """A handshake that the caller's account got: its sender may only cancel it."""
    target = our_handshake(call, handshake_id=handshake_id)
    if target.missing is None and target.value.handshake.recipient_id != call.account_id:
        return missing(target.arn, AccessDeniedException())
    return target


def handshake_to_cancel(call: Call, *, handshake_id: str) -> Target[Any]:
    """A handshake that the caller's account sent."""
    target = our_handshake(call, handshake_id=handshake_id)
    if target.missing is None and target.value.handshake.account_id != call.account_id:
        return missing(target.arn, AccessDeniedException())
    return target


@organizations.operation(on=our_handshake)
def describe_handshake(call: Call, shake: Shake) -> Reply:
    """Describe a handshake that the caller's account sent or got."""
    return {"Handshake": view(call, shake)}


@organizations.operation(on=handshake_to_answer)
def decline_handshake(call: Call, shake: Shake) -> Reply:
    """Answer no."""
    return {"Handshake": view(call, conclude(call, shake, "DECLINED"))}


@organizations.operation(on=handshake_to_cancel)
def cancel_handshake(call: Call, shake: Shake) -> Reply:
    """Take a proposal back, with those that belong to it."""
    cancelled = conclude(call, shake, "CANCELED")
    for child in shake.records.handshakes.where("parent", shake.handshake.id):
        if is_undecided(call, Shake(child, shake.records)):
            conclude(call, Shake(child, shake.records), "CANCELED")
    return {"Handshake": view(call, cancelled)}


def no_target(call: Call) -> Target[None]:
    return nothing()


@organizations.operation(on=no_target)
def list_handshakes_for_account(
    call: Call,
    _: None,
    *,
    filter: dict[str, str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """List what was proposed to the caller's account lately."""
    received = [_received(call, each) for each in call.records.received_handshakes]
    return _listed(call, [shake for shake in received if shake is not None], filter, next_token, max_results)


@organizations.operation(on=the_organization)
def list_handshakes_for_organization(
    call: Call,
    estate: Estate,
    *,
    filter: dict[str, str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> Reply:
    """List what the organization proposed lately."""
    sent = [Shake(handshake, estate.records) for handshake in estate.records.handshakes]
    return _listed(call, sent, filter, next_token, max_results)


def _listed(
    call: Call,
    shakes: Iterable[Shake],
    wanted: dict[str, str] | None,
    next_token: str | None,
    max_results: int | None,
) -> Reply:
    given = wanted or {}
    if len(given) > 1:
        raise InvalidInputException("You can specify only one filter parameter.", "MAX_LIMIT_EXCEEDED_FILTER")
    chosen = [
        shake
        for shake in shakes
        if is_told(call, shake.handshake)
        and given.get("ActionType", shake.handshake.action) == shake.handshake.action
        and given.get("ParentHandshakeId", shake.handshake.parent_id) == shake.handshake.parent_id
    ]
    return page(
        "Handshakes", chosen, lambda each: each.handshake.id, lambda each: view(call, each), next_token, max_results
    )
