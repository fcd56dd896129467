"""The API of IAM Identity Center's administration: every module of this folder adds its operations to `sso_admin`."""

from __future__ import annotations

from iamd.services.registry import Api

sso_admin = Api("sso-admin", "sso", "sso")
