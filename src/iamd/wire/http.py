"""The request as it came off the socket, before anything has been parsed or believed; and what is sent back.

Plain classes, because every link reads them: compiled, that costs a fraction of what it costs with a Struct.
"""

from __future__ import annotations

from math import inf
from typing import Final

Headers = list[tuple[bytes, bytes]]

_CR: Final = 13
_LF: Final = 10
_NUL: Final = 0


class HttpRequest:
    """Raw bytes of one HTTP request.

    `path` and `query` are undecoded, because signatures are made over what was sent. Header names are lower case,
    values are as sent; `index` has the first of each name. `client_ip` is the address that policies see (trusted
    proxies already resolved), `arrived` when its last byte was read, in seconds of `perf_counter`.
    """

    def __init__(
        self,
        method: str,
        path: bytes,
        query: bytes,
        headers: Headers,
        body: bytes,
        client_ip: str = "",
        secure: bool = False,
        arrived: float = inf,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.client_ip = client_ip
        self.secure = secure
        self.arrived = arrived
        index: dict[bytes, bytes] = {}
        for name, value in headers:
            if name not in index:
                index[name] = value
        self.index = index

    def __repr__(self) -> str:
        """Names the request, without what it carries."""
        return f"HttpRequest({self.method} {self.path!r})"

    def header(self, name: bytes) -> str | None:
        """The first header of that (lower-case) name as text, or None."""
        value = self.index.get(name)
        return None if value is None else value.decode("latin-1")


class Answer:
    """What is sent back."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


def breaks_line(text: bytes) -> bool:
    """Whether it holds what ends a line, or NUL: such a name or value of a header would be read as two."""
    # The quickest way to search bytes: `in` for bytes raises and catches an error first, `find` parses its arguments.
    return _CR in text or _LF in text or _NUL in text
