"""Ids of requests: unique, no secrets. Those of events are `store.event_ids`."""

from __future__ import annotations

import os
import random

# Not the module's own generator: what others make of that (tests that seed it, for one) is no concern of these ids.
_random = random.Random()
os.register_at_fork(after_in_child=_random.seed)


def new_uuid() -> str:
    """A random UUID (RFC 9562, version 4) as text: unique, but no secret, so no system call is spent on it."""
    digits = "%032x" % _random.getrandbits(128)  # noqa: UP031  # twice as fast as an f-string
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
