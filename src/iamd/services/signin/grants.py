"""Authorization codes and refresh tokens: sealed, so that nothing is kept before a code is exchanged.

A code works once: exchanging it makes the session of its id. A refresh token names its session and a number there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TypeVar

import msgspec

from iamd.services.signin.people import Person
from iamd.store.sealing import Sealer, SealError

CODE_SECONDS = 300
_CODE, _REFRESH = b"sign-in authorization code", b"sign-in refresh token"


class Code(msgspec.Struct, frozen=True, array_like=True):
    """What an authorization code stands for. `challenge` and `redirect` are SHA-256 digests: of the verifier that the
    client keeps, and of the URI that the code is sent to."""

    id: str
    person: Person
    client_id: str
    challenge: bytes
    redirect: bytes
    issued: int  # seconds of the epoch


class Refresh(msgspec.Struct, frozen=True, array_like=True):
    """What a refresh token stands for."""

    account_id: str
    session_id: str
    generation: int


T = TypeVar("T", bound=msgspec.Struct)


def seal_code(sealer: Sealer, code: Code) -> str:
    return sealed(sealer, code, _CODE)


def open_code(sealer: Sealer, text: str) -> Code | None:
    """The code, or None when it is not one of ours."""
    return opened(sealer, text, _CODE, Code)


def seal_refresh(sealer: Sealer, refresh: Refresh) -> str:
    return sealed(sealer, refresh, _REFRESH)


def open_refresh(sealer: Sealer, text: str) -> Refresh | None:
    """The token, or None when it is not one of ours."""
    return opened(sealer, text, _REFRESH, Refresh)


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def is_digest_of(stored: bytes, text: str | None) -> bool:
    return text is not None and hmac.compare_digest(stored, digest(text))


def sealed(sealer: Sealer, value: msgspec.Struct, context: bytes) -> str:
    """A value as text of URL-safe characters, which opens only here and only as what the context says it is."""
    return base64.urlsafe_b64encode(sealer.seal(msgspec.msgpack.encode(value), context)).rstrip(b"=").decode()


def opened(sealer: Sealer, text: str, context: bytes, kind: type[T]) -> T | None:
    """What was sealed, or None when it was not sealed here, or as something else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(sealer.open(raw, context), type=kind)
    except (binascii.Error, ValueError, SealError, msgspec.MsgspecError):
        return None
