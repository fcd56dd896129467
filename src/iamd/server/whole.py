"""A whole answer as HTTP/1.1 has it."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from iamd.wire.http import Answer, breaks_line

Headers = list[tuple[bytes, bytes]]

BODILESS: Final = frozenset({204, 304})
"""https://www.rfc-editor.org/rfc/rfc9110#section-8.6"""


class _Beginnings:
    """What answers of a status begin with: their first line and the headers of every answer, of which uvicorn makes a new
    list each second."""

    def __init__(self) -> None:
        self._defaults: Headers = []
        self._lines: dict[int, bytes | None] = {}

    def of(self, status: int, defaults: Headers) -> bytes | None:
        """None when a header would break its line."""
        if defaults is not self._defaults:
            self._defaults, self._lines = defaults, {}
        if status not in self._lines:
            lines = _lines(defaults)
            self._lines[status] = None if lines is None else STATUS_LINE[status] + lines
        return self._lines[status]


_BEGINNINGS: Final = _Beginnings()


def whole(answer: Answer, defaults: Headers) -> bytes | None:
    """Status line, headers (the `defaults` first) and body in one piece; None when a header would break its line."""
    first, lines = _BEGINNINGS.of(answer.status, defaults), _lines(answer.headers)
    if first is None or lines is None:
        return None
    body = answer.body
    return b"".join([first, lines, b"content-length: ", str(len(body)).encode(), b"\r\n\r\n", body])


def head(status: int, headers: Headers, defaults: Headers) -> bytes | None:
    """Status line and headers of an answer, which tell its length if it has a body, to the empty line; None when a header
    would break its line."""
    first, lines = _BEGINNINGS.of(status, defaults), _lines(headers)
    return None if first is None or lines is None else b"".join([first, lines, b"\r\n"])


def _lines(headers: Headers) -> bytes | None:
    said: list[bytes] = []
    parts: list[bytes] = []
    for name, value in headers:
        said.append(name)
        said.append(value)
        parts.append(name)
        parts.append(b": ")
        parts.append(value)
        parts.append(b"\r\n")
    return None if breaks_line(b"".join(said)) else b"".join(parts)
