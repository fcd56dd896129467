"""Sessions of people at the access portal, in browsers and of programs: kept as records, so that every node knows of
their end.

They last for eight hours, unless the server is set otherwise, as on AWS: https://docs.aws.amazon.com/singlesignon/latest/userguide/user-interactive-sessions.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from iamd.caller.saml.assertion import LIFETIME, SKEW
from iamd.services.access_portal.people import BY_APPLICATION, moment
from iamd.services.call import Realm
from iamd.services.signin.people import Person
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalSession

CODE_LIFE = timedelta(minutes=5)
"""For so long an authorization code can be sent."""
_KEPT = max(CODE_LIFE, LIFETIME + SKEW)  # when it has ended, to refuse the code, or SAML response, that it came of
MOST = 50  # of one person at a time, and as many of each application for the person; the oldest ends for one more
_LONGEST_AGENT = 256


class Asking(Protocol):
    """Whatever asks for a session: of which server, when, and from where."""

    @property
    def realm(self) -> Realm: ...

    @property
    def now(self) -> datetime: ...

    @property
    def agent(self) -> str: ...

    @property
    def client_ip(self) -> str: ...


def new_session(
    asking: Asking,
    person: Person,
    id: str,
    client: tuple[str, str] = ("", ""),
    scopes: tuple[str, ...] = (),
) -> PortalSession:
    """A session of someone who has signed in; `client` is the program's name and key. A program's ends when the sign-in
    that it comes from would."""
    started = moment(person.signed_in) or asking.now
    name, key = client
    return PortalSession(
        person.account_id,
        id,
        person.owner_id,
        person.credential,
        started,
        started + asking.realm.portal_session,
        moment(person.mfa_time),
        asking.agent[:_LONGEST_AGENT],
        asking.client_ip,
        name,
        key,
        scopes,
        rotated=asking.now,
    )


def begin(records: Records, session: PortalSession, now: datetime) -> None:
    """Add a session; forget those that are over. An application begins them without the person, so that those which it
    has do not count among the person's own."""
    sessions = records.portal_sessions
    present: list[PortalSession] = list(sessions.where("user", session.user_id))
    alive = [each for each in present if each.expires > now and _application(each) == _application(session)]
    for each in present:
        if each.expires + _KEPT < now:
            sessions.remove(each)
    for each in alive[: max(0, len(alive) - MOST + 1)]:
        end(records, each, now)
    sessions.add(session)


def _application(session: PortalSession) -> str | None:
    return session.client_key if session.credential == BY_APPLICATION else None


def end(records: Records, session: PortalSession, now: datetime) -> None:
    """End a session; what is left of it is kept while what it came of could be sent again."""
    if session.expires > now:
        records.portal_sessions.replace(session, expires=now)


def going_on(records: Records, session_id: str, now: datetime) -> PortalSession | None:
    """The session of that id, unless it is over."""
    session: PortalSession | None = records.portal_sessions.get(session_id)
    return session if session is not None and session.expires > now else None


def of_person(records: Records, user_id: str, now: datetime) -> Sequence[PortalSession]:
    """The sessions of a person that are not over, oldest first."""
    return [each for each in records.portal_sessions.where("user", user_id) if each.expires > now]


def key_of(client_id: str) -> str:
    """A digest of a client's id, by which its tokens are its own."""
    return hashlib.sha256(client_id.encode()).hexdigest()[:32]
