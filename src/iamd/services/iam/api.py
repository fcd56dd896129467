"""The IAM API's registry: every module of this folder adds its operations to `iam`."""

from __future__ import annotations

from iamd.services.registry import Api

iam = Api("iam")
