"""Tokens of the metadata service: nothing is remembered of them, so that no client can fill the memory."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from collections.abc import Callable
from time import time

MAX_SECONDS = 21_600
_EXPIRY = struct.Struct(">Q")
_NONCE = 8
_LENGTH = _EXPIRY.size + _NONCE + 32


class MetadataTokens:
    """Issues tokens and knows them again, until this process ends."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock

    def issue(self, seconds: int) -> str:
        """A token that is good for so long."""
        body = _EXPIRY.pack(int(self._clock()) + seconds) + secrets.token_bytes(_NONCE)
        return base64.urlsafe_b64encode(body + hmac.digest(self._key, body, "sha256")).decode()

    def accepts(self, token: str) -> bool:
        """Whether the token was issued here and has not expired."""
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            return False
        body, mac = raw[:-32], raw[-32:]
        if len(raw) != _LENGTH or not hmac.compare_digest(mac, hmac.digest(self._key, body, "sha256")):
            return False
        (expires,) = _EXPIRY.unpack_from(body)
        return bool(self._clock() < expires)
