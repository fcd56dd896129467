"""A proxy that does nothing: it parses a request, sends it on as it is, parses the answer, sends that back as it is. The
least that anything between a client and an upstream costs in Python. Run: python -m benchmarks.proxy PORT UPSTREAM
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import httptools
import uvloop


class _Upstream(asyncio.Protocol):
    """A kept connection to the upstream, of one request at a time."""

    def __init__(self, idle: list[_Upstream]) -> None:
        self._idle = idle
        self._parser = httptools.HttpResponseParser(self)
        self._complete = False
        self._send: Callable[[bytes], None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def ask(self, data: bytes, send: Callable[[bytes], None]) -> None:
        self._send, self._complete, self._headers = send, False, []
        self._transport.write(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_message_complete(self) -> None:
        self._complete = True

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)
        send = self._send
        if self._complete:
            self._send = None
            self._idle.append(self)
        if send is not None:
            send(data)


class _Client(asyncio.Protocol):
    """A client's connection."""

    def __init__(self, idle: list[_Upstream], port: int) -> None:
        self._idle, self._port = idle, port
        self._parser = httptools.HttpRequestParser(self)
        self._complete = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def on_message_begin(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_message_complete(self) -> None:
        self._complete = True

    def data_received(self, data: bytes) -> None:
        self._complete = False
        self._parser.feed_data(data)
        if not self._complete:
            raise ValueError("the benchmark's requests come in one piece")
        if self._idle:
            self._idle.pop().ask(data, self._transport.write)
        else:
            self._connecting = asyncio.create_task(self._connect(data))

    async def _connect(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, upstream = await loop.create_connection(lambda: _Upstream(self._idle), "127.0.0.1", self._port)
        upstream.ask(data, self._transport.write)


async def _serve(port: int, upstream: int) -> None:
    idle: list[_Upstream] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Client(idle, upstream), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
