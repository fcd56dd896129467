"""What stands behind the gateway: it takes every request, and notes bytes that are none."""

from __future__ import annotations

import asyncio
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_NONE = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection of the gateway's. `wrong` gets what no request begins with; `served` counts the others."""

    def __init__(self, wrong: list[str]) -> None:
        self._wrong = wrong
        self._url = b""
        self._parser: Any = HttpRequestParser(self)
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._wrong.append(f"the upstream was sent {data[:2_000]!r}: {error!r}")
            self._transport.abort()

    def on_message_begin(self) -> None:
        self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_message_complete(self) -> None:
        # A bucket has no policy, and no settings of its own.
        self._transport.write(_NONE if b"?" in self._url and self._parser.get_method() == b"GET" else _ANSWER)
