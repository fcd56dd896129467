"""Requests to upstreams, streamed both ways."""

from __future__ import annotations

from datetime import datetime

from iamd.gateway.connection import Connection
from iamd.gateway.connections import Connections, Reply
from iamd.gateway.heads import head_of
from iamd.gateway.outbound import Outbound
from iamd.gateway.upstreams import Upstream


class Forwarder:
    """Sends requests to upstreams, which may be silent for so many `seconds`; to be closed."""

    def __init__(self, seconds: float) -> None:
        self._connections = Connections(seconds)

    def close(self) -> None:
        """Close all connections that are idle."""
        self._connections.close()

    def at_hand(self, upstream: Upstream) -> Connection | None:
        """A connection for one request, if one is open and idle."""
        return self._connections.kept(upstream.origin)

    async def send(self, upstream: Upstream, outbound: Outbound, now: datetime) -> Reply:
        """The upstream's answer, its body still to be read; raises as `Connections.send`."""
        head = head_of(upstream, outbound, now)
        return await self._connections.send(
            upstream.origin, outbound.method, head, outbound.body, chunked=outbound.length is None
        )
