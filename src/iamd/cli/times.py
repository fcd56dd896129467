"""Times on the command line."""

import argparse
import re
from datetime import UTC, datetime, timedelta

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def point_in_time(text: str) -> datetime:
    """The time that ISO 8601 (in UTC where it does not say) or how long ago (30m, 2h, 7d) tells. Raises
    ArgumentTypeError."""
    ago = re.fullmatch(r"(\d{1,6})([mhd])", text, re.ASCII)
    if ago:
        return datetime.now(UTC) - int(ago[1]) * _UNITS[ago[2]]
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no time: write 2026-11-22T10:00:00, 30m, 2h or 7d") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)
