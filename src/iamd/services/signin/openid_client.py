"""The console as a client of an OpenID Connect provider: the request that a person takes there, and the exchange of the
code that the person brings back.

https://openid.net/specs/openid-connect-core-1_0.html, 3.1, with PKCE (RFC 7636) always. Each provider sends people back to
an address of its own, so that no provider's answer passes for another's (RFC 9700, 4.4).
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from iamd.caller.issuers import Configuration
from iamd.caller.outgoing import Unreachable, Untrusted
from iamd.services.call import Realm
from iamd.services.carried import Carried, opened, sealed
from iamd.services.signin.passwords import Refused
from iamd.store.kinds.federation import ConsoleSignIn, OidcProvider
from iamd.store.records import Account
from iamd.store.sealing import Sealer
from iamd.wire.errors import AwsError

PATH = "/console/sign-in/openid/"
NO_ADDRESS = "Signing in with an identity provider takes the setting public_url: an administrator has to set it."


class _Secret(Carried, frozen=True, array_like=True):
    context = b"console sign-in secret"
    text: str


class _Tokens(msgspec.Struct, frozen=True):
    """What a token endpoint answers, as far as it is of use here."""

    id_token: str | None = None
    error: str | None = None


def path_of(provider: OidcProvider) -> str:
    """Where people begin to sign in with a provider, and where it sends them back to. It stays the same for good: the
    provider is told it once."""
    named = hashlib.sha256(f"{provider.account_id}/{provider.url}".encode()).hexdigest()[:32]
    return f"{PATH}{provider.account_id}/{named}"


def redirect_uri(realm: Realm, provider: OidcProvider) -> str | None:
    """The address that the provider has to be told; None where this server does not know its own."""
    return None if realm.public_url is None else f"{realm.public_url.rstrip('/')}{path_of(provider)}"


def sign_in_url(realm: Realm, account: Account) -> str | None:
    """The page that an account's people sign in at; None where this server does not know its own address."""
    if realm.public_url is None:
        return None
    return f"{realm.public_url.rstrip('/')}/console/sign-in?account={account.alias or account.account_id}"


def sealed_secret(sealer: Sealer, provider: OidcProvider, secret: str) -> str:
    """A client's secret as it is kept."""
    return sealed(sealer, _Secret(secret), _context(provider))


def _context(provider: OidcProvider) -> bytes:
    return _Secret.context + f" {provider.account_id}/{provider.url}".encode()


async def configuration(realm: Realm, provider: OidcProvider) -> Configuration:
    """How the provider signs people in. Raises Refused."""
    try:
        return await realm.issuers.configuration(provider.url, provider.thumbprints)
    except AwsError as error:
        raise Refused(f"Your identity provider cannot be asked now: {error.message}") from None


async def leading_there(
    realm: Realm, provider: OidcProvider, sign_in: ConsoleSignIn, state: str, nonce: str, verifier: str
) -> str:
    """The address at the provider that the person signs in at. Raises Refused."""
    back = redirect_uri(realm, provider)
    if back is None:
        raise Refused(NO_ADDRESS)
    there = (await configuration(realm, provider)).authorization
    if there is None:
        raise Refused("Your identity provider does not tell where people sign in.")
    asked = {
        "response_type": "code",
        "client_id": sign_in.client_id,
        "redirect_uri": back,
        "scope": " ".join(("openid", *sign_in.scopes)),
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{there}{'&' if urlsplit(there).query else '?'}{urlencode(asked)}"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def id_token(realm: Realm, provider: OidcProvider, sign_in: ConsoleSignIn, code: str, verifier: str) -> str:
    """The ID token that the provider gives for a code; nothing in it is believed yet. Raises Refused."""
    found = await configuration(realm, provider)
    if found.token is None:
        raise Refused("Your identity provider does not tell where codes are exchanged.")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri(realm, provider) or "",
        "client_id": sign_in.client_id,
        "code_verifier": verifier,
    }
    headers: dict[str, str] = {}
    if sign_in.sealed_secret is not None:
        secret = opened(realm.sealer, sign_in.sealed_secret, _context(provider), _Secret)
        if secret is None:
            raise Refused("The client's secret cannot be opened any more: an administrator has to enter it again.")
        _show(secret.text, sign_in.client_id, found, form, headers)
    try:
        answered = await realm.issuers.outgoing.post(found.token, form, headers, provider.thumbprints)
        tokens = msgspec.json.decode(answered.body, type=_Tokens)
    except Unreachable as error:
        raise _failed(str(error)) from None
    except Untrusted:
        raise _failed("its certificate is not trusted") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _failed("its answer is no answer of OpenID Connect") from None
    if answered.status != 200 or tokens.id_token is None:
        raise _failed((tokens.error or f"status {answered.status}, without an ID token")[:64])
    return tokens.id_token


def _show(secret: str, client_id: str, found: Configuration, form: dict[str, str], headers: dict[str, str]) -> None:
    """Show the client's secret in a way that the provider takes (RFC 6749, 2.3.1)."""
    if "client_secret_basic" in found.secret_methods or "client_secret_post" not in found.secret_methods:
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        form["client_secret"] = secret


def _failed(reason: str) -> Refused:
    return Refused(f"Your identity provider gave no ID token: {reason}. Begin again, or tell an administrator.")
