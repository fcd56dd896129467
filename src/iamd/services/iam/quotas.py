"""IAM's quotas (the page "IAM and AWS STS quotas"): the defaults of an account in 2026."""

from __future__ import annotations

from iamd.wire.errors import LimitExceeded

USERS = 5_000
GROUPS = 300
ROLES = 1_000
POLICIES = 1_500
INSTANCE_PROFILES = 1_000
SERVER_CERTIFICATES = 20
GROUPS_PER_USER = 10
ACCESS_KEYS_PER_USER = 2
MFA_DEVICES_PER_USER = 8  # and of the root user
SIGNING_CERTIFICATES_PER_USER = 2
SSH_PUBLIC_KEYS_PER_USER = 5
SERVICE_CREDENTIALS_PER_USER = 2  # for each service
VERSIONS_PER_POLICY = 5
POLICY_VERSIONS_IN_USE = 10_000
POLICIES_PER_USER = 10
POLICIES_PER_GROUP = 10
POLICIES_PER_ROLE = 20
ROLES_PER_INSTANCE_PROFILE = 1
OIDC_PROVIDERS = 100
CLIENT_IDS_PER_OIDC_PROVIDER = 100
THUMBPRINTS_PER_OIDC_PROVIDER = 5
SAML_PROVIDERS = 100
ISSUERS_PER_SAML_PROVIDER = 10
CERTIFICATES_PER_SAML_PROVIDER = 10
PRIVATE_KEYS_PER_SAML_PROVIDER = 2
TAGS = 50
DELEGATION_REQUESTS = 1_000
POLICY_SIZE = 6_144  # characters, white space not counted; so are the next four
USER_POLICY_SIZE = 2_048
GROUP_POLICY_SIZE = 5_120
ROLE_POLICY_SIZE = 10_240
TRUST_POLICY_SIZE = 2_048


def check(present: int, limit: int, name: str) -> None:
    """Raise LimitExceeded, in AWS's words, when one more would exceed the quota."""
    if present >= limit:
        raise LimitExceeded(f"Cannot exceed quota for {name}: {limit}")
