"""The Access Analyzer API's registry: every module of this folder adds its operations to `accessanalyzer`."""

from __future__ import annotations

from iamd.services.registry import Api

accessanalyzer = Api("accessanalyzer", prefix="access-analyzer")
