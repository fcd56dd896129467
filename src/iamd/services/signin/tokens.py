"""CreateOAuth2Token: short-lived credentials for a program, in place of an authorization code or a refresh token.

https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html. Refresh tokens are bound to the key
of the client (RFC 9449) and rotate. The one before the last is taken for a minute more, with the same result: two
programs that share a cache may refresh at once, and an answer may be lost.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from iamd.caller import dpop
from iamd.caller.caller import Caller
from iamd.caller.dpop import Proof, Unproven
from iamd.caller.session import Session
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, Realm, Reply
from iamd.services.signin.api import REGION, client_arn, denied, invalid, signin
from iamd.services.signin.grants import CODE_SECONDS, Code, Refresh, is_digest_of
from iamd.services.signin.people import SESSION_SECONDS, Person, acting, require_unchanged
from iamd.store.image import Records
from iamd.store.kinds.sign_in import SignInSession
from iamd.wire.errors import AwsError

PATH = "/v1/token"
MOST_SESSIONS = 100  # of one person at a time
_GRACE = timedelta(seconds=60)  # in which the refresh token before the last is still taken
_MOST_PROOFS = 32  # of a session, in the time that a proof is good
# Nobody has to verify ID tokens: they come from here straight to the client that asked (OpenID Connect Core, 3.1.3.7).
_ID_TOKEN_KEY = ECKey.generate_key("P-256", auto_kid=True)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a client gets credentials: the session, with the number of the refresh token that it sent, or the one to be
    made in place of the authorization code (None). `proof` is the id of the proof, by digest."""

    session: SignInSession
    generation: int | None
    proof: str


async def bearer(
    realm: Realm, now: datetime, *, token_input: dict[str, Any], proof: str | None = None, host: str | None = None
) -> Admitted:
    """The person for whom the code or refresh token was made, if the client proves that it is the client.

    Raises ValidationException and AccessDenied, with a code of Sign-In's.
    """
    try:
        proved = dpop.verify(proof, "POST", host or "", PATH, now)
    except Unproven as error:
        raise invalid(str(error)) from None
    by_code = token_input["grantType"] == "authorization_code"
    found = await (_by_code if by_code else _by_refresh_token)(realm, now, token_input, proved)
    records = await realm.store.load(found.session.account_id)
    caller = _caller(found.session, records, now)
    return Admitted(caller, found, {"client_id": found.session.client_id})


async def _by_code(realm: Realm, now: datetime, given: dict[str, Any], proved: Proof) -> Evidence:
    code = Code.opened(realm.sealer, given.get("code") or "")
    present = int(now.timestamp())
    if code is None or code.client_id != given["clientId"] or not realm.store.has_account(code.person.account_id):
        raise _expired_code()
    if not is_digest_of(code.redirect, given.get("redirectUri") or ""):
        raise invalid("redirectUri is not the one that the code was sent to.")
    if not is_digest_of(code.challenge, given.get("codeVerifier")):
        raise invalid("codeVerifier does not match the code challenge.")
    person = code.person
    given_in = (await realm.store.load(person.account_id)).console_sessions.get(code.at_console)
    is_over = bool(code.at_console) and (given_in is None or given_in.expires <= now)
    if present > code.issued + CODE_SECONDS or is_over:
        raise _expired_code()
    started = datetime.fromtimestamp(person.signed_in, UTC)
    return Evidence(
        SignInSession(
            person.account_id,
            code.id,
            person.owner_id,
            code.client_id,
            proved.thumbprint,
            person.credential,
            started,
            started + timedelta(seconds=SESSION_SECONDS),
            now,
            mfa_time=None if person.mfa_time is None else datetime.fromtimestamp(person.mfa_time, UTC),
            proofs=_spent((), _digest(proved), now),
        ),
        None,
        _digest(proved),
    )


async def _by_refresh_token(realm: Realm, now: datetime, given: dict[str, Any], proved: Proof) -> Evidence:
    refresh = Refresh.opened(realm.sealer, given.get("refreshToken") or "")
    if refresh is None or not realm.store.has_account(refresh.account_id):
        raise _expired_token()
    records = await realm.store.load(refresh.account_id)
    session: SignInSession | None = records.sign_in_sessions.get(refresh.session_id)
    if session is None or session.client_id != given["clientId"] or session.expires <= now:
        raise _expired_token()
    if session.thumbprint != proved.thumbprint:
        raise invalid("The DPoP proof is not of the key that the refresh token is bound to.")
    return Evidence(session, refresh.generation, _digest(proved))


