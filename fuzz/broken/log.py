"""What a log tells of failures."""

from __future__ import annotations

import json


def errors(log: str) -> list[str]:
    """Lines of a log in JSON that tell of a failure, and what is no line of a log."""
    return [line[:4_000] for line in log.splitlines() if _level(line) in ("error", "critical")]


def _level(line: str) -> str:
    try:
        return str(json.loads(line)["level"])
    except (ValueError, KeyError, TypeError):
        return "critical"
