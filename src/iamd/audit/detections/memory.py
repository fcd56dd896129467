"""What is remembered of an account's events: where its principals called from, sign-ins that failed, administrators."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network

import msgspec

FORGOTTEN = timedelta(days=90)  # a network that a principal was not seen in for so long is new again
_MAX_PRINCIPALS = 10_000
_MAX_NETWORKS = 64  # of a principal
_MAX_FAILING = 1_000  # users and addresses whose sign-ins failed lately


class Known(msgspec.Struct):
    """A principal: when it was first seen, and when last in each network (seconds since 1970)."""

    since: float
    networks: dict[str, float] = {}


class Memory(msgspec.Struct):
    """INVARIANT: the names of the fields are the stored format. `administrators` are unique ids; `changed` is set by
    whatever is worth being stored."""

    principals: dict[str, Known] = {}
    failures: dict[str, list[float]] = {}
    administrators: list[str] = []
    changed: bool = False

    def is_new_network(self, principal_id: str, ip: str, when: datetime, learning: timedelta) -> str | None:
        """The network of a call, when its principal has been known for longer than `learning` and was not seen there."""
        network = network_of(ip)
        if network is None:
            return None
        now = when.timestamp()
        known = self.principals.get(principal_id)
        if known is None:
            _bound(self.principals, _MAX_PRINCIPALS)
            known = self.principals[principal_id] = Known(now)
            self.changed = True
        last = known.networks.get(network)
        if last is not None and now - last <= FORGOTTEN.total_seconds():
            if now > last:
                known.networks[network] = now
            return None
        _bound(known.networks, _MAX_NETWORKS)
        known.networks[network], self.changed = now, True
        return network if now - known.since > learning.total_seconds() else None

    def failures_within(self, key: str, when: datetime, window: timedelta) -> int:
        """How many sign-ins of that user or from that address failed within the window before this one, it included."""
        now = when.timestamp()
        _bound(self.failures, _MAX_FAILING)
        recent = [at for at in self.failures.pop(key, ()) if abs(now - at) <= window.total_seconds()]
        self.failures[key] = [*recent[-99:], now]
        self.changed = True
        return len(self.failures[key])

    def new_administrators(self, present: Iterable[str], looked_at: Iterable[str]) -> list[str]:
        """Who of those that were looked at has become an administrator since the last look."""
        found, before = set(present), set(self.administrators)
        after = (before - set(looked_at)) | found
        if after != before:
            self.administrators, self.changed = sorted(after), True
        return sorted(found - before)


@lru_cache(maxsize=4096)
def network_of(ip: str) -> str | None:
    """The network that an address counts as: an IPv4 /24, an IPv6 /48; None for this machine and what is no address."""
    try:
        address = ip_address(ip)
    except ValueError:
        return None
    if address.is_loopback or address.is_unspecified:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


def _bound(
    entries: dict[str, object] | dict[str, Known] | dict[str, float] | dict[str, list[float]], limit: int
) -> None:
    """Make room for one more by dropping the one that was added first."""
    while len(entries) >= limit:
        del entries[next(iter(entries))]


def encoded(memory: Memory) -> bytes:
    return msgspec.msgpack.encode(memory)


def decoded(content: bytes) -> Memory:
    memory = msgspec.msgpack.decode(content, type=Memory)
    memory.changed = False
    return memory
