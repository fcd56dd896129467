"""Reads of somebody who read from the same place a moment ago, which show nothing new: most of the stream."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from iamd.audit.stored import Stored

LASTS = timedelta(hours=1)  # how much older than the stream the memory of somebody's whereabouts may get
_MAX_KNOWN = 10_000


class _Glance(msgspec.Struct, array_like=True):
    """The beginning of a stored event (`audit.stored.StoredEvent`), which is all that has to be read of most."""

    source: str
    name: str
    region: str
    request_id: str
    read_only: bool
    identity: msgspec.Raw
    ip: str = ""


_glance = msgspec.msgpack.Decoder(_Glance).decode
_Key = tuple[str, bytes, str]


class Routine:
    """Who reads from where, and until when one need not look again."""

    def __init__(self) -> None:
        self._known: dict[_Key, datetime] = {}

    def of(self, event: Stored) -> _Key | None:
        """What tells an event from others that show something else; None of one that is no read."""
        glance = _glance(event.record)
        return (event.account_id, bytes(glance.identity), glance.ip) if glance.read_only else None

    def holds(self, key: _Key, when: datetime) -> bool:
        """Whether such a read was looked at less than LASTS before `when`, and showed nothing."""
        until = self._known.get(key)
        return until is not None and when < until

    def note(self, key: _Key, when: datetime) -> None:
        """Such a read was looked at, and showed nothing."""
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        self._known[key] = when + LASTS

    def clear(self) -> None:
        self._known.clear()
