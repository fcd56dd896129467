"""The access portal's registry."""

from __future__ import annotations

from iamd.services.registry import Api

sso = Api("sso")
