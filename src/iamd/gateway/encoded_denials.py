"""What EC2 tells whom it refuses: that it does, and the details in a message that those may decode who are permitted to.

As the service was seen to answer; the message is opened by
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

from datetime import datetime

from iamd.caller.caller import Caller
from iamd.guard import messages
from iamd.guard.ask import Ask
from iamd.guard.denials import Denial, new_id
from iamd.guard.enforce import posed
from iamd.guard.snapshot import Snapshot
from iamd.policy import decide
from iamd.services.call import Realm
from iamd.wire.errors import AccessDenied

_UNAUTHORIZED = "You are not authorized to perform this operation."


def as_told(
    refusal: AccessDenied, ask: Ask, *, realm: Realm, caller: Caller, snapshot: Snapshot, now: datetime
) -> AccessDenied:
    """The refusal of what was asked, as its service words it: EC2's has an encoded message, but for what only describes
    and where no policy refused."""
    if not ask.action.startswith("ec2:"):
        return refusal
    said = f"{_UNAUTHORIZED} {refusal.message}"
    request, layers = posed(snapshot, ask)
    if ask.action.startswith("ec2:Describe") or decide(request, layers).allowed:
        return AccessDenied(said)
    denial = Denial(new_id(), caller.arn, request, layers)
    message = messages.encode(realm.sealer, caller.account_id, caller.user_id, denial, now)
    return AccessDenied(f"{said}. Encoded authorization failure message: {message}")
