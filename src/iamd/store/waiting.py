"""Audit events that wait to be written. Plain classes: every request that is recorded makes them, and compiled that costs
a fraction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from iamd.store.errors import StoreError

FLUSH_EVENTS = 4096  # written at once when there are so many
MAX_EVENTS = 100_000  # beyond this nothing may be done any more that ought to be recorded


class Shape:
    """What audit records of one account have in common: all but the id of the request, which MessagePack has behind
    `head`. Many shapes have the same `head` and `middle`."""

    def __init__(self, account_id: str, head: bytes, middle: bytes = b"", tail: bytes = b"") -> None:
        self.account_id = account_id
        self.head = head
        self.middle = middle
        self.tail = tail


class Kept:
    """An audit record that goes with no change: its shape, and what is its own. Those that follow each other and have
    the very same shape share it in the database, too. One without a request's id is the head of its shape, whole. It gets
    an `event_id` when it is written, unless it has one."""

    def __init__(self, shape: Shape, time: datetime, request_id: str | None = None, event_id: str = "") -> None:
        self.shape = shape
        self.time = time
        self.request_id = request_id
        self.event_id = event_id


class Waiting:
    """The events, oldest first. `arm` is called to have them written in a moment, unless it `is_armed`, and `begin` to
    have them written now."""

    def __init__(self, arm: Callable[[], None], begin: Callable[[], None]) -> None:
        self.events: list[Kept] = []
        self.is_armed = False
        self._arm = arm
        self._begin = begin

    def require_room(self) -> None:
        """Raise StoreError when too many events wait to be recorded, so that no more may be done."""
        if len(self.events) >= MAX_EVENTS:
            raise StoreError("audit events cannot be recorded")

    def keep(self, event: Kept) -> None:
        """Record an event that goes with no change; durable at most a second later, or when the store is closed. Raises
        StoreError as `require_room`."""
        self.require_room()
        self.events.append(event)
        if not self.is_armed:
            self._arm()
        if len(self.events) == FLUSH_EVENTS:
            self._begin()
