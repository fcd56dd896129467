"""CreateToken: access to the access portal for a program, in place of a code or a refresh token.

https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html. A program that may refresh gets
access for an hour at a time, until its session ends; one of before scopes, for the whole session at once. Refresh tokens
rotate. The one before the last is taken for a minute more: programs that share a cache may refresh at once.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from iamd.services.access_portal import people, sessions
from iamd.services.access_portal.events import api_event
from iamd.services.access_portal.grants import Access, Code, DeviceCode, Refresh
from iamd.services.access_portal.sessions import CODE_LIFE
from iamd.services.call import PublicCall, Reply
from iamd.services.signin.grants import is_digest_of
from iamd.services.signin.people import Person
from iamd.services.sso_oidc.api import (
    ACCOUNT_ACCESS,
    AUTHORIZATION_CODE,
    DEVICE_CODE,
    GRANT_TYPES,
    REFRESH_TOKEN,
    sso_oidc,
)
from iamd.services.sso_oidc.clients import Client, proven
from iamd.services.sso_oidc.devices import digest
from iamd.store.change import Change
from iamd.store.image import Records
from iamd.store.kinds.access_portal import DeviceAuthorization, PortalSession
from iamd.wire.oidc_errors import (
    AccessDeniedException,
    AuthorizationPendingException,
    ExpiredTokenException,
    InvalidGrantException,
    InvalidRequestException,
    InvalidScopeException,
    UnauthorizedClientException,
    UnsupportedGrantTypeException,
)

ACCESS_LIFE = timedelta(hours=1)
_GRACE = timedelta(minutes=1)  # in which the refresh token before the last is still taken


@dataclass(frozen=True, slots=True)
class _Given:
    """What a client has sent in place of a token."""

    call: PublicCall
    client: Client
    device_code: str | None
    code: str | None
    refresh_token: str | None
    redirect_uri: str | None
    code_verifier: str | None


Redeem = Callable[[Records], PortalSession]
"""Uses up what was given, in the records: the session that it is good for. Raises AwsError."""


@sso_oidc.public
async def create_token(
    call: PublicCall,
    *,
    client_id: str,
    client_secret: str,
    grant_type: str,
    device_code: str | None = None,
    code: str | None = None,
    refresh_token: str | None = None,
    scope: list[str] | None = None,
    redirect_uri: str | None = None,
    code_verifier: str | None = None,
) -> Reply:
    """Issue an access token, and a refresh token where the client may have one."""
    client = proven(call, client_id, client_secret)
    if grant_type not in GRANT_TYPES:
        raise UnsupportedGrantTypeException()
    if grant_type not in client.grant_types:
        raise UnauthorizedClientException()
    if not set(scope or ()) <= set(client.scopes):
        raise InvalidScopeException("The scope is not one that the client has registered.")
    given = _Given(call, client, device_code, code, refresh_token, redirect_uri, code_verifier)
    account_id, redeem = _EVIDENCE[grant_type](given)
    if not call.realm.store.has_account(account_id):
        raise InvalidGrantException()

    def work(change: Change) -> PortalSession:
        records = change.records(account_id)
        session = redeem(records)
        center = records.identity_centers.get(account_id)
        if center is None or people.present(records, people.person_of(session)) is None:
            raise InvalidGrantException()
        who = people.identity(center, session.user_id, session.id)
        told = {"clientName": client.name, "grantType": grant_type}
        change.event(api_event(call, center, "CreateToken", who, told, reads=False))
        return session

    await call.realm.store.load(account_id)
    return _reply(call, client, await call.realm.store.write(work))


def _reply(call: PublicCall, client: Client, session: PortalSession) -> Reply:
    refreshes = REFRESH_TOKEN in client.grant_types and ACCOUNT_ACCESS in session.scopes
    ends = min(session.expires, call.now + ACCESS_LIFE) if refreshes else session.expires
    sealer = call.realm.sealer
    refresh = Refresh(session.account_id, session.id, session.generation)
    return {
        "accessToken": Access(session.account_id, session.id, int(ends.timestamp())).sealed(sealer),
        "tokenType": "Bearer",
        "expiresIn": int((ends - call.now).total_seconds()),
        "refreshToken": refresh.sealed(sealer) if refreshes else None,
    }


def _by_code(given: _Given) -> tuple[str, Redeem]:
    code = Code.opened(given.call.realm.sealer, _required(given.code))
    now = given.call.now
    if code is None or not hmac.compare_digest(code.client_key, given.client.key):
        raise InvalidGrantException()
    if now.timestamp() > code.issued + CODE_LIFE.total_seconds():
        raise InvalidGrantException()
    if not is_digest_of(code.redirect, given.redirect_uri) or not is_digest_of(code.challenge, given.code_verifier):
        raise InvalidGrantException()

    def redeem(records: Records) -> PortalSession:
        if records.portal_sessions.get(code.id) is not None:
            raise InvalidGrantException()
        return _begun(given, records, code.person, code.id, code.scopes)

    return code.person.account_id, redeem


def _by_device(given: _Given) -> tuple[str, Redeem]:
    device = DeviceCode.opened(given.call.realm.sealer, _required(given.device_code))
    if device is None:
        raise InvalidGrantException()
    if device.expires <= given.call.now.timestamp():
        raise ExpiredTokenException()

    def redeem(records: Records) -> PortalSession:
        found: DeviceAuthorization | None = records.device_authorizations.get(device.code)
        if found is None or found.device != digest(device.secret) or found.client_key != given.client.key:
            raise InvalidGrantException()
        if found.state == "pending":
            raise AuthorizationPendingException()
        if found.state != "allowed" or found.user_id is None or found.signed_in is None:
            raise AccessDeniedException()
        records.device_authorizations.remove(found)
        mfa_time = None if found.mfa_time is None else int(found.mfa_time.timestamp())
        signed_in = int(found.signed_in.timestamp())
        person = Person(found.account_id, found.user_id, found.credential, signed_in, mfa_time)
        return _begun(given, records, person, secrets.token_hex(16), found.scopes)

    return device.account_id, redeem


def _begun(given: _Given, records: Records, person: Person, id: str, scopes: tuple[str, ...]) -> PortalSession:
    call, client = given.call, given.client
    session = sessions.new_session(call, person, id, (client.name, client.key), scopes)
    if session.expires <= call.now:
        raise InvalidGrantException()
    sessions.begin(records, session, call.now)
    return session


def _by_refresh_token(given: _Given) -> tuple[str, Redeem]:
    refresh = Refresh.opened(given.call.realm.sealer, _required(given.refresh_token))
    if refresh is None:
        raise _stale()
    now = given.call.now

    def redeem(records: Records) -> PortalSession:
        session = sessions.going_on(records, refresh.session_id, now)
        if session is None or session.client_key != given.client.key:
            raise _stale()
        if refresh.generation == session.generation:
            renewed: PortalSession = records.portal_sessions.replace(
                session, generation=session.generation + 1, rotated=now
            )
            return renewed
        if refresh.generation != session.generation - 1 or session.rotated is None or now - session.rotated > _GRACE:
            raise _stale()
        return session

    return refresh.account_id, redeem


def _required(text: str | None) -> str:
    if not text:
        raise InvalidRequestException()
    return text


def _stale() -> InvalidGrantException:
    return InvalidGrantException("Invalid refresh token provided")


_EVIDENCE: dict[str, Callable[[_Given], tuple[str, Redeem]]] = {
    AUTHORIZATION_CODE: _by_code,
    DEVICE_CODE: _by_device,
    REFRESH_TOKEN: _by_refresh_token,
}
