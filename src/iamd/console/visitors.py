"""Who is signed in: the cookie of a session, and whether it still holds.

The cookie is sealed and names the session's record, which is the same on every node and goes when the session is
ended. It also tells when the browser was last seen, so that idling ends a session without a write for each request;
and the role, if any, that the person has switched to there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from iamd.caller.authenticate import records_for
from iamd.caller.caller import Caller
from iamd.caller.session import Session
from iamd.console.browser import cookie_of, digest_of_agent, new_cookie
from iamd.services.carried import Carried
from iamd.services.signin import switching
from iamd.services.signin.console_sessions import acting
from iamd.services.signin.passwords import Visit
from iamd.services.signin.switching import Switch
from iamd.store.image import Records
from iamd.store.kinds.sign_in import ConsoleSession
from iamd.wire.errors import AwsError
from iamd.wire.http import HttpRequest

IDLE = timedelta(hours=1)
"""After so long without a request, a person has to sign in again."""
_RENEWED = timedelta(minutes=1)
_COOKIE = "iamd-console"


class Acting(msgspec.Struct, frozen=True, array_like=True):
    """The role that somebody acts as, and what the person calls it."""

    session: Session
    switch: Switch


class _Pass(Carried, frozen=True, array_like=True):
    """What the cookie holds. `agent` is a digest of the browser's name, which another machine seldom has."""

    context = b"console session"

    account_id: str
    session_id: str
    agent: str
    seen: int  # seconds of the epoch
    acting: Acting | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in: `own` is that person, `caller` who acts, who is the same or the role of `acting`.
    `records` are those of the person's account. `renewal` is the header's value of a newer cookie, when the browser's
    has aged."""

    session: ConsoleSession
    own: Caller
    caller: Caller
    acting: Acting | None
    records: Records
    renewal: bytes | None

    @property
    def csrf(self) -> str:
        """The token that calls of the console carry: it follows from the session, whose id nobody is told, and from who
        acts, so that a page of another tab does nothing as somebody whom it does not show."""
        return hashlib.sha256(f"console {self.session.id} {self.caller.access_key_id}".encode()).hexdigest()


async def visitor_of(visit: Visit, request: HttpRequest) -> Visitor | None:
    """Who is signed in, in this browser; None: nobody, or no more. Raises Throttling as `records_for` does."""
    realm, text = visit.realm, cookie_of(request, _COOKIE)
    known = None if text is None else _Pass.opened(realm.sealer, text)
    if known is None or known.agent != digest_of_agent(visit) or not realm.store.has_account(known.account_id):
        return None
    idle = timedelta(seconds=visit.now.timestamp() - known.seen)
    if idle > IDLE:
        return None
    if realm.store.may_be_stale(request.arrived):
        await realm.store.refresh(request.arrived)
    records = await records_for(known.account_id, request.client_ip, realm.store, realm.strangers)
    session: ConsoleSession | None = records.console_sessions.get(known.session_id)
    if session is None or session.expires <= visit.now:
        return None
    try:
        own = acting(realm.sealer, session, records, visit.now)
    except AwsError:
        return None
    caller = None if known.acting is None else await switching.acting(visit, known.acting.session)
    role = None if caller is None else known.acting
    renewal = cookie(visit, request, session, role) if idle > _RENEWED else None
    return Visitor(session, own, caller or own, role, records, renewal)


def cookie(visit: Visit, request: HttpRequest, session: ConsoleSession, role: Acting | None = None) -> bytes:
    """The header's value that signs a browser in, to act as that role if there is one."""
    value = _Pass(session.account_id, session.id, digest_of_agent(visit), int(visit.now.timestamp()), role)
    return new_cookie(request, _COOKIE, value.sealed(visit.realm.sealer))


def no_cookie(request: HttpRequest) -> bytes:
    """The header's value that signs a browser out."""
    return new_cookie(request, _COOKIE, "")
