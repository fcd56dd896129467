"""A whole answer as HTTP/1.1 has it."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from iamd.wire.http import Answer

Headers = list[tuple[bytes, bytes]]


def whole(answer: Answer, defaults: Headers) -> bytes | None:
    """Status line, headers (the `defaults` first) and body in one piece; None when a header would break its line."""
    lines = [STATUS_LINE[answer.status]]
    for name, value in defaults:
        lines.append(b"%b: %b\r\n" % (name, value))
    for name, value in answer.headers:
        lines.append(b"%b: %b\r\n" % (name, value))
    head = b"".join(lines)
    if not head.count(b"\r") == head.count(b"\n") == len(lines) or b"\0" in head:
        return None
    return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(answer.body), answer.body)
