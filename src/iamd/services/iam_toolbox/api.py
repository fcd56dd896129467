"""The IAM Toolbox API's registry; its actions are IAM's."""

from __future__ import annotations

from iamd.services.registry import Api

iam_toolbox = Api("iam-toolbox", prefix="iam")
