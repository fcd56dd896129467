"""The present time, as AWS tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import Final


class _Clock:
    """The second that was asked for last: requests of one have the same object."""

    def __init__(self) -> None:
        self.seconds = 0
        self.moment = datetime.fromtimestamp(0, UTC)


_CLOCK: Final = _Clock()


def now() -> datetime:
    """The present second in UTC: AWS's times have no fractions."""
    seconds = int(time())
    if seconds != _CLOCK.seconds:
        _CLOCK.seconds, _CLOCK.moment = seconds, datetime.fromtimestamp(seconds, UTC)
    return _CLOCK.moment
