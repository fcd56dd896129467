"""uvicorn's HTTP protocol with limits on what a client may send before its request is complete."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def limited(header_bytes: int, header_seconds: float) -> type[asyncio.Protocol]:
    """A protocol class that closes a connection whose request line and headers are too long or too slow."""

    class Limited(_LimitedHttp):
        max_header_bytes = header_bytes
        max_header_seconds = header_seconds

    return Limited


class _LimitedHttp(HttpToolsProtocol):
    max_header_bytes: ClassVar[int]
    max_header_seconds: ClassVar[float]

    def connection_made(self, transport: Any) -> None:
        self._header_bytes = 0
        self._in_headers = True
        self._deadline: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_message_begin(self) -> None:
        self._header_bytes = 0
        self._in_headers = True
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._unwatch()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Start the clock for headers that did not come in one piece."""
        if self._in_headers and self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.max_header_seconds, self.transport.close)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self.max_header_bytes and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
