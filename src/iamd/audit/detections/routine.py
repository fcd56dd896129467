"""Reads of somebody who read from the same place a moment ago, which show nothing new: most of the stream."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from iamd.audit.alike import Alike
from iamd.audit.stored import Stored
from iamd.store.rows import moment
from iamd.store.runs import Run

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
_Reader = tuple[bytes, str | None]  # who read, and from which address; None: it was no read


def _reader(record: bytes) -> _Reader:
    glance = _glance(record)
    return (bytes(glance.identity), glance.ip) if glance.read_only else (b"", None)


class Routine:
    """Who reads from where, and until when one need not look again."""

    def __init__(self) -> None:
        self._known: dict[_Key, datetime] = {}
        self._readers: Alike[_Reader] = Alike(_reader)

    def of(self, event: Stored) -> _Key | None:
        """What tells an event from others that show something else; None of one that is no read."""
        identity, ip = self._readers.of(event.record)
        return None if ip is None else (event.account_id, identity, ip)

    def unusual(self, run: Run) -> set[int]:
        """The shapes of a run's events that are to be looked at."""
        when = moment(run.time)
        keys = enumerate(map(self.of, run.samples()))
        return {number for number, key in keys if key is None or not self.holds(key, when)}

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
