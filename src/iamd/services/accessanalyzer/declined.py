"""The operations that are not served, and why."""

from __future__ import annotations

from iamd.services.accessanalyzer.api import accessanalyzer

accessanalyzer.decline(
    "AWS services alone may ask for it, and none of them has this server make analyzers for them.",
    "CreateServiceLinkedAnalyzer",
    "DeleteServiceLinkedAnalyzer",
)
