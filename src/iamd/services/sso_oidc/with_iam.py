"""CreateTokenWithIAM: an application gets tokens for a person, by what an issuer that it trusts says of the person.

https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateTokenWithIAM.html. The caller's own policies and
the application's actor policy must both allow it. What the application gets is for services that act for the person: the
identity context, which AssumeRole takes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from iamd.caller import identity_tokens
from iamd.guard.target import Target, missing
from iamd.policy import Kind
from iamd.services.access_portal import people, sessions
from iamd.services.access_portal.contexts import IdentityContext
from iamd.services.access_portal.grants import Access, Refresh
from iamd.services.call import Call, Reply
from iamd.services.invocation import permitted
from iamd.services.outbound import center_issuer, ensure_keys, signed
from iamd.services.signin.people import Person
from iamd.services.sso_admin.access import principals_of
from iamd.services.sso_admin.center import Center, visible
from iamd.services.sso_admin.held_applications import HeldApplication
from iamd.services.sso_oidc.api import REFRESH_TOKEN, sso_oidc
from iamd.store.image import Records
from iamd.store.kinds.access_portal import PortalSession
from iamd.store.kinds.identity_applications import TrustedTokenIssuer
from iamd.store.kinds.identity_store import StoreUser
from iamd.store.records import fold
from iamd.wire.errors import AwsError
from iamd.wire.oidc_errors import (
    AccessDeniedException,
    InvalidClientException,
    InvalidGrantException,
    InvalidRequestException,
    InvalidScopeException,
    UnauthorizedClientException,
    UnsupportedGrantTypeException,
)

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # the name of a type
_LIFE = timedelta(hours=1)
_CONTEXT = "sts:identity_context"  # scope, and claim of the ID token
_SCOPES = ("openid", "aws", _CONTEXT)
_GRANTS = (JWT_BEARER, REFRESH_TOKEN)
_ALGORITHM = "RS256"  # of ID tokens: what every client has (OpenID Connect Core, 15.1)
# An account that there is not: for a resource of another account both sides must allow, as they must here.
_NOBODYS_ACCOUNT = "000000000000"
_NOBODY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}'


@dataclass(frozen=True, slots=True)
class Evidence:
    """For whom the application gets tokens: a person, or a session with the number of the refresh token that was sent."""

    user_id: str
    refresh: Refresh | None = None


def application(call: Call, *, client_id: str) -> Target[HeldApplication]:
    """The application of that ARN, in an instance that the account sees."""
    for center in visible(call):
        found = center.records.applications.get(client_id.rpartition("/")[2])
        if found is not None and found.arn == client_id and found.enabled:
            return Target(
                found.arn,
                HeldApplication(center, found),
                account_id=_NOBODYS_ACCOUNT,
                tags=found.tags,
                policy=found.actor_policy or _NOBODY,
                policy_kind=Kind.RESOURCE,
                context={"aws:resourceaccount": found.owner_id},
            )
    return missing(client_id, InvalidClientException())


async def evidence(
    call: Call,
    *,
    client_id: str,
    grant_type: str,
    assertion: str | None = None,
    refresh_token: str | None = None,
) -> Evidence:
    """For whom what was sent is good; then there are keys to sign with, too. Raises AwsError."""
    held: HeldApplication = permitted(call).value
    grants: Mapping[str, Any] = json.loads(held.application.grants)
    if grant_type not in _GRANTS:
        raise UnsupportedGrantTypeException(f"iamd serves the grant types {', '.join(_GRANTS)} here.")
    if grant_type not in grants:
        raise UnauthorizedClientException()
    if grant_type == REFRESH_TOKEN:
        found = _refreshing(call, held, refresh_token)
    elif assertion:
        found = Evidence(await _vouched_for(call, held, grants[JWT_BEARER]["JwtBearer"], assertion))
    else:
        raise InvalidRequestException()
    await ensure_keys(call.realm, held.center.instance.account_id, call.now)
    return found


def _refreshing(call: Call, held: HeldApplication, text: str | None) -> Evidence:
    refresh = Refresh.opened(call.realm.sealer, text or "")
    if refresh is None or refresh.account_id != held.center.instance.account_id:
        raise InvalidGrantException("Invalid refresh token provided")
    session = sessions.going_on(held.center.records, refresh.session_id, call.now)
    if session is None or session.client_key != sessions.key_of(held.application.arn):
        raise InvalidGrantException("Invalid refresh token provided")
    return Evidence(session.user_id, refresh)


async def _vouched_for(call: Call, held: HeldApplication, grant: Mapping[str, Any], assertion: str) -> str:
    """The user whom a token names that one of the grant's issuers has signed, for one of its audiences."""
    records = held.center.records
    try:
        token = identity_tokens.read(assertion)
        issuer, audiences = _issuer(records, grant, token.issuer)
        key = await call.realm.issuers.key(issuer.issuer_url.removeprefix("https://"), (), token.kid)
        identity_tokens.verify(token, key)
        identity_tokens.check(token.claims, audiences, call.now)
    except AwsError as refused:
        raise InvalidGrantException(refused.message) from None
    user = _named(records, issuer, _claim(token.claims, issuer.claim_path))
    if user is None:
        raise InvalidGrantException("The token names no user of the identity store.")
    return user.id


