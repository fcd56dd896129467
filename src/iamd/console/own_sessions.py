"""`/console/me/sessions`: where the person is signed in, in browsers and by programs (`aws login`), and the ends of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from iamd.console.calls import as_json
from iamd.console.visitors import Visitor, no_cookie
from iamd.services.signin import console_sessions
from iamd.services.signin.api import SAME_DEVICE
from iamd.services.signin.console_sessions import AnySession
from iamd.services.signin.passwords import Visit
from iamd.store.kinds.sign_in import ConsoleSession
from iamd.wire.errors import InvalidInput, ResourceNotFoundException
from iamd.wire.http import Answer, HttpRequest


class _Ended(msgspec.Struct):
    """Which session is to end."""

    id: str


def going_on(visit: Visit, visitor: Visitor) -> Sequence[AnySession]:
    """The person's sessions, newest first."""
    owner_id = visitor.session.owner_id
    present: list[AnySession] = [
        *console_sessions.going_on(visitor.records, owner_id, visit.now),
        *console_sessions.programs(visitor.records, owner_id, visit.now),
    ]
    return sorted(present, key=lambda session: session.started, reverse=True)


def listed(visit: Visit, visitor: Visitor) -> Answer:
    """What the page of sessions shows of each."""
    return as_json(200, {"sessions": [_listed(each, visitor) for each in going_on(visit, visitor)]})


def _listed(session: AnySession, visitor: Visitor) -> dict[str, Any]:
    told = {
        "id": _name(session),
        "started": int(session.started.timestamp()),
        "expires": int(session.expires.timestamp()),
        "mfa": session.mfa_time is not None,
        "current": session.id == visitor.session.id,
    }
    if isinstance(session, ConsoleSession):
        return told | {"kind": "browser", "agent": session.agent, "address": session.address}
    told["renewed"] = int(session.rotated.timestamp())
    return told | {"kind": "program" if session.client_id == SAME_DEVICE else "remote-program"}


def _name(session: AnySession) -> str:
    """What the session is called: its own id would be as good as the cookie's secret."""
    return session.access_key_id if isinstance(session, ConsoleSession) else session.id


async def end_one(visit: Visit, request: HttpRequest, visitor: Visitor) -> Answer:
    """End the session that the body names. Raises AwsError."""
    try:
        named = msgspec.json.decode(request.body, type=_Ended).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput("Say which session, by its `id`.") from None
    found = [each for each in going_on(visit, visitor) if _name(each) == named]
    if not found:
        raise ResourceNotFoundException("This session has ended already.")
    return await end(visit, request, visitor, found)


async def end(visit: Visit, request: HttpRequest, visitor: Visitor, sessions: Sequence[AnySession]) -> Answer:
    """End those sessions; the browser forgets its own one."""
    await console_sessions.end(visit, visitor.own, sessions)
    answered = as_json(200, {})
    if visitor.session in sessions:
        answered.headers.append((b"set-cookie", no_cookie(request)))
    return answered
