"""Signing in to the console with an OpenID Connect provider: who may begin, what is believed of what comes back, and
which roles are offered. `openid_client` talks to the provider.

Nothing is kept while a person is away: all that is needed afterwards is sealed into `state`, for one browser and one
provider. Its id becomes that of the console's session, so that it works once. Whether somebody may act as a role is
decided by AssumeRoleWithWebIdentity alone, on the role's trust policy.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from iamd.caller import identity_tokens
from iamd.services.call import Call, Cold
from iamd.services.carried import Carried, opened, sealed
from iamd.services.invocation import permitted
from iamd.services.signin import openid_client
from iamd.services.signin.openid_client import path_of
from iamd.services.signin.passwords import Refused, Visit, limit
from iamd.services.sts.api import sts
from iamd.services.sts.assumption import role_in
from iamd.services.sts.saml_claims import Asked
from iamd.services.sts.web_identity import web_identity
from iamd.store.image import Records
from iamd.store.kinds.federation import ConsoleSignIn, OidcProvider
from iamd.wire.errors import AwsError, ServiceUnavailable

_AWAY = timedelta(minutes=10)  # that a person has at the provider
_CHOOSING = timedelta(minutes=3)  # among roles; a used id is remembered for longer: `console_sessions.TOKEN_LIFE`
_LONGEST_CODE = 4_096
_LONGEST_NAME = 64
_STALE = "This sign-in was not begun in this browser, was begun too long ago, or was used already. Please begin again."
_NOBODY = "No role that is offered here takes your token: "
_is_marked = re.compile(r".*-[0-9a-f]{8}").fullmatch
_is_error = re.compile(r"[a-z_]{1,64}").fullmatch
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Way:
    """A way to sign in to an account: its provider, and what the console knows of it."""

    provider: OidcProvider
    sign_in: ConsoleSignIn

    @property
    def path(self) -> str:
        return path_of(self.provider)

    @property
    def label(self) -> str:
        return self.sign_in.label


class _State(Carried, frozen=True, array_like=True):
    """What a person takes along to the provider; `browser` is a digest of the cookie of forms."""

    context = b"console openid state"
    id: str
    verifier: str
    nonce: str
    leads_to: str
    browser: str
    expires: int  # seconds of the epoch


class Vouched(Carried, frozen=True, array_like=True):
    """Somebody for whom a provider has vouched, and who is about to act as a role: the token, and the session's name."""

    context = b"console openid choice"
    id: str
    token: str
    name: str
    leads_to: str
    browser: str
    expires: int  # seconds of the epoch


async def ways(visit: Visit, account: str) -> Sequence[Way]:
    """The ways to sign in to an account (its id or alias), by their labels; none for what is no account."""
    store = visit.realm.store
    account_id = account if store.has_account(account) else store.alias_owner(account)
    if account_id is None:
        return ()
    records = await store.load(account_id)
    if records.account.closed is not None:
        return ()
    found = [Way(provider, each) for each in records.console_sign_ins if (provider := _provider(records, each))]
    return sorted(found, key=lambda way: way.label)


def _provider(records: Records, sign_in: ConsoleSignIn) -> OidcProvider | None:
    """The provider of a sign-in, if it still has the client among its audiences."""
    provider: OidcProvider | None = records.oidc_providers.get(sign_in.provider)
    return provider if provider is not None and sign_in.client_id in provider.client_ids else None


async def begin(visit: Visit, way: Way, cookie: str, leads_to: str) -> str:
    """The address at the provider to which the person goes, in the browser of that cookie. Raises Refused."""
    verifier, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    expires = int((visit.now + _AWAY).timestamp())
    state = _State(secrets.token_hex(16), verifier, nonce, leads_to, _digest(cookie), expires)
    text = sealed(visit.realm.sealer, state, _context(_State, way))
    return await openid_client.leading_there(visit.realm, way.provider, way.sign_in, text, nonce, verifier)


async def come_back(visit: Visit, way: Way, cookie: str, answer: Mapping[str, str]) -> Vouched:
    """Who comes back from the provider with that answer, once the provider's token for it has been verified.

    Raises Refused.
    """
    state = opened(visit.realm.sealer, answer.get("state", ""), _context(_State, way), _State)
    if state is None or not _is_of(state.browser, cookie) or visit.now.timestamp() > state.expires:
        raise Refused(_STALE)
    subject = f"openid sign-in from {visit.place}"
    limit(visit, subject)
    await _require_its_issuer(visit, way, answer)
    if "error" in answer:
        told = answer["error"] if _is_error(answer["error"]) else "an error"
        raise Refused(f"Your identity provider did not sign you in: {told}.")
    code = answer.get("code", "")
    if not 1 <= len(code) <= _LONGEST_CODE:
        raise Refused("Your identity provider has sent no code along. Please begin again.")
    text = await openid_client.id_token(visit.realm, way.provider, way.sign_in, code, state.verifier)
    claims = await _verified(visit, way, text, state.nonce)
    visit.realm.attempts.forgive(subject, visit.request_id)
    expires = int((visit.now + _CHOOSING).timestamp())
    return Vouched(state.id, text, session_name(way.sign_in, claims), state.leads_to, state.browser, expires)


