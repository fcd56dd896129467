"""The CloudTrail API's registry: every module of this folder adds its operations to `cloudtrail`."""

from __future__ import annotations

from iamd.services.registry import Api

cloudtrail = Api("cloudtrail")
