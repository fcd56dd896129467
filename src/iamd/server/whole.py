"""A whole answer as HTTP/1.1 has it."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from iamd.wire.http import Answer, breaks_line

Headers = list[tuple[bytes, bytes]]


def whole(answer: Answer, defaults: Headers) -> bytes | None:
    """Status line, headers (the `defaults` first) and body in one piece; None when a header would break its line."""
    begun = _begun(answer.status, answer.headers, defaults)
    return None if begun is None else b"%bcontent-length: %d\r\n\r\n%b" % (begun, len(answer.body), answer.body)


def head(status: int, headers: Headers, defaults: Headers) -> bytes | None:
    """Status line and headers of an answer, which tell its length if it has a body, to the empty line; None when a header
    would break its line."""
    begun = _begun(status, headers, defaults)
    return None if begun is None else begun + b"\r\n"


def _begun(status: int, headers: Headers, defaults: Headers) -> bytes | None:
    parts = [STATUS_LINE[status]]
    for each in (defaults, headers):
        for name, value in each:
            parts += (name, b": ", value, b"\r\n")
    names_and_values = parts[1::2]
    return None if breaks_line(b"".join(names_and_values)) else b"".join(parts)