def _digest(proved: Proof) -> str:
    return hashlib.sha256(proved.jti.encode()).hexdigest()


def _caller(session: SignInSession, records: Records, now: datetime) -> Caller:
    started = int(session.started.timestamp())
    mfa_time = None if session.mfa_time is None else int(session.mfa_time.timestamp())
    person = Person(session.account_id, session.owner_id, session.credential, started, mfa_time)
    require_unchanged(person, records, now)
    return acting(person, session.id, records, now, session.expires)


def _expired_code() -> AwsError:
    return denied("AUTHCODE_EXPIRED", "The authorization code is invalid, was used, or has expired.")


def _expired_token() -> AwsError:
    return denied("TOKEN_EXPIRED", "The refresh token is invalid, was used, or has expired. Please sign in again.")


def own_client(call: Call) -> Target[Evidence]:
    evidence: Evidence = call.prepared
    return Target(client_arn(call.account_id, evidence.session.client_id), evidence)


@signin.operation(on=own_client, admit=bearer)
def create_o_auth2_token(call: Call, evidence: Evidence) -> Reply:
    """Issue credentials for a quarter of an hour, and the refresh token for the next ones, for up to twelve hours."""
    issued = call.caller.session
    if issued is None:
        raise TypeError("who was admitted has a session")
    first = evidence.generation is None
    session = _opened(call, evidence.session) if first else _rotated(call, evidence)
    refresh = Refresh(session.account_id, session.id, session.generation)
    return {
        "tokenOutput": {
            "accessToken": {
                "accessKeyId": issued.access_key_id,
                "secretAccessKey": issued.secret_access_key,
                "sessionToken": call.realm.tokens.seal(issued),
            },
            "tokenType": "aws_sigv4",
            "expiresIn": int((issued.expires - call.now).total_seconds()),
            "refreshToken": refresh.sealed(call.realm.sealer),
            "idToken": _id_token(call, session, issued) if first else None,
        }
    }


def _opened(call: Call, session: SignInSession) -> SignInSession:
    """Begin a session, in the place of those that are over."""
    sessions = call.records.sign_in_sessions
    if sessions.get(session.id) is not None:
        raise _expired_code()
    for each in list(sessions.where("owner", session.owner_id)):
        if each.expires <= call.now:
            sessions.remove(each)
    if sessions.count("owner", session.owner_id) >= MOST_SESSIONS:
        raise invalid(f"There are {MOST_SESSIONS} sign-in sessions already.", "SERVICE_QUOTA_EXCEEDED")
    added: SignInSession = sessions.add(session)
    return added


def _rotated(call: Call, evidence: Evidence) -> SignInSession:
    """The session with the number of the refresh token that is good next."""
    sessions = call.records.sign_in_sessions
    session: SignInSession | None = sessions.get(evidence.session.id)
    if session is None:
        raise _expired_token()
    changes: dict[str, Any] = {"proofs": _spent(session.proofs, evidence.proof, call.now)}
    if evidence.generation == session.generation:
        changes |= {"generation": session.generation + 1, "rotated": call.now}
    elif evidence.generation != session.generation - 1 or call.now - session.rotated > _GRACE:
        raise _expired_token()
    renewed: SignInSession = sessions.replace(session, **changes)
    return renewed


def _spent(spent: tuple[str, ...], proof: str, now: datetime) -> tuple[str, ...]:
    """The proofs of a session with one more, each by when it is over anyway and its digest.

    They are kept with the session, so that none works twice in any process. Raises ValidationException.
    """
    present = int(now.timestamp())
    kept = [each for each in spent if int(each.partition(" ")[0]) >= present]
    if any(each.endswith(proof) for each in kept):
        raise invalid("The DPoP proof was used before.")
    if len(kept) >= _MOST_PROOFS:
        raise invalid("There were too many requests for this session. Please try again in a few minutes.")
    return (*kept, f"{present + 2 * dpop.SKEW} {proof}")


def _id_token(call: Call, session: SignInSession, issued: Session) -> str:
    present = int(call.now.timestamp())
    claims = {
        "iss": f"https://{REGION}.signin.aws.amazon.com",
        "sub": call.caller.principal_arn,
        "aud": session.client_id,
        "iat": present,
        "exp": int(issued.expires.timestamp()),
        "auth_time": int(session.started.timestamp()),
    }
    return jwt.encode({"alg": "ES256", "kid": _ID_TOKEN_KEY.kid}, claims, _ID_TOKEN_KEY)
