"""Sessions of people at the access portal, in browsers and of programs: kept as records, so that every node knows of
their end.

They last for eight hours, AWS's default: https://docs.aws.amazon.com/singlesignon/latest/userguide/user-interactive-sessions.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from iamd.services.access_portal.people import moment
from iamd.services.signin.people import Person
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalSession

LONGEST = timedelta(hours=8)
CODE_LIFE = timedelta(minutes=5)
"""For so long an authorization code can be sent, and a session that has ended is kept to refuse it."""
MOST = 50  # of one person at a time; the oldest ends for one more
_LONGEST_AGENT = 256


def new_session(
    person: Person,
    id: str,
    now: datetime,
    where: tuple[str, str],
    client: tuple[str, str] = ("", ""),
    scopes: tuple[str, ...] = (),
) -> PortalSession:
    """A session of someone who has signed in; `where` is the user agent and its address, `client` the program's name and
    key. A program's ends when the sign-in that it comes from would."""
    started = moment(person.signed_in) or now
    agent, address = where
    name, key = client
    return PortalSession(
        person.account_id,
        id,
        person.owner_id,
        person.credential,
        started,
        started + LONGEST,
        moment(person.mfa_time),
        agent[:_LONGEST_AGENT],
        address,
        name,
        key,
        scopes,
        rotated=now,
    )


def begin(records: Records, session: PortalSession, now: datetime) -> None:
    """Add a session; forget those that are over."""
    sessions = records.portal_sessions
    present: list[PortalSession] = list(sessions.where("user", session.user_id))
    alive = [each for each in present if each.expires > now]
    for each in present:
        if each.expires + CODE_LIFE < now:
            sessions.remove(each)
    for each in alive[: max(0, len(alive) - MOST + 1)]:
        end(records, each, now)
    sessions.add(session)


def end(records: Records, session: PortalSession, now: datetime) -> None:
    """End a session; what is left of it is kept while its code could be sent again."""
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
