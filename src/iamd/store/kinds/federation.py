"""Identity providers whose users may assume roles, and the switch for identities that go out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import Tags, iam_arn


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An OpenID Connect provider. `url` is the issuer without its scheme, to the letter: case and a trailing slash
    make another provider. Without thumbprints the issuer's certificate must be of a known authority."""

    account_id: str
    url: str
    created: datetime
    client_ids: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return iam_arn(self.account_id, f"oidc-provider/{self.url}")


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A SAML 2.0 provider: its metadata document as sent; `encrypted` tells that assertions must be."""

    account_id: str
    id: str
    name: str
    created: datetime
    metadata: str = field(repr=False)
    valid_until: datetime
    encrypted: bool = False
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return iam_arn(self.account_id, f"saml-provider/{self.name}")


@dataclass(frozen=True, slots=True)
class SamlKey:
    """A private key that opens a SAML provider's encrypted assertions: sealed PEM, which opens with the id."""

    account_id: str
    id: str
    provider_id: str
    created: datetime
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConsoleSignIn:
    """That people sign in to the console with an OpenID Connect provider, as `client_id` of it, and act as one of
    `roles` (ARNs). `provider` is the provider's `url`.

    `sealed_secret` is the client's secret, which opens with account and provider; None of a public client. `label` is
    what the button says, `scopes` are asked for besides `openid`, and `name_claim` is the claim that sessions are named
    by.
    """

    account_id: str
    provider: str
    client_id: str
    sealed_secret: str | None = field(repr=False)
    label: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    name_claim: str = "sub"


@dataclass(frozen=True, slots=True)
class OutboundFederation:
    """Whether the account issues tokens of its own; the issuer stays the same however often that changes."""

    account_id: str
    issuer_id: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class OutboundKey:
    """A key that signs the account's tokens: `id` is its `kid`, `public` the public JWK as JSON, `sealed` the private
    key as PEM, which opens with account and id."""

    account_id: str
    id: str
    algorithm: str
    created: datetime
    public: str
    sealed: bytes = field(repr=False)


OIDC_PROVIDERS = Kind("oidc_providers", OidcProvider, lambda r: r.url)
SAML_PROVIDERS = Kind("saml_providers", SamlProvider, lambda r: r.id, lambda r: r.name)
SAML_KEYS = Kind("saml_keys", SamlKey, lambda r: r.id, None, {"provider": lambda r: r.provider_id})
CONSOLE_SIGN_INS = Kind("console_sign_ins", ConsoleSignIn, lambda r: r.provider)
OUTBOUND_FEDERATION = Kind("outbound_federation", OutboundFederation, lambda r: r.account_id)
OUTBOUND_KEYS = Kind("outbound_keys", OutboundKey, lambda r: r.id)

KINDS: tuple[Kind[Any], ...] = (
    OIDC_PROVIDERS,
    SAML_PROVIDERS,
    SAML_KEYS,
    CONSOLE_SIGN_INS,
    OUTBOUND_FEDERATION,
    OUTBOUND_KEYS,
)
