"""The Resource Groups Tagging API's registry: every module of this folder adds its operations to `tagging`."""

from __future__ import annotations

from iamd.services.registry import Api

tagging = Api("resourcegroupstaggingapi", prefix="tag", source="tagging")