def _issuer(records: Records, grant: Mapping[str, Any], url: str) -> tuple[TrustedTokenIssuer, tuple[str, ...]]:
    for trusted in grant["AuthorizedTokenIssuers"]:
        arn = trusted.get("TrustedTokenIssuerArn", "")
        found: TrustedTokenIssuer | None = records.trusted_token_issuers.get(arn.rpartition("/")[2])
        if found is not None and found.arn == arn and found.issuer_url == url and url.startswith("https://"):
            return found, tuple(trusted.get("AuthorizedAudiences") or ())
    raise InvalidGrantException("The token's issuer is none that the application trusts.")


def _claim(claims: Mapping[str, Any], path: str) -> str | None:
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _named(records: Records, issuer: TrustedTokenIssuer, value: str | None) -> StoreUser | None:
    """The user whose attribute is that value."""
    users = records.store_users
    if value is None:
        return None
    if issuer.attribute_path == "userName":
        return users.named(value)
    index, key = ("email", fold(value)) if issuer.attribute_path == "emails.value" else ("external", value)
    found = users.where(index, key)
    return found[0] if len(found) == 1 else None


@sso_oidc.operation(
    on=application,
    prepare=evidence,
    refuses={
        "code": "Authorization codes of applications are not issued here.",
        "redirect_uri": "Authorization codes of applications are not issued here.",
        "code_verifier": "Authorization codes of applications are not issued here.",
        "subject_token": "The grant type token-exchange is not served.",
        "subject_token_type": "The grant type token-exchange is not served.",
    },
)
def create_token_with_iam(
    call: Call,
    held: HeldApplication,
    *,
    scope: list[str] | None = None,
    requested_token_type: str | None = None,
) -> Reply:
    """Issue tokens for an hour, and the identity context of the person."""
    given: Evidence = call.prepared
    if requested_token_type not in (None, _ACCESS_TOKEN):
        raise InvalidRequestException(f"requestedTokenType must be {_ACCESS_TOKEN}.")
    if not set(scope or ()) <= set(_SCOPES):
        raise InvalidScopeException(f"Scopes must be among {', '.join(_SCOPES)}.")
    records = call.others(held.center.instance.account_id)
    session = _session(call, Center(held.center.instance, records), held, given)
    ends = min(session.expires, call.now + _LIFE)
    until = int(ends.timestamp())
    context = _context(call, held, session, until)
    sealer = call.realm.sealer
    refreshes = REFRESH_TOKEN in json.loads(held.application.grants)
    refresh = Refresh(session.account_id, session.id, session.generation)
    return {
        "accessToken": Access(session.account_id, session.id, until).sealed(sealer),
        "tokenType": "Bearer",
        "expiresIn": int((ends - call.now).total_seconds()),
        "refreshToken": refresh.sealed(sealer) if refreshes else None,
        "idToken": _id_token(call, records, held, session, context, until),
        "issuedTokenType": _ACCESS_TOKEN,
        "scope": list(_SCOPES),
        "awsAdditionalDetails": {"identityContext": context},
    }


def _session(call: Call, center: Center, held: HeldApplication, given: Evidence) -> PortalSession:
    """The person's session at the application: a new one, or that of the refresh token. Raises AwsError."""
    records, app = center.records, held.application
    person = Person(app.account_id, given.user_id, people.BY_APPLICATION, int(call.now.timestamp()))
    if people.present(records, person) is None or not _may_use(records, held, given.user_id):
        raise AccessDeniedException("The person may not use the application.")
    if given.refresh is None:
        client = app.name, sessions.key_of(app.arn)
        made = sessions.new_session(call, person, secrets.token_hex(16), client, _SCOPES)
        sessions.begin(records, made, call.now)
        return made
    session = sessions.going_on(records, given.refresh.session_id, call.now)
    if session is None or session.generation != given.refresh.generation:
        raise InvalidGrantException("Invalid refresh token provided")
    renewed: PortalSession = records.portal_sessions.replace(
        session, generation=session.generation + 1, rotated=call.now
    )
    return renewed


def _may_use(records: Records, held: HeldApplication, user_id: str) -> bool:
    """Whether a user is assigned to the application, by a group, too, where that is required."""
    if not held.application.assignment_required:
        return True
    principals = principals_of(records, "USER", user_id)
    assignments = records.application_assignments
    return any(assignments.get(f"{held.application.id}/{principal}") is not None for principal in principals)


def _context(call: Call, held: HeldApplication, session: PortalSession, until: int) -> str:
    instance = held.center.instance
    told = IdentityContext(session.user_id, instance.store_arn, instance.arn, held.application.arn, session.id, until)
    return told.sealed(call.realm.sealer)


def _id_token(
    call: Call, records: Records, held: HeldApplication, session: PortalSession, context: str, until: int
) -> str:
    """What an application is told of the person, signed by the account that owns the instance."""
    instance = held.center.instance
    told = {
        "identity_store_id": instance.store_id,
        "identity_store_arn": instance.store_arn,
        "instance_account": instance.account_id,
        "application_arn": held.application.arn,
        "credential_id": session.id,
    }
    claims = {
        "iss": center_issuer(call.realm, instance),
        "sub": session.user_id,
        "aud": held.application.arn,
        "iat": int(call.now.timestamp()),
        "exp": until,
        **{f"aws:{name}": value for name, value in told.items()},
        _CONTEXT: context,
    }
    return signed(call.realm.sealer, records, _ALGORITHM, msgspec.json.encode(claims))
