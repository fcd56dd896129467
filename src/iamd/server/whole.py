"""A whole answer as HTTP/1.1 has it."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from iamd.wire.http import Answer

Headers = list[tuple[bytes, bytes]]


def whole(answer: Answer, defaults: Headers) -> bytes | None:
    """Status line, headers (the `defaults` first) and body in one piece; None when a header would break its line."""
    parts, lines = [STATUS_LINE[answer.status]], 1
    for headers in (defaults, answer.headers):
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
            lines += 1
    head = b"".join(parts)
    if not head.count(b"\r") == head.count(b"\n") == lines or b"\0" in head:
        return None
    return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(answer.body), answer.body)
