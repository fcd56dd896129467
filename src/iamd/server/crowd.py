"""How many connections one address may have: whoever takes all that there can be locks everybody else out."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from iamd.caller.strangers import place_of
from iamd.server.telemetry import log

_TELLS_EVERY = 60.0  # seconds


class Crowd:
    """Counts open connections by place (see `strangers.place_of`), `most` of them each at most, any number where it is 0.
    Those of this machine and of addresses that are `exempt` are not counted."""

    def __init__(self, most: int = 0, exempt: Callable[[str], bool] = lambda address: False) -> None:
        self._most = most
        self._exempt = exempt
        self._open: dict[str, int] = {}
        self._told = -_TELLS_EVERY  # when it was last logged that there are too many

    def place(self, address: str) -> str | None:
        """With whose connections one from that address is counted; None: with nobody's."""
        return None if not self._most or self._exempt(address) else place_of(address)

    def enter(self, place: str) -> bool:
        """Count a connection; False: it is one too many, and is counted until it leaves."""
        number = self._open.get(place, 0) + 1
        self._open[place] = number
        if number > self._most and monotonic() - self._told >= _TELLS_EVERY:
            self._told = monotonic()
            log.warning("connections of an address are refused: it has too many", address=place, most=self._most)
        return number <= self._most

    def leave(self, place: str) -> None:
        """A connection has ended."""
        number = self._open[place] - 1
        if number:
            self._open[place] = number
        else:
            del self._open[place]
