"""The registry of IAM Identity Center OIDC, and the words of OAuth that it speaks."""

from __future__ import annotations

from iamd.services.registry import Api

sso_oidc = Api("sso-oidc", prefix="sso-oauth", source="sso")

AUTHORIZATION_CODE = "authorization_code"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105  # the name of a grant type
GRANT_TYPES = frozenset({AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN})
ACCOUNT_ACCESS = "sso:account:access"
"""The scope of the access portal: accounts, roles, credentials of them."""
