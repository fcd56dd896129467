"""Ids of requests and events: unique, no secrets."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# Not the module's own generator: what others make of that (tests that seed it, for one) is no concern of these ids.
_random = random.Random()
os.register_at_fork(after_in_child=_random.seed)


def new_uuid() -> str:
    """A random UUID (RFC 9562, version 4) as text: unique, but no secret, so no system call is spent on it."""
    digits = "%032x" % _random.getrandbits(128)  # noqa: UP031  # twice as fast as an f-string
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def event_id(time: datetime) -> str:
    """The id of an event: a UUID that tells its time (RFC 9562, version 7), so that no index of the ids is needed.

    Those of one time count up from a random number, as that RFC allows: an id is no secret.
    """
    global _present
    of, prefix, numbers = _present
    if of is not time:
        digits = "%06x" % _random.getrandbits(24)  # noqa: UP031
        prefix, numbers = f"{_time_part(time)}{digits[:3]}-a{digits[3:]}-", count(_random.getrandbits(47))
        _present = time, prefix, numbers
    return prefix + "%012x" % next(numbers)  # noqa: UP031


_present: tuple[datetime | None, str, Iterator[int]] = (None, "", count())


@lru_cache(maxsize=64)
def _time_part(time: datetime) -> str:
    digits = f"{(time - _EPOCH) // _MILLISECOND:012x}"
    return f"{digits[:8]}-{digits[8:12]}-7"


_shape = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}").fullmatch


def tells_time(event_id: str) -> bool:
    """Whether `time_of` finds a time, but for years that there are none of."""
    return _shape(event_id) is not None


def time_of(event_id: str) -> datetime | None:
    """The millisecond that `event_id` was given; None for an id that tells no time."""
    if not tells_time(event_id):
        return None
    try:
        return _EPOCH + int(event_id[:8] + event_id[9:13], 16) * _MILLISECOND
    except OverflowError:
        return None
