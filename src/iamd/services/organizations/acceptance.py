"""What the acceptance of a handshake brings about, by its action."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iamd.guard.ask import Ask
from iamd.services.call import Call, Reply
from iamd.services.organizations import all_features, handshakes, invitations, responsibility_transfers
from iamd.services.organizations.api import organizations
from iamd.services.organizations.handshakes import APPROVE, ENABLE, INVITE, TRANSFER, Shake, handshake_to_answer
from iamd.services.organizations.organization import linking
from iamd.wire.organizations_errors import InvalidHandshakeTransitionException


def _approve(call: Call, shake: Shake) -> None:
    """Nothing but the approval itself, which the handshake's state keeps."""


_EFFECTS: dict[str, Callable[[Call, Shake], None]] = {
    INVITE: invitations.join,
    APPROVE: _approve,
    ENABLE: all_features.finish,
    TRANSFER: responsibility_transfers.begin,
}


def leaving_and_linking(call: Call, shake: Shake) -> Iterator[Ask]:
    """Who joins an organization must be allowed to leave the one that the account is in, and to make the role of its
    service, unless there is one."""
    if shake.handshake.action == INVITE:
        if call.records.account.organization is not None:
            yield Ask("organizations:LeaveOrganization", "*", call.account_id)
        yield from linking(call, None)


@organizations.operation(on=handshake_to_answer, also=leaving_and_linking)
def accept_handshake(call: Call, shake: Shake) -> Reply:
    """Answer yes. What enables all features can be accepted when all have approved."""
    if handshakes.state_of(call, shake) == "REQUESTED":
        raise InvalidHandshakeTransitionException()
    accepted = handshakes.conclude(call, shake, "ACCEPTED")
    _EFFECTS[shake.handshake.action](call, accepted)
    return {"Handshake": handshakes.view(call, accepted)}
