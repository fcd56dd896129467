"""What those are told who may not: no reasons, which are for logs."""

from __future__ import annotations

TEXT = "text/plain; charset=utf-8"
WHO = 'Bearer realm="iamd"'

_SAID = {
    401: "Authentication is required.",
    403: "You are not authorized to do this.",
    503: "Whether you may do this cannot be found out at the moment.",
}
_PHRASES = {401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}


def refusal(status: int) -> str:
    """A sentence for people."""
    return _SAID[status]


def status_line(status: int) -> str:
    """Status and phrase, as WSGI has them."""
    return f"{status} {_PHRASES[status]}"
