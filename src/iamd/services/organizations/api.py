"""The Organizations API's registry: every module of this folder adds its operations to `organizations`."""

from __future__ import annotations

from iamd.services.registry import Api

organizations = Api("organizations")
