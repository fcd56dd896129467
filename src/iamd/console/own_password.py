"""`/console/me/password`: the rules for passwords, when one's own expires, and setting another one."""

from __future__ import annotations

from typing import Any

import msgspec

from iamd.caller.caller import CallerKind
from iamd.caller.passwords import expiry
from iamd.console.calls import Perform, question
from iamd.console.visitors import Visitor
from iamd.services.iam.password_policy import policy_of, requirements
from iamd.services.signin import console_sessions
from iamd.services.signin.passwords import Visit
from iamd.wire.errors import InvalidInput
from iamd.wire.http import HttpRequest


class _Change(msgspec.Struct):
    """The present password and the next."""

    old: str
    new: str


def told(visitor: Visitor) -> dict[str, Any]:
    """What a new password needs, and when the present one expires: seconds of the epoch, or None."""
    rules = [
        {"words": each.words, "patterns": each.patterns, "least": each.least} for each in requirements(visitor.records)
    ]
    return {"requirements": rules, "expires": expires(visitor)}


def expires(visitor: Visitor) -> int | None:
    """When the password of the user who is signed in expires; None: never, or there is none."""
    if visitor.own.kind is not CallerKind.USER:
        return None
    profile = visitor.records.login_profiles.get(visitor.own.id)
    end = None if profile is None else expiry(profile, policy_of(visitor.records))
    return None if end is None else int(end.timestamp())


async def change(visit: Visit, request: HttpRequest, visitor: Visitor, perform: Perform) -> None:
    """Set another password, as ChangePassword does. This session goes on; the person's others end. Raises AwsError."""
    try:
        wanted = msgspec.json.decode(request.body, type=_Change)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput("Send a JSON object with `old` and `new`, the two passwords.") from None
    asked = question(visitor.caller, "iam", "ChangePassword", old_password=wanted.old, new_password=wanted.new)
    outcome = await perform(request, asked)
    if outcome.error is not None:
        raise outcome.error
    await console_sessions.go_on(visit, visitor.session)
