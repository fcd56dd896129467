"""AssumeRoleWithWebIdentity: credentials of a role for whom an OpenID Connect provider of its account vouches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.caller import identity_tokens
from iamd.caller.caller import Caller, CallerKind
from iamd.caller.identity_tokens import IdToken
from iamd.guard.target import Target
from iamd.services.call import Admitted, Call, Realm, Reply
from iamd.services.outbound import is_own_issuer
from iamd.services.sts.api import TOKEN_SIZE, sts
from iamd.services.sts.assumption import account_of_role, check_duration
from iamd.services.sts.token_claims import claim_keys, claimed_source_identity, claimed_tags, later_keys
from iamd.services.sts.vouched import VouchedRole, also_trusted, open_session, role_for
from iamd.store.kinds.federation import OidcProvider
from iamd.wire.errors import InvalidIdentityToken

_UNKNOWN_ISSUER = "No OpenIDConnect provider found in your account for {}"


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """A token that its issuer, a provider of the role's account, has signed; its claims are not checked yet."""

    provider: OidcProvider
    token: IdToken


async def web_identity(realm: Realm, now: datetime, *, role_arn: str, web_identity_token: str) -> Admitted:
    """Whom the token names, if one of the OIDC providers of the role's account signed it. Nobody else is ever asked.

    Raises ValidationError, InvalidIdentityToken and IDPCommunicationError.
    """
    account_id = account_of_role(role_arn)
    token = identity_tokens.read(web_identity_token)
    provider = await _provider(realm, account_id, token.issuer)
    key = await realm.issuers.key(provider.url, provider.thumbprints, token.kid)
    identity_tokens.verify(token, key)
    subject = str(token.claims.get("sub", ""))
    party = token.claims.get("azp") or token.claims.get("aud", "")
    caller = Caller(
        CallerKind.WEB_IDENTITY,
        account_id,
        id=provider.arn,
        name=subject,
        arn=provider.arn,
        principal_arn=provider.arn,
        user_id=f"{provider.arn}:{party}:{subject}",
        access_key_id="",
        identity_provider=provider.arn,
    )
    return Admitted(caller, WebIdentity(provider, token))


async def _provider(realm: Realm, account_id: str, issuer: str) -> OidcProvider:
    """The account's provider of that issuer; an account that is not here has none."""
    usable = issuer.startswith("https://") and not is_own_issuer(realm, issuer)  # AWS takes none of its own tokens
    if usable and realm.store.has_account(account_id):
        records = await realm.store.load(account_id)
        provider: OidcProvider | None = records.oidc_providers.get(issuer.removeprefix("https://"))
        if provider is not None:
            return provider
    raise InvalidIdentityToken(_UNKNOWN_ISSUER.format(issuer))


def role_for_token(call: Call, *, role_arn: str) -> Target[Any]:
    """The role of that ARN with what the token brings, once its claims held.

    Raises ExpiredTokenException and InvalidIdentityToken; a role that is not there trusts nobody.
    """
    identity: WebIdentity = call.prepared
    provider, claims = identity.provider, identity.token.claims
    audience = identity_tokens.check(claims, provider.client_ids, call.now)
    keys = claim_keys(provider.url, claims, audience)
    return role_for(call, role_arn, claimed_tags(claims), claimed_source_identity(claims), keys)


# It changes no record: the session is in the token alone.
@sts.operation(
    on=role_for_token,
    also=also_trusted,
    admit=web_identity,
    reads=True,
    refuses={
        **TOKEN_SIZE,
        "provider_id": "ProviderId is for OAuth 2.0 access tokens, which are not supported: send an ID token.",
    },
)
def assume_role_with_web_identity(
    call: Call,
    found: VouchedRole,
    *,
    role_session_name: str,
    policy_arns: list[dict[str, str]] | None = None,
    policy: str | None = None,
    duration_seconds: int = 3600,
) -> Reply:
    """Issue credentials of a role; `Audience` is the one that counted.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    """
    identity: WebIdentity = call.prepared
    provider = identity.provider
    check_duration(call, found.assumption.role, duration_seconds)
    later = later_keys(provider.url, found.keys)
    opened = open_session(
        call, found, role_session_name, duration_seconds, policy=policy, policy_arns=policy_arns, later=later
    )
    return {
        **opened,
        "SubjectFromWebIdentityToken": identity.token.claims["sub"],
        "Provider": provider.arn,
        "Audience": found.keys[f"{provider.url.lower()}:aud"],
    }
