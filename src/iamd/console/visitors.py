"""Who is signed in: the cookie of a session, and whether it still holds.

The cookie is sealed and names the session's record, which is the same on every node and goes when the session is
ended. It also tells when the browser was last seen, so that idling ends a session without a write for each request.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from iamd.caller.caller import Caller
from iamd.console.browser import cookie_of, new_cookie
from iamd.services.signin.console_sessions import acting
from iamd.services.signin.grants import opened, sealed
from iamd.services.signin.passwords import Visit
from iamd.store.image import Records
from iamd.store.kinds.sign_in import ConsoleSession
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest

IDLE = timedelta(hours=1)
"""After so long without a request, a person has to sign in again."""
_RENEWED = timedelta(minutes=1)
_COOKIE = "iamd-console"
_PASS = b"console session"


class _Pass(msgspec.Struct, frozen=True, array_like=True):
    """What the cookie holds. `agent` is a digest of the browser's name, which another machine seldom has."""

    account_id: str
    session_id: str
    agent: str
    seen: int  # seconds of the epoch


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in. `renewal` is the header's value of a newer cookie, when the browser's has aged."""

    session: ConsoleSession
    caller: Caller
    records: Records
    renewal: bytes | None

    @property
    def csrf(self) -> str:
        """The token that calls of the console carry: it follows from the session, whose id nobody is told."""
        return hashlib.sha256(f"console {self.session.id}".encode()).hexdigest()


async def visitor_of(visit: Visit, request: HttpRequest) -> Visitor | None:
    """Who is signed in, in this browser; None: nobody, or no more."""
    realm, text = visit.realm, cookie_of(request, _COOKIE)
    known = None if text is None else opened(realm.sealer, text, _PASS, _Pass)
    if known is None or known.agent != _digest(visit.agent) or not realm.store.has_account(known.account_id):
        return None
    idle = timedelta(seconds=visit.now.timestamp() - known.seen)
    if idle > IDLE:
        return None
    if realm.store.may_be_stale(request.arrived):
        await realm.store.refresh(request.arrived)
    records = realm.store.records(known.account_id) or await realm.store.load(known.account_id)
    session: ConsoleSession | None = records.console_sessions.get(known.session_id)
    if session is None or session.expires <= visit.now:
        return None
    try:
        caller = acting(session, records, visit.now)
    except AwsError:
        return None
    return Visitor(session, caller, records, cookie(visit, request, session) if idle > _RENEWED else None)


def cookie(visit: Visit, request: HttpRequest, session: ConsoleSession) -> bytes:
    """The header's value that signs a browser in."""
    value = _Pass(session.account_id, session.id, _digest(visit.agent), int(visit.now.timestamp()))
    return new_cookie(request, _COOKIE, sealed(visit.realm.sealer, value, _PASS))


def no_cookie(request: HttpRequest) -> bytes:
    """The header's value that signs a browser out."""
    return new_cookie(request, _COOKIE, "")


def _digest(agent: str) -> str:
    return hashlib.sha256(agent.encode(errors="replace")).hexdigest()[:32]