async def _require_its_issuer(visit: Visit, way: Way, answer: Mapping[str, str]) -> None:
    """An answer that names another issuer is another one's (RFC 9207). Raises Refused."""
    found = await openid_client.configuration(visit.realm, way.provider)
    if answer.get("iss", None if found.names_itself else _issuer(way)) != _issuer(way):
        raise Refused("The answer is not of the identity provider that you were sent to. Please begin again.")


async def _verified(visit: Visit, way: Way, text: str, nonce: str) -> Mapping[str, Any]:
    """The claims of an ID token that the provider has issued for this client and this sign-in. Raises Refused.

    https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
    """
    provider, client_id = way.provider, way.sign_in.client_id
    try:
        token = identity_tokens.read(text)
        if token.issuer != _issuer(way):
            raise Refused("The token of your identity provider names another issuer.")
        key = await visit.realm.issuers.key(provider.url, provider.thumbprints, token.kid)
        identity_tokens.verify(token, key)
        identity_tokens.check(token.claims, (client_id,), visit.now)
    except AwsError as error:
        raise Refused(f"The token of your identity provider cannot be accepted: {error.message}") from None
    audience, told = token.claims["aud"], token.claims.get("nonce")
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise Refused("The token of your identity provider is for another client.")
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(errors="replace"), nonce.encode()):
        raise Refused("The token of your identity provider is of another sign-in. Please begin again.")
    return token.claims


def _issuer(way: Way) -> str:
    return f"https://{way.provider.url}"


def session_name(sign_in: ConsoleSignIn, claims: Mapping[str, Any]) -> str:
    """What sessions of the person are called, which is theirs alone. Raises Refused."""
    claimed = claims.get(sign_in.name_claim)
    if not isinstance(claimed, str) or not claimed:
        raise Refused(
            f"The token of your identity provider has no {sign_in.name_claim}, by which sessions are named here."
        )
    if sign_in.name_claim == "email" and claims.get("email_verified") not in (True, "true"):
        raise Refused(
            "Your identity provider does not say that it has verified your e-mail address, by which sessions are named here."
        )
    name = re.sub(r"[^\w+=,.@-]", "-", claimed, flags=re.ASCII)
    if name == claimed and 2 <= len(name) <= _LONGEST_NAME and not _is_marked(name):
        return name
    # Names that are alike but for what a session's name may not have stay apart, and nobody claims one with such a mark.
    mark = hashlib.sha256(claimed.encode(errors="replace")).hexdigest()[:8]
    return f"{name[: _LONGEST_NAME - len(mark) - 1]}-{mark}"


def sealed_vouched(visit: Visit, way: Way, vouched: Vouched) -> str:
    """A person who has roles to choose from, as text for the form."""
    return sealed(visit.realm.sealer, vouched, _context(Vouched, way))


def chooser(visit: Visit, way: Way, cookie: str, text: str) -> Vouched:
    """Who chooses a role with that text, in the browser of that cookie. Raises Refused."""
    vouched = opened(visit.realm.sealer, text, _context(Vouched, way), Vouched)
    if vouched is None or not _is_of(vouched.browser, cookie) or visit.now.timestamp() > vouched.expires:
        raise Refused(_STALE)
    return vouched


async def roles(visit: Visit, way: Way, vouched: Vouched) -> Sequence[Asked]:
    """Those of the sign-in's roles that the person may act as now, each for as long as it lets a session last. Raises
    Refused, with the reason of the first one, when there are none."""
    records = await visit.realm.store.load(way.provider.account_id)
    found, reason = [], "there is none."
    for arn in way.sign_in.roles:
        role = role_in(records, arn)
        refusal = await _refusal(visit, arn, vouched)
        if role is not None and refusal is None:
            found.append(Asked(arn, way.provider.arn, role.max_session))
        elif refusal is not None and reason == "there is none.":
            reason = refusal.message
    if not found:
        raise Refused(_NOBODY + reason)
    return found


async def _refusal(visit: Visit, role_arn: str, vouched: Vouched) -> AwsError | None:
    """Why AssumeRoleWithWebIdentity would not give that role; None: it would."""
    realm, operation = visit.realm, sts.operations["AssumeRoleWithWebIdentity"]
    params = {"role_arn": role_arn, "role_session_name": vouched.name, "web_identity_token": vouched.token}
    secure = visit.secure_host is not None
    try:
        admitted = await web_identity(realm, visit.now, role_arn=role_arn, web_identity_token=vouched.token)
        for _ in range(_TRIES):
            records = await realm.store.load(admitted.caller.account_id)
            call = Call(
                operation, realm, admitted.caller, records, params, visit.now, visit.request_id, visit.client_ip
            )
            call.secure, call.agent, call.prepared = secure, visit.agent, admitted.evidence
            try:
                permitted(call)
            except Cold as cold:
                await realm.store.load(cold.account_id)
                continue
            return None
    except AwsError as error:
        return error
    return ServiceUnavailable()


def _is_of(browser: str, cookie: str) -> bool:
    return hmac.compare_digest(browser, _digest(cookie))


def _digest(cookie: str) -> str:
    return hashlib.sha256(f"openid {cookie}".encode()).hexdigest()[:32]


def _context(kind: type[Carried], way: Way) -> bytes:
    """What is sealed for one provider opens at that one's address alone."""
    return kind.context + way.path.encode()
