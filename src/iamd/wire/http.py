"""The request as it came off the socket, before anything has been parsed or believed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class HttpRequest:
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
    _index: dict[bytes, bytes] | None = field(default=None, repr=False, compare=False)

    def header(self, name: bytes) -> str | None:
        """The first header of that (lower-case) name as text, or None."""
        if self._index is None:
            self._index = dict(reversed(self.headers))
        value = self._index.get(name)
        return None if value is None else value.decode("latin-1")
