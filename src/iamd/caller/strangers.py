"""What an address may cost that does not prove who asks.

A request that is refused because of its credentials takes a token from the bucket of its address, and so does one that
carries none. While the bucket is empty such requests are refused as `Throttling`, and nothing is looked up, fetched or
verified for them that takes more than a signature does. Who signs with a key that this process knows is heard all the
same: strangers behind the same address lock nobody out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from iamd.caller.buckets import FASTEST, MOST, Buckets
from iamd.wire.errors import AwsError, Throttling

NETWORKS = 16
"""As many networks of IPv6 as fail at their rate may be at one site."""


class Strangers:
    """The buckets of addresses: `rate` failures a second each, any number where it is 0."""

    def __init__(self, rate: int = 0, buckets: Buckets | None = None) -> None:
        self._rate = rate
        self._buckets = Buckets() if buckets is None else buckets

    def take(self, address: str) -> None:
        """Take a token for something that has failed, or is about to be tried; raises Throttling when there is none."""
        taken: list[tuple[str, int]] = []
        for place, rate in self._places(address):
            if not self._buckets.take((place,), rate):
                self._give_back(taken)
                raise Throttling
            taken.append((place, rate))

    def give_back(self, address: str) -> None:
        """Undo `take`: what was tried has not failed."""
        self._give_back(self._places(address))

    def _give_back(self, taken: Sequence[tuple[str, int]]) -> None:
        for place, rate in taken:
            self._buckets.give_back((place,), rate)

    def _places(self, address: str) -> Sequence[tuple[str, int]]:
        """The buckets of an address, and how much they get a second: its own and, as somebody may have very many networks of
        IPv6, that of the networks around it."""
        if not self._rate:
            return ()
        place, around = place_of(address), site_of(address)
        own = [] if place is None else [(place, self._rate)]
        return own if around is None else [*own, (around, min(NETWORKS * self._rate, FASTEST))]

    @contextmanager
    def counted(self, address: str) -> Iterator[None]:
        """Count what the block refuses by raising an AwsError; raises Throttling in its place when there is no token."""
        try:
            yield
        except AwsError:
            self.take(address)
            raise

    def clear(self) -> None:
        """All buckets are full again."""
        self._buckets.clear()


@lru_cache(maxsize=MOST)
def site_of(address: str) -> str | None:
    """The network of 48 bits, which is what one site gets of IPv6 at most (RFC 6177); None of other addresses."""
    place = place_of(address)
    if place is None or not place.endswith("/64"):
        return None
    return f"{IPv6Address(int(IPv6Address(place.removesuffix('/64'))) >> 80 << 80)}/48"


@lru_cache(maxsize=MOST)
def place_of(address: str) -> str | None:
    """Whose address it is, as far as it tells: itself, or the network of 64 bits that IPv6 gives to one place. None of
    this machine's own, which a proxy may have that nobody told the server of."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None  # a socket of this machine
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return None if parsed.is_loopback else f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
        parsed = parsed.ipv4_mapped
    return None if parsed.is_loopback else str(parsed)
