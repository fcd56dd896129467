"""IAM's quotas (the page "IAM and AWS STS quotas"): those that AWS adjusts on request, and the fixed ones, in 2026."""

from __future__ import annotations

from dataclasses import dataclass, fields

from iamd.wire.errors import LimitExceeded

USERS = 5_000
GROUPS_PER_USER = 10
ACCESS_KEYS_PER_USER = 2
MFA_DEVICES_PER_USER = 8  # and of the root user
SIGNING_CERTIFICATES_PER_USER = 2
SSH_PUBLIC_KEYS_PER_USER = 5
SERVICE_CREDENTIALS_PER_USER = 2  # for each service
VERSIONS_PER_POLICY = 5
POLICY_VERSIONS_IN_USE = 10_000
ROLES_PER_INSTANCE_PROFILE = 1
CLIENT_IDS_PER_OIDC_PROVIDER = 100
THUMBPRINTS_PER_OIDC_PROVIDER = 5
SAML_PROVIDERS = 100
ISSUERS_PER_SAML_PROVIDER = 10
CERTIFICATES_PER_SAML_PROVIDER = 10
PRIVATE_KEYS_PER_SAML_PROVIDER = 2
TAGS = 50
DELEGATION_REQUESTS = 1_000
POLICY_SIZE = 6_144  # characters, white space not counted; so are the next three
USER_POLICY_SIZE = 2_048
GROUP_POLICY_SIZE = 5_120
ROLE_POLICY_SIZE = 10_240

# The most that AWS grants of each quota that can be adjusted.
MAXIMA = {
    "groups": 500,
    "roles": 10_000,
    "policies": 10_000,
    "instance_profiles": 10_000,
    "server_certificates": 20,
    "oidc_providers": 700,
    "policies_per_user": 20,
    "policies_per_group": 10,
    "policies_per_role": 25,
    "trust_policy_size": 8_192,
}


@dataclass(frozen=True, slots=True)
class Quotas:
    """The adjustable quotas of every account, at AWS's defaults. Raises ValueError for what AWS would not grant."""

    groups: int = 300
    roles: int = 1_000
    policies: int = 1_500
    instance_profiles: int = 1_000
    server_certificates: int = 20
    oidc_providers: int = 100
    policies_per_user: int = 10
    policies_per_group: int = 10
    policies_per_role: int = 20
    trust_policy_size: int = 2_048  # characters, white space not counted

    def __post_init__(self) -> None:
        for item in fields(self):
            if not 1 <= getattr(self, item.name) <= MAXIMA[item.name]:
                raise ValueError(f"must have `{item.name}` from 1 to {MAXIMA[item.name]}, which is AWS's maximum")


def check(present: int, limit: int, name: str) -> None:
    """Raise LimitExceeded, in AWS's words, when one more would exceed the quota."""
    if present >= limit:
        raise LimitExceeded(f"Cannot exceed quota for {name}: {limit}")
