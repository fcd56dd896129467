"""Handshakes of TLS, which count and end as connections do.

A listener with TLS of asyncio's tells of a connection when the handshake is over. So one that never says anything would be
nobody's for a minute, and whoever opens enough of those keeps everybody else out. The listener is a plain one, and its
connections are handed to asyncio once more, with the certificate.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from socket import socket
from typing import Any

from uvicorn.protocols.utils import get_remote_addr

from iamd.server.crowd import Crowd
from iamd.server.front import Front

SECONDS = 10.0  # for a handshake

Make = Callable[[], Any]


class Handshakes:
    """Makes the connections of a front, for uvicorn as the front does, but over TLS."""

    def __init__(self, front: Front, context: ssl.SSLContext) -> None:
        self._front = front
        self._context = context
        self._crowd: Crowd = front.crowd
        self._begun: dict[asyncio.Task[None], str | None] = {}  # with the place that it counts with

    def __call__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> asyncio.Protocol:
        """A connection that is not one yet."""
        return _Accepted(self, partial(self._front, config, server_state, app_state, _loop))

    def begin(self, transport: Any, make: Make) -> None:
        """Begin one with whoever is at the other end, unless there are too many of that address."""
        client = get_remote_addr(transport)
        place = self._crowd.place(client[0]) if client else None
        try:
            if place is not None and not self._crowd.has_room(place):
                return
            sock: socket = transport.get_extra_info("socket").dup()
        except OSError:
            return  # there are no more files
        finally:
            transport.abort()  # what was handed on stays open
        if place is not None:
            self._crowd.greet(place)
        task = asyncio.get_running_loop().create_task(self._finish(sock, make))
        self._begun[task] = place
        task.add_done_callback(self._finished)

    async def _finish(self, sock: socket, make: Make) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                make, sock, ssl=self._context, ssl_handshake_timeout=SECONDS
            )
        except OSError:  # the client is none of TLS, has left, or said nothing for too long
            sock.close()

    def _finished(self, task: asyncio.Task[None]) -> None:
        place = self._begun.pop(task)
        if place is not None:
            self._crowd.part(place)


class _Accepted(asyncio.Protocol):
    """What uvicorn's listener has accepted."""

    def __init__(self, handshakes: Handshakes, make: Make) -> None:
        self._handshakes = handshakes
        self._make = make

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._handshakes.begin(transport, self._make)
