"""The Roles Anywhere API's registry: every module of this folder adds its operations to `rolesanywhere`."""

from __future__ import annotations

from iamd.services.registry import Api

rolesanywhere = Api("rolesanywhere")

# What every creation and update refuses.
ALIASES = {"alias_name": "AliasName is not supported: resources are known by id and ARN."}
