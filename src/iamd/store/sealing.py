"""Secrets at rest: sealed with AES-256-GCM under data keys, which a master key from outside the database wraps.

Sealed form: version (1 byte), key id (4 bytes, big-endian), nonce (12 bytes), ciphertext with tag. The context, which
says what and whose the secret is, is authenticated with it, so that a sealed secret cannot be moved to another record.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iamd.store.errors import StoreError

KEY_BYTES = 32
_VERSION = 1
_NONCE_BYTES = 12
_HEADER_BYTES = 5


class SealError(StoreError):
    """A sealed secret was altered, moved, or sealed under a key that is not here."""


class Sealer:
    """Seals and opens under a set of keys; new secrets are sealed under the newest."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = max(keys)

    def renew(self, other: Sealer) -> None:
        """Take over the keys of another one, in place: who holds this sealer has them from now on."""
        self._ciphers = other._ciphers
        self._current = other._current

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """`plain` in sealed form; it opens only with the same context."""
        header = bytes([_VERSION]) + self._current.to_bytes(4, "big")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + self._ciphers[self._current].encrypt(nonce, plain, header + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed; raises SealError."""
        header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        if len(nonce) != _NONCE_BYTES or header[0] != _VERSION:
            raise SealError("not a sealed secret")
        cipher = self._ciphers.get(int.from_bytes(header[1:], "big"))
        if cipher is None:
            raise SealError("the secret was sealed under a key that is not in the keyring")
        try:
            return cipher.decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + context)
        except InvalidTag:
            raise SealError("the sealed secret was altered or belongs elsewhere") from None


def sealed_under(sealed: bytes) -> int:
    """The id of the key that something was sealed under, 0 where it is not sealed."""
    return int.from_bytes(sealed[1:_HEADER_BYTES], "big")


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)
