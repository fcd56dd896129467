"""What an address may cost that does not prove who asks.

A request that is refused because of its credentials takes a token from the bucket of its address, and so does one that
carries none. While the bucket is empty such requests are refused as `Throttling`, and nothing is looked up, fetched or
verified for them that takes more than a signature does. Who signs with a key that this process knows is heard all the
same: strangers behind the same address lock nobody out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from iamd.caller.buckets import MOST, Buckets
from iamd.wire.errors import AwsError, Throttling


class Strangers:
    """The buckets of addresses: `rate` failures a second each, any number where it is 0."""

    def __init__(self, rate: int = 0, buckets: Buckets | None = None) -> None:
        self._rate = rate
        self._buckets = Buckets() if buckets is None else buckets

    def take(self, address: str) -> None:
        """Take a token for something that has failed, or is about to be tried; raises Throttling when there is none."""
        place = place_of(address) if self._rate else None
        if place is not None and not self._buckets.take((place,), self._rate):
            raise Throttling

    def give_back(self, address: str) -> None:
        """Undo `take`: what was tried has not failed."""
        place = place_of(address) if self._rate else None
        if place is not None:
            self._buckets.give_back((place,), self._rate)

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
