"""A network of namespaces whose packets pass through this process, which may lose, double, delay and reorder them."""

from __future__ import annotations

import heapq
import os
import random
import selectors
import struct
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from typing import NamedTuple

from chaos.spaces import Space

_NETWORK = "10.0.0."
_LONGEST = 65_536
_TCP = 6


class Flow(NamedTuple):
    """A connection's packets in one direction: the ends of its addresses, and its ports."""

    source: int
    target: int
    source_port: int
    target_port: int


@dataclass(frozen=True, slots=True)
class Weather:
    """What becomes of packets: which part of them is lost, which comes twice, and by how many seconds they are late at
    most, so that they overtake each other."""

    lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0


FAIR = Weather()


class Network:
    """So many namespaces, numbered from 1; everything between them passes here, on a thread of its own."""

    def __init__(self, size: int, seed: int = 0) -> None:
        self.spaces: list[Space] = []
        self._choice = random.Random(seed)
        self._weather: dict[tuple[int, int], Weather] = {}
        self._seen: set[Flow] = set()
        self._forgotten: frozenset[Flow] = frozenset()
        self._waiting: list[tuple[float, int, int, bytes]] = []  # when, in which order, to whom, what
        self._number = count()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._pass_on, name="packets", daemon=True)
        try:
            for number in range(1, size + 1):
                self.spaces.append(Space(f"{address(number)}/24"))
        except BaseException:
            self._close_spaces()
            raise
        self._thread.start()

    def spoil(self, ways: Sequence[tuple[int, int]], weather: Weather, seconds: float) -> None:
        """Let those ways, each from one namespace to another, have that weather for so long."""
        self.change(ways, weather)
        time.sleep(seconds)
        self.change(ways, FAIR)

    def change(self, ways: Sequence[tuple[int, int]], weather: Weather) -> None:
        """The same from now on."""
        self._weather.update(dict.fromkeys(ways, weather))

    def connections(self, one: int, other: int) -> list[Flow]:
        """What has been said from one namespace to another, and is not forgotten, by connections."""
        known = self._seen.copy() - self._forgotten
        return sorted(each for each in known if (each.source, each.target) == (one, other))

    def forget(self, connections: Iterable[Flow]) -> None:
        """Let no packet of these connections through, ever again, and tell nobody: a firewall that has lost their state."""
        both = [(each, Flow(each.target, each.source, each.target_port, each.source_port)) for each in connections]
        self._forgotten |= {*chain.from_iterable(both)}

    def close(self) -> None:
        """Nothing passes any more."""
        self._over.set()
        self._thread.join()
        self._close_spaces()

    def _close_spaces(self) -> None:
        for space in self.spaces:
            space.close()

    def _pass_on(self) -> None:
        with selectors.DefaultSelector() as selector:
            for number, space in enumerate(self.spaces, 1):
                selector.register(space.packets, selectors.EVENT_READ, number)
            while not self._over.is_set():
                pause = self._waiting[0][0] - time.monotonic() if self._waiting else 0.1
                for key, _ in selector.select(min(max(pause, 0.0), 0.1)):
                    with suppress(BlockingIOError):
                        self._take(key.data, os.read(key.fd, _LONGEST))
                while self._waiting and self._waiting[0][0] <= time.monotonic():
                    _, _, target, packet = heapq.heappop(self._waiting)
                    self._give(target, packet)

    def _take(self, source: int, packet: bytes) -> None:
        """Decide what becomes of a packet."""
        if packet[0] >> 4 != 4 or not 1 <= packet[19] <= len(self.spaces):
            return  # of another protocol, or to everybody
        target = packet[19]
        if packet[9] == _TCP:
            flow = Flow(source, target, *struct.unpack_from("!HH", packet, 4 * (packet[0] & 15)))
            self._seen.add(flow)
            if flow in self._forgotten:
                return
        weather = self._weather.get((source, target), FAIR)
        if self._choice.random() < weather.lost:
            return
        for _ in range(2 if self._choice.random() < weather.twice else 1):
            if not weather.late:
                self._give(target, packet)
            else:
                due = time.monotonic() + self._choice.uniform(0, weather.late)
                heapq.heappush(self._waiting, (due, next(self._number), target, packet))

    def _give(self, target: int, packet: bytes) -> None:
        with suppress(OSError):  # whoever cannot take a packet loses it
            os.write(self.spaces[target - 1].packets, packet)


def address(number: int) -> str:
    """Of the namespace of that number."""
    return f"{_NETWORK}{number}"
