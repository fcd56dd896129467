"""`/console/me/`: what the console asks about the person who is signed in, the ends of that person's sessions, and
what is typed at the terminal."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict as as_dict

from iamd.caller.caller import Caller, CallerKind
from iamd.console import enrolment, own_password, own_sessions, possible, switch_role
from iamd.console.calls import Perform, as_json
from iamd.console.terminal import answers as terminal
from iamd.console.visitors import Visitor
from iamd.services.signin.passwords import Visit
from iamd.wire.errors import ResourceNotFoundException
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"/console/me/"


async def answer(visit: Visit, request: HttpRequest, visitor: Visitor, perform: Perform) -> Answer:
    """Answer a request below `/console/me/`; raises AwsError."""
    asked = request.method.replace("HEAD", "GET"), request.path.removeprefix(PREFIX)
    match asked:
        case "GET", b"session":
            return as_json(200, _session(visit, request, visitor))
        case "GET", b"may":
            return await possible.told(visit.realm, visitor.caller, request)
        case "GET", b"sessions":
            return own_sessions.listed(visit, visitor)
        case "POST", b"sessions/end":
            return await own_sessions.end_one(visit, request, visitor)
        case "POST", b"sign-out":
            return await own_sessions.end(visit, request, visitor, [visitor.session])
        case "POST", b"sign-out-everywhere":
            return await own_sessions.end(visit, request, visitor, own_sessions.going_on(visit, visitor))
        case "POST", b"switch-role":
            return _kept(await switch_role.switch(visit, request, visitor, perform))
        case "POST", b"switch-back":
            return _kept(switch_role.switch_back(visit, request, visitor))
        case "GET", b"password":
            return as_json(200, own_password.told(visitor))
        case "POST", b"password":
            await own_password.change(visit, request, visitor, perform)
            return as_json(200, {})
        case "POST", b"terminal":
            return await terminal.run(visitor.caller, request, perform)
        case "POST", b"terminal/completion":
            return terminal.complete(request)
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
    caller, acting = visitor.caller, visitor.acting
    there = visit.realm.store.records(caller.account_id)  # None: dropped from memory this very moment
    return {
        "accountId": caller.account_id,
        "accountAlias": None if there is None else there.account.alias,
        "arn": caller.arn,
        "userName": _name(visitor.own),
        "isRoot": visitor.own.kind is CallerKind.ROOT,
        "actingAs": None if acting is None else as_dict(acting.switch),
        "roles": [as_dict(each) for each in switch_role.roles_of(visit, request, visitor.own)],
        "isRole": caller.kind not in (CallerKind.ROOT, CallerKind.USER),
        "fromElsewhere": None if visitor.session.sealed is None else visitor.session.account_id,
        "mfa": visitor.session.mfa_time is not None,
        "expires": int((visitor.session if acting is None else acting.session).expires.timestamp()),
        "passwordExpires": own_password.expires(visitor),
        "csrf": visitor.csrf,
    }


def _name(own: Caller) -> str:
    """Who has signed in; of who came from elsewhere, role and session, or user and session."""
    session = own.session
    return own.name if session is None or not session.session_name else f"{own.name}/{session.session_name}"
