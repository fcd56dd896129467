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
            parts = _parts(STATUS_LINE[status], defaults)
            self._lines[status] = None if parts is None else b"".join(parts)
        return self._lines[status]


_BEGINNINGS: Final = _Beginnings()

# What stands before the values of headers that have these names: answers have the same all day.
_BEFORE: Final[dict[tuple[bytes, ...], list[bytes]]] = {}
_MOST_BEFORE: Final = 1024
_LONGEST_BEFORE: Final = 1024  # bytes of the names that are remembered together


def whole(answer: Answer, defaults: Headers) -> bytes | None:
    """Status line, headers (the `defaults` first) and body in one piece; None when a header would break its line."""
    return joined(answer.status, answer.headers, answer.body, defaults)


def joined(status: int, headers: Headers, body: bytes, defaults: Headers) -> bytes | None:
    """As `whole`, of an answer's parts."""
    parts = _parts(_BEGINNINGS.of(status, defaults), headers)
    if parts is None:
        return None
    parts.append(b"content-length: ")
    parts.append(str(len(body)).encode())
    parts.append(b"\r\n\r\n")
    parts.append(body)
    return b"".join(parts)


def head(status: int, headers: Headers, defaults: Headers) -> bytes | None:
    """Status line and headers of an answer, which tell its length if it has a body, to the empty line; None when a header
    would break its line."""
    parts = _parts(_BEGINNINGS.of(status, defaults), headers)
    if parts is None:
        return None
    parts.append(b"\r\n")
    return b"".join(parts)


def _parts(first: bytes | None, headers: Headers) -> list[bytes] | None:
    """What is said, and the lines of headers behind it, to be joined."""
    names = tuple([name for name, _ in headers])
    values = [value for _, value in headers]
    before = _BEFORE.get(names)
    if before is None:
        before = _before(names)
    if first is None or before is None or breaks_line(b"".join(values)):
        return None
    parts = [first]
    for at, value in enumerate(values):
        parts.append(before[at])
        parts.append(value)
        parts.append(b"\r\n")
    return parts


def _before(names: tuple[bytes, ...]) -> list[bytes] | None:
    together = b"".join(names)
    if breaks_line(together):
        return None
    before = [name + b": " for name in names]
    if len(together) <= _LONGEST_BEFORE:
        if len(_BEFORE) >= _MOST_BEFORE:
            _BEFORE.clear()
        _BEFORE[names] = before
    return before
