"""The request as it came off the socket, before anything has been parsed or believed; and what is sent back."""

from __future__ import annotations

from math import inf

import msgspec


class HttpRequest(msgspec.Struct):
    """Raw bytes of one HTTP request.

    `path` and `query` are undecoded, because signatures are made over what was sent. Header names are lower case,
    values are as sent. `client_ip` is the address that policies see (trusted proxies already resolved).
    """

    method: str
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    client_ip: str = ""
    secure: bool = False
    arrived: float = inf  # when its last byte was read, in seconds of `perf_counter`
    index: dict[bytes, bytes] = {}

    def __post_init__(self) -> None:
        """Index the headers; of repeated ones the first counts."""
        self.index = dict(reversed(self.headers))

    def __repr__(self) -> str:
        """Names the request, without what it carries."""
        return f"HttpRequest({self.method} {self.path!r})"

    def header(self, name: bytes) -> str | None:
        """The first header of that (lower-case) name as text, or None."""
        value = self.index.get(name)
        return None if value is None else value.decode("latin-1")


class Answer(msgspec.Struct, frozen=True):
    """What is sent back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
