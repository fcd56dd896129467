"""How long a client may take: for one request, and for none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from iamd.server.channel import Channel

_BUSY: Final = -1.0


class Timers:
    """Has a connection given up on which a request has not arrived completely after `seconds`, and ends one that was idle
    for `kept` seconds."""

    def __init__(self, channel: Channel, loop: Any, seconds: float, kept: float) -> None:
        self.begun = False  # there is a part of a request
        self._channel = channel
        self._loop = loop
        self._seconds = seconds
        self._kept = kept
        self._watches = True
        self._deadline: Any = None
        self._idle_since = _BUSY
        self._end: Any = None  # the timer for idle connections, which is not set anew for every request

    # One request.

    def watch(self, give_up: Callable[[], None]) -> None:
        """Start the clock for a request that did not come in one piece, and for one that does not come at all."""
        if self._watches and self._deadline is None and not self._channel.is_closing():
            self._deadline = self._loop.call_later(self._seconds, give_up)

    def arrived(self) -> None:
        """The request is complete."""
        self.begun, self._watches = False, True
        if self._deadline is not None:
            self._unwatch()

    def stop_watching(self) -> None:
        """Let the rest of this request take its time: whoever reads it has limits of his own."""
        self._watches = False
        self._unwatch()

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    # None.

    def busy(self) -> None:
        """Something came in."""
        self._idle_since = _BUSY

    def idle(self) -> None:
        """All that came in was answered."""
        self._idle_since = since = self._loop.time()
        if self._end is None:
            self._end_idleness(since)

    def _end_idleness(self, since: float) -> None:
        """Come back when the connection will have been idle since then for as long as it may."""
        self._end = self._loop.call_at(since + self._kept, self._look)

    def _look(self) -> None:
        """Close the connection, unless there was a request meanwhile."""
        self._end = None
        since = self._idle_since
        if since == _BUSY:
            return  # a request is under way: its answer sets the timer
        if self._loop.time() - since < self._kept:
            self._end_idleness(since)
        elif not self._channel.is_closing():
            self._channel.close()

    def stop(self) -> None:
        """The connection has ended."""
        self._unwatch()
        if self._end is not None:
            self._end.cancel()
            self._end = None
