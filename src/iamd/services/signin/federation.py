"""The federation endpoint: from temporary credentials, which a broker has got for somebody, to that person's session
at the console.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import structs

from iamd.audit import ApiEvent
from iamd.caller.caller import Caller
from iamd.caller.identities import session_caller
from iamd.caller.ids import access_key_id
from iamd.caller.session import Session
from iamd.services.carried import Carried
from iamd.services.signin.console_sessions import LONGEST, TOKEN_LIFE, begin_federated, sealed_session
from iamd.services.signin.passwords import Refused, Visit
from iamd.store.image import Records
from iamd.store.kinds.sign_in import ConsoleSession
from iamd.wire.errors import AwsError

SHORTEST = 900  # seconds
_CHAINED = 3_600
_is_seconds = re.compile(r"[0-9]{1,5}").fullmatch
_KINDS = ("role", "federated-user")
_NO_CREDENTIALS = "The credentials in Session are not valid, or have expired."
_FINISHED = "This sign-in is finished already, and each is good once. To act as another role, begin again."
_SPENT = "This sign-in link was used already, or has expired. Get another one where you got it."


class Finished(Refused):
    """Somebody has signed in that way before, in the same sign-in."""


class _Credentials(msgspec.Struct, rename="camel"):
    """The parameter `Session`."""

    session_id: str
    session_key: str
    session_token: str


class _Token(Carried, frozen=True, array_like=True):
    """What a sign-in token stands for: a session at the console, not yet begun, whose id makes it work once."""

    context = b"console sign-in token"

    id: str
    session: Session
    expires: int  # seconds of the epoch


async def sign_in_token(visit: Visit, credentials: str, duration: str | None) -> str:
    """A sign-in token for temporary credentials as JSON, good once, for a quarter of an hour. The session at the console
    will last for `duration` seconds, or as long as the credentials. Recorded as GetSigninToken. Raises Refused."""
    session = _opened(visit, credentials)
    records = await _records(visit, session)
    if records is None:
        raise Refused(_NO_CREDENTIALS)
    try:
        caller = session_caller(session, records)
    except AwsError:
        raise Refused(_NO_CREDENTIALS) from None
    expires = session.expires if duration is None else visit.now + _lasting(session, records, duration)
    at_console = structs.replace(
        session,
        access_key_id=access_key_id(session.account_id, "ASIA"),
        secret_access_key="",
        expires=min(expires, visit.now + LONGEST),
        console=True,
    )
    told = {"credentials": {"accessKeyId": at_console.access_key_id}, "GetSigninToken": "Success"}
    visit.realm.store.append_event(_event(visit, "GetSigninToken", caller, told, {}))
    ends = int((visit.now + TOKEN_LIFE).timestamp())
    return _Token(secrets.token_hex(16), at_console, ends).sealed(visit.realm.sealer)


def _opened(visit: Visit, credentials: str) -> Session:
    try:
        given = msgspec.json.decode(credentials, type=_Credentials)
        session = visit.realm.tokens.open(given.session_token)
    except (msgspec.MsgspecError, UnicodeError):
        raise Refused("Session must be a JSON object with sessionId, sessionKey and sessionToken.") from None
    except AwsError:
        raise Refused(_NO_CREDENTIALS) from None
    same_key = hmac.compare_digest(given.session_key.encode(), session.secret_access_key.encode())
    if not same_key or given.session_id != session.access_key_id or session.expires <= visit.now:
        raise Refused(_NO_CREDENTIALS)
    if session.kind not in _KINDS:
        raise Refused("The credentials must be of AssumeRole, one of its like, or GetFederationToken.")
    return session


def _lasting(session: Session, records: Records, duration: str) -> timedelta:
    """The parameter `SessionDuration`, which only roles have: up to the role's maximum, an hour when temporary
    credentials had asked for the session."""
    if session.kind != "role":
        raise Refused("SessionDuration is not for credentials of GetFederationToken: their own duration holds.")
    role = records.roles.get(session.principal_id)
    longest = _CHAINED if session.chained else SHORTEST if role is None else role.max_session
    if not (_is_seconds(duration) and SHORTEST <= int(duration) <= longest):
        raise Refused(f"SessionDuration must be a number of seconds from {SHORTEST} to {longest}.")
    return timedelta(seconds=int(duration))


async def _records(visit: Visit, session: Session) -> Records | None:
    store = visit.realm.store
    return await store.load(session.account_id) if store.has_account(session.account_id) else None


async def bearer(visit: Visit, text: str) -> Caller:
    """Who would sign in with that token, which is not used up by asking. Raises Refused."""
    return (await _held(visit, text))[1]


async def sign_in_with_token(
    visit: Visit, text: str, leads_to: str, instead_of: ConsoleSession | None
) -> ConsoleSession:
    """The session at the console that a token stands for. Recorded as ConsoleLogin. Raises Refused."""
    token, caller = await _held(visit, text)
    additional = {"LoginTo": leads_to}
    kept = await _begun(visit, token.session, token.id, caller, additional, instead_of)
    if kept is None:
        raise Refused(_SPENT)
    return kept


async def sign_in_as_role(
    visit: Visit,
    reply: Mapping[str, Any],
    told: Mapping[str, str],
    id: str | None = None,
    instead_of: ConsoleSession | None = None,
) -> ConsoleSession:
    """A session at the console of who was given a role's credentials by AssumeRoleWithSAML or AssumeRoleWithWebIdentity.
    Recorded as ConsoleLogin, with what is `told` of it. There is one session of an `id` only. Raises Finished."""
    given = visit.realm.tokens.open(reply["Credentials"]["SessionToken"])
    session = structs.replace(given, secret_access_key="", console=True)
    caller = session_caller(session, await visit.realm.store.load(session.account_id))
    kept = await _begun(visit, session, id or secrets.token_hex(16), caller, told, instead_of)
    if kept is None:
        raise Finished(_FINISHED)
    return kept


async def _held(visit: Visit, text: str) -> tuple[_Token, Caller]:
    token = _Token.opened(visit.realm.sealer, text)
    if token is None or visit.now.timestamp() > token.expires or token.session.expires <= visit.now:
        raise Refused(_SPENT)
    records = await _records(visit, token.session)
    if records is None or records.console_sessions.get(token.id) is not None:
        raise Refused(_SPENT)
    try:
        return token, session_caller(token.session, records)
    except AwsError:
        raise Refused(_SPENT) from None


async def _begun(
    visit: Visit,
    session: Session,
    id: str,
    caller: Caller,
    additional: Mapping[str, str],
    instead_of: ConsoleSession | None,
) -> ConsoleSession | None:
    """The session, begun and recorded; None when there was one of that id."""
    kept = ConsoleSession(
        account_id=session.account_id,
        id=id,
        owner_id=caller.user_id,
        credential="",
        access_key_id=session.access_key_id,
        started=visit.now,
        expires=session.expires,
        mfa_time=None if session.mfa_time is None else datetime.fromtimestamp(session.mfa_time, UTC),
        agent=visit.agent,
        address=visit.client_ip,
        sealed=sealed_session(visit.realm.sealer, session),
    )
    event = _event(visit, "ConsoleLogin", caller, {"ConsoleLogin": "Success"}, additional)
    return kept if await begin_federated(visit, kept, event, instead_of) else None


def _event(
    visit: Visit, name: str, caller: Caller, response: Mapping[str, Any], additional: Mapping[str, str]
) -> ApiEvent:
    return visit.event(
        caller.account_id,
        name,
        caller,
        additional={**additional, "MobileVersion": "No", "MFAUsed": "No"},
        type="AwsConsoleSignIn",
        response=response,
    )
