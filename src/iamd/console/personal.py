"""`/console/me/`: what the console asks about the person who is signed in, and the ends of that person's sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict as as_dict

from iamd.caller.caller import Caller, CallerKind
from iamd.console import enrolment, own_password, switch_role
from iamd.console.calls import Perform, as_json
from iamd.console.visitors import Visitor, no_cookie
from iamd.services.signin import console_sessions
from iamd.services.signin.passwords import Visit
from iamd.store.kinds.sign_in import ConsoleSession
from iamd.wire.errors import InvalidInput, ResourceNotFoundException
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"/console/me/"


class _Ended(msgspec.Struct):
    """Which session is to end, by its access key id."""

    id: str


async def answer(visit: Visit, request: HttpRequest, visitor: Visitor, perform: Perform) -> Answer:
    """Answer a request below `/console/me/`; raises AwsError."""
    asked = request.method.replace("HEAD", "GET"), request.path.removeprefix(PREFIX)
    present = console_sessions.going_on(visitor.records, visitor.session.owner_id, visit.now)
    match asked:
        case "GET", b"session":
            return as_json(200, _session(visit, request, visitor))
        case "GET", b"sessions":
            return as_json(200, {"sessions": [_listed(each, visitor) for each in reversed(present)]})
        case "POST", b"sessions/end":
            named = [each for each in present if each.access_key_id == _named(request)]
            if not named:
                raise ResourceNotFoundException("This session has ended already.")
            return await _end(visit, request, visitor, named)
        case "POST", b"sign-out":
            return await _end(visit, request, visitor, [visitor.session])
        case "POST", b"sign-out-everywhere":
            return await _end(visit, request, visitor, present)
        case "POST", b"switch-role":
            return _kept(await switch_role.switch(visit, request, visitor, perform))
        case "POST", b"switch-back":
            return _kept(switch_role.switch_back(visit, request, visitor))
        case "GET", b"password":
            return as_json(200, own_password.told(visitor))
        case "POST", b"password":
            await own_password.change(visit, request, visitor, perform)
            return as_json(200, {})
        case "POST", b"passkeys/offer":
            return await enrolment.offer(visitor.caller, request, perform)
        case "POST", b"passkeys":
            return await enrolment.enrol(visitor.caller, request, perform)
    raise ResourceNotFoundException("There is no such page.")


def _kept(headers: list[tuple[bytes, bytes]]) -> Answer:
    answered = as_json(200, {})
    answered.headers.extend(headers)
    return answered


def _session(visit: Visit, request: HttpRequest, visitor: Visitor) -> dict[str, Any]:
    caller, account, acting = visitor.caller, visitor.records.account, visitor.acting
    return {
        "accountId": account.account_id,
        "accountAlias": account.alias,
        "arn": caller.arn,
        "userName": _name(visitor.own),
        "isRoot": visitor.own.kind is CallerKind.ROOT,
        "actingAs": None if acting is None else as_dict(acting.switch),
        "roles": [as_dict(each) for each in switch_role.roles_of(visit, request, visitor.own)],
        "isRole": caller.kind not in (CallerKind.ROOT, CallerKind.USER),
        "mfa": visitor.session.mfa_time is not None,
        "expires": int((visitor.session if acting is None else acting.session).expires.timestamp()),
        "passwordExpires": own_password.expires(visitor),
        "csrf": visitor.csrf,
    }


def _name(own: Caller) -> str:
    """Who has signed in; of who came from elsewhere, role and session, or user and session."""
    session = own.session
    return own.name if session is None or not session.session_name else f"{own.name}/{session.session_name}"


def _listed(session: ConsoleSession, visitor: Visitor) -> dict[str, Any]:
    return {
        "id": session.access_key_id,
        "started": int(session.started.timestamp()),
        "expires": int(session.expires.timestamp()),
        "agent": session.agent,
        "address": session.address,
        "mfa": session.mfa_time is not None,
        "current": session.id == visitor.session.id,
    }


def _named(request: HttpRequest) -> str:
    try:
        return msgspec.json.decode(request.body, type=_Ended).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput("Say which session, by its `id`.") from None


async def _end(visit: Visit, request: HttpRequest, visitor: Visitor, sessions: Sequence[ConsoleSession]) -> Answer:
    await console_sessions.end(visit, visitor.own, sessions)
    answered = as_json(200, {})
    if visitor.session in sessions:
        answered.headers.append((b"set-cookie", no_cookie(request)))
    return answered
