"""Connections to upstreams that are open and wait for their next request."""

from __future__ import annotations

from typing import Final

from iamd.gateway.connection import Connection
from iamd.gateway.origins import Origin

_SECONDS: Final = 4.0  # less than servers keep idle connections: uvicorn 5, nginx 75
_MOST: Final = 256  # of one origin


class Idle:
    """Those of one process, by origin."""

    def __init__(self) -> None:
        self._by_origin: dict[Origin, list[Connection]] = {}

    def take(self, origin: Origin) -> Connection | None:
        """The connection that was used last, for one request; None when there is none."""
        idle = self._by_origin.get(origin)
        while idle:
            connection = idle.pop()
            if connection.usable(_SECONDS) and connection.context is origin.context:
                return connection
            connection.abort()
        return None

    def release(self, connection: Connection) -> None:
        """It is free for the next request."""
        idle = self._by_origin.get(connection.origin)
        if idle is None:
            idle = self._by_origin[connection.origin] = []
        idle.append(connection)
        if len(idle) > _MOST:
            idle.pop(0).abort()

    def close(self) -> None:
        """Close them all."""
        for idle in self._by_origin.values():
            for connection in idle:
                connection.abort()
        self._by_origin.clear()
