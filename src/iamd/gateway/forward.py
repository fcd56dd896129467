"""Requests to upstreams, streamed both ways."""

from __future__ import annotations

from datetime import datetime

from iamd.gateway.connections import Connections, Reply
from iamd.gateway.heads import head_of
from iamd.gateway.outbound import Outbound
from iamd.gateway.upstreams import Upstream


class Forwarder:
    """Sends requests to upstreams, which may be silent for so many `seconds`; to be closed. `idle` are the connections
    that wait for a request."""

    def __init__(self, seconds: float) -> None:
        self._connections = Connections(seconds)
        self.idle = self._connections.idle

    def close(self) -> None:
        """Close all connections that are idle."""
        self._connections.close()

    async def send(self, upstream: Upstream, outbound: Outbound, now: datetime) -> Reply:
        """The upstream's answer, its body still to be read; raises as `Connections.send`."""
        head = head_of(upstream, outbound, now)
        return await self._connections.send(
            upstream.origin, outbound.method, head, outbound.body, chunked=outbound.length is None
        )
