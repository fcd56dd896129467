"""The Identity Store API's registry: every module of this folder adds its operations to `identitystore`."""

from __future__ import annotations

from iamd.services.registry import Api

identitystore = Api("identitystore")

identitystore.decline(
    "requests come from no VPC here; conditions of policies (`aws:SourceIp`) restrict where they may come from.",
    "UpdateIdentityStore",
)
