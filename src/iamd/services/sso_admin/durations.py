"""How long a session of a permission set lasts: ISO 8601, from one hour to twelve.

https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html
"""

from __future__ import annotations

import re

from iamd.wire.errors import ValidationException

DEFAULT = "PT1H"
_HOUR = 3600
_DURATION = re.compile(
    r"P(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9})S)?)?",
    re.ASCII,
)
_SECONDS = {"days": 24 * _HOUR, "hours": _HOUR, "minutes": 60, "seconds": 1}


def seconds(duration: str) -> int:
    """The seconds of a duration. Raises ValidationException for what is none, or too short or long a session."""
    parts = _DURATION.fullmatch(duration)
    total = 0 if parts is None else sum(int(count) * _SECONDS[name] for name, count in parts.groupdict("0").items())
    if not _HOUR <= total <= 12 * _HOUR:
        raise ValidationException("SessionDuration must be an ISO 8601 duration from PT1H to PT12H.")
    return total
