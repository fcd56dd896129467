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
        self._greeted: dict[str, int] = {}  # that are not open yet
        self._told = -_TELLS_EVERY  # when it was last logged that there are too many

    def place(self, address: str) -> str | None:
        """With whose connections one from that address is counted; None: with nobody's."""
        return None if not self._most or self._exempt(address) else place_of(address)

    def has_room(self, place: str) -> bool:
        """Whether one more may be greeted there."""
        return self._fits(place, self._open.get(place, 0) + self._greeted.get(place, 0) + 1)

    def greet(self, place: str) -> None:
        """Count somebody with whom a handshake is under way, until they `part`, be it to `enter`."""
        self._greeted[place] = self._greeted.get(place, 0) + 1

    def part(self, place: str) -> None:
        """A handshake is over."""
        _uncount(self._greeted, place)

    def enter(self, place: str) -> bool:
        """Count a connection; False: it is one too many, and is counted until it leaves."""
        number = self._open.get(place, 0) + 1
        self._open[place] = number
        return self._fits(place, number)

    def leave(self, place: str) -> None:
        """A connection has ended."""
        _uncount(self._open, place)

    def _fits(self, place: str, number: int) -> bool:
        if number > self._most and monotonic() - self._told >= _TELLS_EVERY:
            self._told = monotonic()
            log.warning("connections of an address are refused: it has too many", address=place, most=self._most)
        return number <= self._most


def _uncount(counts: dict[str, int], place: str) -> None:
    number = counts[place] - 1
    if number:
        counts[place] = number
    else:
        del counts[place]
