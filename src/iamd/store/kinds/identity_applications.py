"""Applications of an Identity Center instance, and the issuers of tokens that these trust; kept in the account that owns
the instance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamd.store.kind import Kind
from iamd.store.records import PARTITION, Tags


@dataclass(frozen=True, slots=True)
class Application:
    """An application that people sign in to. `owner_id` is the account that made it; `portal` are its options for the
    access portal, `grants` its OAuth grants by type, `scopes` what it may ask for and where, all as the API has them in
    JSON; `actor_policy` tells which IAM principals may ask for tokens in its name, None where none may."""

    account_id: str
    id: str  # apl-16 hexadecimal digits
    instance_id: str
    owner_id: str
    provider_arn: str
    name: str
    created: datetime
    region: str
    description: str | None = None
    enabled: bool = True
    portal: str = "{}"
    assignment_required: bool = True
    background_sessions: bool = False
    grants: str = "{}"
    scopes: str = "{}"
    actor_policy: str | None = None
    client_token: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:sso::{self.owner_id}:application/{self.instance_id}/{self.id}"


@dataclass(frozen=True, slots=True)
class ApplicationAssignment:
    """A user or group (`principal_type` is USER or GROUP) may use an application."""

    account_id: str
    application_id: str
    principal_type: str
    principal_id: str


@dataclass(frozen=True, slots=True)
class TrustedTokenIssuer:
    """An OpenID Connect provider whose tokens are exchanged: the user is the one whose attribute at `attribute_path` is
    what the token has at `claim_path`."""

    account_id: str
    id: str  # tti- and a UUID
    instance_id: str
    owner_id: str
    name: str
    issuer_url: str
    claim_path: str
    attribute_path: str
    client_token: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"arn:{PARTITION}:sso::{self.owner_id}:trustedTokenIssuer/{self.instance_id}/{self.id}"


APPLICATIONS = Kind("applications", Application, lambda r: r.id, None, {"token": lambda r: r.client_token})
APPLICATION_ASSIGNMENTS = Kind(
    "application_assignments",
    ApplicationAssignment,
    lambda r: f"{r.application_id}/{r.principal_type}/{r.principal_id}",
    None,
    {"application": lambda r: r.application_id, "principal": lambda r: f"{r.principal_type}/{r.principal_id}"},
)
TRUSTED_TOKEN_ISSUERS = Kind(
    "trusted_token_issuers", TrustedTokenIssuer, lambda r: r.id, lambda r: r.name, {"token": lambda r: r.client_token}
)

KINDS: tuple[Kind[Any], ...] = (APPLICATIONS, APPLICATION_ASSIGNMENTS, TRUSTED_TOKEN_ISSUERS)
