"""Who is signed in at the access portal: the cookie of a session, and whether it still holds."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from iamd.audit import ApiEvent
from iamd.caller.authenticate import records_for
from iamd.console.browser import cookie_of, digest_of_agent, new_cookie
from iamd.services.access_portal import people, sessions
from iamd.services.carried import Carried
from iamd.services.signin.passwords import Refused, Visit
from iamd.services.signin.people import Person
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalSession
from iamd.store.kinds.identity_center import IdentityCenter
from iamd.store.kinds.identity_store import StoreUser
from iamd.wire.http import HttpRequest

_COOKIE = "iamd-portal"


class _Pass(Carried, frozen=True, array_like=True):
    """What the cookie holds. `agent` is a digest of the browser's name, which another machine seldom has."""

    context = b"portal session"

    account_id: str
    session_id: str
    agent: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in; `records` are those of the account that owns the instance."""

    session: PortalSession
    user: StoreUser
    center: IdentityCenter
    records: Records

    @property
    def person(self) -> Person:
        return people.person_of(self.session)


async def visitor_of(visit: Visit, request: HttpRequest) -> Visitor | None:
    """Who is signed in, in this browser; None: nobody, or no more. Raises Throttling as `records_for` does."""
    realm, text = visit.realm, cookie_of(request, _COOKIE)
    known = None if text is None else _Pass.opened(realm.sealer, text)
    if known is None or known.agent != digest_of_agent(visit) or not realm.store.has_account(known.account_id):
        return None
    records = await records_for(known.account_id, request.client_ip, realm.store, realm.strangers)
    session = sessions.going_on(records, known.session_id, visit.now)
    user = None if session is None else people.present(records, people.person_of(session))
    center = records.identity_centers.get(known.account_id)
    if session is None or session.client or user is None or center is None:
        return None
    return Visitor(session, user, center, records)


async def begin(
    visit: Visit,
    request: HttpRequest,
    person: Person,
    instead_of: Visitor | None,
    id: str | None = None,
    event: Callable[[Records], ApiEvent] | None = None,
) -> bytes:
    """Begin a session of someone who has signed in, in the place of the one before, and record it by an event of its own,
    if there is one: the header's value that keeps it. Raises Refused where there was one of that id."""
    session = sessions.new_session(visit, person, id or secrets.token_hex(16))

    def work(change: Change) -> None:
        records = change.records(person.account_id)
        if records.portal_sessions.get(session.id) is not None:
            raise Refused("The response of your identity provider was used already. Sign in again.")
        sessions.begin(records, session, visit.now)
        if event is not None:
            change.event(event(records))

    await visit.realm.store.write(work)
    if instead_of is not None:
        await end(visit, instead_of, instead_of.session.id)
    value = _Pass(person.account_id, session.id, digest_of_agent(visit))
    return new_cookie(request, _COOKIE, value.sealed(visit.realm.sealer))


async def end(visit: Visit, visitor: Visitor, session_id: str) -> None:
    """End one of the visitor's own sessions; that of a program, too."""

    def work(change: Change) -> None:
        records = change.records(visitor.center.account_id)
        session = sessions.going_on(records, session_id, visit.now)
        if session is not None and session.user_id == visitor.user.id:
            sessions.end(records, session, visit.now)
            who = people.identity(visitor.center, visitor.user.id, session.id)
            change.event(
                visit.event(visitor.center.account_id, "Logout", who, disclosed={"clientName": session.client})
            )

    await visit.realm.store.write(work)


def no_cookie(request: HttpRequest) -> bytes:
    """The header's value that signs a browser out."""
    return new_cookie(request, _COOKIE, "")
