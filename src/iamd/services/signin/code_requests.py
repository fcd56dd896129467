"""Requests for authorization codes, as the console and the access portal take them from programs.

RFC 6749, 4.1, with PKCE (RFC 7636) and redirects to the person's own machine only (RFC 8252, 7.3).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

_LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
_LONGEST = 2_048
_is_plain = re.compile(r"[\x21-\x7e]+").fullmatch
_is_challenge = re.compile(r"[A-Za-z0-9_-]{43}").fullmatch


class Malformed(Exception):
    """An authorization request that is answered with a page, and never with a redirect."""


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A request that is well-formed. `challenge` is the SHA-256 digest that the verifier will have; `origin` is that of
    the redirect, None for a program elsewhere, to which the person carries the code."""

    redirect_uri: str
    origin: str | None
    state: str
    challenge: bytes

    def answer(self, **values: str) -> str:
        """The redirect that carries those values, and the program's state, back."""
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode({**values, 'state': self.state})}"


def state_and_challenge(query: Mapping[str, str], methods: Sequence[str] = ("S256",)) -> tuple[str, bytes]:
    """What a request for a code has to have; `methods` are the names that S256 goes by. Raises Malformed."""
    state, challenge = query.get("state", ""), query.get("code_challenge", "")
    if query.get("response_type") != "code":
        raise Malformed("response_type must be `code`.")
    if query.get("code_challenge_method") not in methods:
        raise Malformed("code_challenge_method must be S256.")
    if not _is_challenge(challenge):
        raise Malformed("code_challenge must be a SHA-256 digest as base64url.")
    if not 1 <= len(state) <= _LONGEST or not _is_plain(state):
        raise Malformed("state is required.")
    return state, base64.urlsafe_b64decode(f"{challenge}=")


def loopback_origin(uri: str) -> str | None:
    """The origin of a redirect URI to the person's own machine, as it is spelled there; None for all others."""
    if len(uri) > _LONGEST or not _is_plain(uri) or "\\" in uri or "#" in uri:
        return None
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    if parts.scheme != "http" or host not in _LOOPBACK:  # no user, no other spelling
        return None
    origin = f"http://{parts.netloc}"
    return origin if uri == origin or uri.startswith((f"{origin}/", f"{origin}?")) else None
