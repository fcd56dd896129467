"""A load of one repeated request over many connections, from core 1."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import uvloop


@dataclass(frozen=True)
class Load:
    """What came of a load: answers, the seconds it took, answers that were not 200."""

    requests: int
    seconds: float
    failures: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class _Client(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again; tells how it went when it is closed."""

    def __init__(self, feed: Callable[[], bytes | None], done: Callable[[bool], None]) -> None:
        self._feed, self._done = feed, done
        self._buffer = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = self._feed()
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lowered = head.lower()
        length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        self._buffer = body[length:]
        self._done(head[9:12] == b"200")
        if b"connection: close" in lowered:
            self._transport.close()
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


async def _drive(port: int, requests: Callable[[int], bytes], count: int, connections: int) -> Load:
    sent = answered = failures = 0

    def feed() -> bytes | None:
        nonlocal sent
        if sent == count:
            return None
        sent += 1
        return requests(sent - 1)

    def done(ok: bool) -> None:
        nonlocal answered, failures
        answered += 1
        failures += not ok

    async def connect() -> None:
        while sent < count:
            _, client = await loop.create_connection(lambda: _Client(feed, done), "127.0.0.1", port)
            await client.closed

    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    await asyncio.gather(*(connect() for _ in range(connections)))
    return Load(answered, time.perf_counter() - started, failures)


def drive(port: int, requests: Sequence[bytes], count: int, connections: int = 32) -> Load:
    """Send `count` requests, taken from the list in turn, over that many connections."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    return uvloop.run(_drive(port, lambda index: requests[index % len(requests)], count, connections))
