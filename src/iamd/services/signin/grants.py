"""Authorization codes and refresh tokens: sealed, so that nothing is kept before a code is exchanged.

A code works once: exchanging it makes the session of its id. A refresh token names its session and a number there.
"""

from __future__ import annotations

import hashlib
import hmac

from iamd.services.carried import Carried
from iamd.services.signin.people import Person

CODE_SECONDS = 300


class Code(Carried, frozen=True, array_like=True):
    """What an authorization code stands for. `challenge` and `redirect` are SHA-256 digests: of the verifier that the
    client keeps, and of the URI that the code is sent to. `at_console` is the console's session that it was given in, if
    it was."""

    context = b"sign-in authorization code"

    id: str
    person: Person
    client_id: str
    challenge: bytes
    redirect: bytes
    issued: int  # seconds of the epoch
    at_console: str = ""


class Refresh(Carried, frozen=True, array_like=True):
    """What a refresh token stands for."""

    context = b"sign-in refresh token"

    account_id: str
    session_id: str
    generation: int


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def is_digest_of(stored: bytes, text: str | None) -> bool:
    return text is not None and hmac.compare_digest(stored, digest(text))
