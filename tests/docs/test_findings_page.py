"""docs/how-to/findings.md tells every detection as the catalogue has it."""

from __future__ import annotations

from pathlib import Path

from iamd.audit.detections.catalogue import BURST, DETECTIONS
from iamd.server.finding_sinks import ATTEMPTS, FIRST_PAUSE

PAGE = Path("docs/how-to/findings.md").read_text()


def test_every_detection_is_told() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{each.type}` | {each.severity:g} | {each.meaning} |" for each in DETECTIONS]
    assert BURST == 5


def test_how_long_a_sink_is_tried_is_as_told() -> None:
    assert ATTEMPTS == 8
    assert round(sum(FIRST_PAUSE * 2**attempt for attempt in range(ATTEMPTS)) / 60) == 4
