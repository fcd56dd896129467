"""Ids of requests: unique, no secrets. Those of events are `store.event_ids`."""

from __future__ import annotations

import os
import random
from typing import Final

_AT_ONCE: Final = 64  # ids
_DIGITS: Final = 15  # of one


class _Ids:
    """Random digits for ids to come: drawn for many at once, which costs a fifth."""

    def __init__(self) -> None:
        # Not the module's own generator: what others make of that (tests that seed it, for one) is no concern of these ids.
        self._random = random.Random()
        self._drawn: list[tuple[str, str]] = []

    def forget(self) -> None:
        """Draw anew, by another seed: this is another process."""
        self._random.seed()
        self._drawn = []

    def digits(self) -> tuple[str, str]:
        """60 bits of one id, which no other thread gets, either, and what follows them in all that were drawn together."""
        try:
            return self._drawn.pop()
        except IndexError:
            many = "%0*x" % (_DIGITS * _AT_ONCE, self._random.getrandbits(4 * _DIGITS * _AT_ONCE))  # noqa: UP031
            rest = "%015x" % self._random.getrandbits(60)  # noqa: UP031
            end = f"-a{rest[:3]}-{rest[3:]}"
            drawn = [(many[at : at + _DIGITS], end) for at in range(0, len(many), _DIGITS)]
            first = drawn.pop()
            self._drawn = drawn
            return first


_IDS: Final = _Ids()
os.register_at_fork(after_in_child=_IDS.forget)


def new_uuid() -> str:
    """A random UUID (RFC 9562, version 4) as text: unique, but no secret, so no system call is spent on it."""
    digits, end = _IDS.digits()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:]}{end}"
