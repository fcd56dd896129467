"""Sessions of people at the console: begun when they sign in, kept as records, so that every node knows of their end.
Those of programs that act as them end here, too.

AWS lets them last for twelve hours: https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in-page.html
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from iamd.audit import ApiEvent
from iamd.caller.caller import Caller
from iamd.caller.identities import session_caller
from iamd.caller.ids import access_key_id
from iamd.caller.session import Session
from iamd.services.carried import opened, sealed
from iamd.services.signin.api import session_arn
from iamd.services.signin.passwords import Visit
from iamd.services.signin.people import Person, credential, name_of, password_of, require_unchanged
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.sign_in import ConsoleSession, SignInSession
from iamd.store.sealing import Sealer
from iamd.wire.errors import AccessDenied

AnySession = ConsoleSession | SignInSession
LONGEST = timedelta(hours=12)
MOST = 50  # of one person at a time; the oldest ends for one more
TOKEN_LIFE = timedelta(minutes=15)  # of sign-in tokens: see `federation`
_LONGEST_AGENT = 256
_FEDERATED = b"console federated session"


async def begin(visit: Visit, person: Person, instead_of: ConsoleSession | None = None) -> ConsoleSession:
    """A new session of someone who has just signed in; the one that the browser had before ends."""
    session = _session(visit, person)
    await visit.realm.store.write(lambda change: _begun(change, session))
    await _superseded(visit, instead_of)
    return session


async def begin_federated(
    visit: Visit, session: ConsoleSession, event: ApiEvent, instead_of: ConsoleSession | None
) -> bool:
    """Begin the session of someone who comes from elsewhere, and record it; False when there was one of that id."""

    def work(change: Change) -> bool:
        if change.records(session.account_id).console_sessions.get(session.id) is not None:
            return False
        _begun(change, replace(session, agent=session.agent[:_LONGEST_AGENT]))
        change.event(event)
        return True

    if not await visit.realm.store.write(work):
        return False
    await _superseded(visit, instead_of)
    return True


async def _superseded(visit: Visit, before: ConsoleSession | None) -> None:
    if before is not None:
        await visit.realm.store.write(lambda change: _ended(change, before.account_id, {before.id}, visit.now))


def _session(visit: Visit, person: Person) -> ConsoleSession:
    return ConsoleSession(
        person.account_id,
        secrets.token_hex(16),
        person.owner_id,
        person.credential,
        access_key_id(person.account_id, "ASIA"),
        visit.now,
        visit.now + LONGEST,
        None if person.mfa_time is None else datetime.fromtimestamp(person.mfa_time, UTC),
        visit.agent[:_LONGEST_AGENT],
        visit.client_ip,
    )


def _begun(change: Change, session: ConsoleSession) -> None:
    sessions = change.records(session.account_id).console_sessions
    present = list(sessions.where("owner", session.owner_id))
    going_on = [each for each in present if each.expires > session.started]
    for each in going_on[: max(0, len(going_on) - MOST + 1)]:
        _end(sessions, each, session.started)
    for each in present:
        if each.expires <= session.started and not _is_kept(each, session.started):
            sessions.remove(each)
    sessions.add(session)


def _end(sessions: Any, session: ConsoleSession, now: datetime) -> None:
    """End a session. What stays of one that began with a sign-in token tells that the token was used."""
    if _is_kept(session, now):
        sessions.replace(session, expires=now)
    else:
        sessions.remove(session)


def _is_kept(session: ConsoleSession, now: datetime) -> bool:
    return session.sealed is not None and now <= session.started + TOKEN_LIFE


async def go_on(visit: Visit, session: ConsoleSession) -> None:
    """Let a session go on under the password that its person has just set in it; the others end."""

    def work(change: Change) -> None:
        records = change.records(session.account_id)
        present, stored = records.console_sessions.get(session.id), password_of(records, session.owner_id)
        if present is not None and stored is not None:
            records.console_sessions.replace(present, credential=credential(stored))

    await visit.realm.store.write(work)


def going_on(records: Records, owner_id: str, now: datetime) -> Sequence[ConsoleSession]:
    """The sessions of a person, oldest first."""
    return [each for each in records.console_sessions.where("owner", owner_id) if each.expires > now]


def programs(records: Records, owner_id: str, now: datetime) -> Sequence[SignInSession]:
    """The sessions of programs that act as a person (`aws login`), oldest first."""
    return [each for each in records.sign_in_sessions.where("owner", owner_id) if each.expires > now]


async def end(visit: Visit, caller: Caller, sessions: Collection[AnySession]) -> None:
    """End sessions of the person who calls: what a program has got is refused from now on. Recorded in the trail as
    `EndConsoleSession` and `EndSignInSession`, which AWS has not."""
    ids = {each.id for each in sessions}

    def work(change: Change) -> None:
        for ended in _ended(change, caller.account_id, ids, visit.now):
            change.event(_event(visit, caller, "EndConsoleSession", {"accessKeyId": ended.access_key_id}))
        of_programs = change.records(caller.account_id).sign_in_sessions
        for program in [each for each in map(of_programs.get, ids) if each is not None]:
            of_programs.remove(program)
            arn = session_arn(program.account_id, program.id)
            change.event(_event(visit, caller, "EndSignInSession", {"signInSessionArn": arn}))

    await visit.realm.store.write(work)


def _ended(change: Change, account_id: str, ids: Collection[str], now: datetime) -> Sequence[ConsoleSession]:
    sessions = change.records(account_id).console_sessions
    found = [each for each in map(sessions.get, ids) if each is not None and each.expires > now]
    for each in found:
        _end(sessions, each, now)
    return found


def acting(sealer: Sealer, session: ConsoleSession, records: Records, now: datetime) -> Caller:
    """Who acts in a session; raises AwsError when the person's password has changed or is no longer good, or the role of
    who came from elsewhere is gone."""
    if session.sealed is not None:
        federated = opened(sealer, session.sealed, _FEDERATED, Session)
        if federated is None:
            raise AccessDenied("The session cannot be opened any more.")
        return session_caller(federated, records)
    require_unchanged(person_of(session), records, now)
    return session_caller(_credentials(session, name_of(records, session.owner_id)), records)


def sealed_session(sealer: Sealer, session: Session) -> str:
    """The session of a role or federated user, as a console session keeps it."""
    return sealed(sealer, session, _FEDERATED)


def person_of(session: ConsoleSession) -> Person:
    """Who has signed in, as other parts of the sign-in know people."""
    mfa_time = None if session.mfa_time is None else int(session.mfa_time.timestamp())
    return Person(session.account_id, session.owner_id, session.credential, int(session.started.timestamp()), mfa_time)


async def about_to_change(visit: Visit, person: Person) -> Caller:
    """Someone who has given the right password and has to change it, which is all that may be done as this caller.

    Raises AwsError when the password is another one by now.
    """
    records = await visit.realm.store.load(person.account_id)
    stored = password_of(records, person.owner_id)
    if stored is None or credential(stored) != person.credential:
        raise AccessDenied("The password has been changed meanwhile.")
    return session_caller(_credentials(_session(visit, person), name_of(records, person.owner_id)), records)


@lru_cache(maxsize=4096)
def _credentials(session: ConsoleSession, name: str) -> Session:
    """The session as what callers have; nothing is signed with it, so there is no secret."""
    return Session(
        kind="console",
        account_id=session.account_id,
        access_key_id=session.access_key_id,
        secret_access_key="",
        principal_id=session.owner_id,
        principal_name=name,
        session_name="",
        issued=session.started,
        expires=session.expires,
        mfa_time=None if session.mfa_time is None else int(session.mfa_time.timestamp()),
        console=True,
    )


def _event(visit: Visit, caller: Caller, name: str, disclosed: Mapping[str, str]) -> ApiEvent:
    return visit.event(
        caller.account_id,
        name,
        caller,
        disclosed=disclosed,
        type="AwsConsoleAction",
        from_console=True,
    )
