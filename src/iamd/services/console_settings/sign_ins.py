"""Letting people sign in to the console with an OpenID Connect provider of the account.

The provider is IAM's (CreateOpenIDConnectProvider), and so is the decision who gets which role: a sign-in names the
roles that are offered, and AssumeRoleWithWebIdentity gives those whose trust policy takes the person's token.
"""

from __future__ import annotations

from iamd.services.call import Call, Reply
from iamd.services.console_settings.api import console_settings
from iamd.services.iam.oidc_providers import existing_oidc_provider
from iamd.services.signin.openid_client import redirect_uri, sealed_secret, sign_in_url
from iamd.store.kinds.federation import ConsoleSignIn, OidcProvider
from iamd.wire.errors import InvalidInput

PUBLIC, CONFIDENTIAL = "public", "confidential"  # RFC 6749, 2.1


@console_settings.operation(on=existing_oidc_provider)
def put_console_sign_in(
    call: Call,
    provider: OidcProvider,
    *,
    client_id: str,
    client_type: str,
    label: str,
    role_arns: list[str],
    client_secret: str | None = None,
    scopes: list[str] | None = None,
    session_name_claim: str = "sub",
) -> None:
    """Let people sign in with a provider, or change how. A confidential client keeps the secret that it has unless
    another one is given. Raises InvalidInput."""
    if client_id not in provider.client_ids:
        raise InvalidInput(f"{client_id} is none of the provider's audiences: add it to them first.")
    if any(arn.split(":")[4] != call.account_id for arn in role_arns):
        raise InvalidInput("The roles must be of the provider's account.")
    sign_ins = call.records.console_sign_ins
    before: ConsoleSignIn | None = sign_ins.get(provider.url)
    made = ConsoleSignIn(
        call.account_id,
        provider.url,
        client_id,
        _secret(call, provider, before, client_id, client_type, client_secret),
        label.strip() or client_id[:64],
        tuple(dict.fromkeys(role_arns)),
        tuple(scope for scope in dict.fromkeys(scopes or ()) if scope != "openid"),
        session_name_claim,
    )
    if before is None:
        sign_ins.add(made)
    else:
        sign_ins.exchange(before, made)


def _secret(
    call: Call, provider: OidcProvider, before: ConsoleSignIn | None, client_id: str, kind: str, given: str | None
) -> str | None:
    if kind == PUBLIC:
        if given is not None:
            raise InvalidInput("A public client has no secret.")
        return None
    if given is not None:
        return sealed_secret(call.realm.sealer, provider, given)
    if before is None or before.sealed_secret is None or before.client_id != client_id:
        raise InvalidInput("A confidential client needs its secret.")
    return before.sealed_secret


@console_settings.operation(on=existing_oidc_provider)
def get_console_sign_in(call: Call, provider: OidcProvider) -> Reply:
    """How people sign in with a provider, if they do, without the client's secret; and the addresses to hand out, where
    the server knows its own."""
    sign_in: ConsoleSignIn | None = call.records.console_sign_ins.get(provider.url)
    return {
        "ConsoleSignIn": None if sign_in is None else _view(sign_in),
        "RedirectUri": redirect_uri(call.realm, provider),
        "SignInUrl": sign_in_url(call.realm, call.records.account),
    }


def _view(sign_in: ConsoleSignIn) -> Reply:
    return {
        "ClientId": sign_in.client_id,
        "ClientType": PUBLIC if sign_in.sealed_secret is None else CONFIDENTIAL,
        "Label": sign_in.label,
        "RoleArns": list(sign_in.roles),
        "Scopes": list(sign_in.scopes),
        "SessionNameClaim": sign_in.name_claim,
    }


@console_settings.operation(on=existing_oidc_provider)
def delete_console_sign_in(call: Call, provider: OidcProvider) -> None:
    """Let nobody sign in with a provider any more; sessions that have begun go on."""
    sign_in = call.records.console_sign_ins.get(provider.url)
    if sign_in is not None:
        call.records.console_sign_ins.remove(sign_in)
