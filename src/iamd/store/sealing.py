"""Secrets at rest: sealed with AES-256-GCM under data keys, which a master key from outside the database wraps.

Sealed form: version (1 byte), key id (4 bytes, big-endian), nonce (12 bytes), ciphertext with tag. The context, which
says what and whose the secret is, is authenticated with it, so that a sealed secret cannot be moved to another record.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

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
        self._current = max(keys)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

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


class MasterKey:
    """Wraps data keys. Its own id in what it seals is 0: there is one at a time."""

    def __init__(self, key: bytes, origin: str) -> None:
        self._sealer = Sealer({0: key})
        self._origin = origin

    def wrap(self, key_id: int, key: bytes) -> bytes:
        return self._sealer.seal(key, _wrapping(key_id))

    def unwrap(self, key_id: int, wrapped: bytes) -> bytes:
        """The data key; raises SealError when another master key wrapped it."""
        try:
            return self._sealer.open(wrapped, _wrapping(key_id))
        except SealError:
            raise SealError(f"{self._origin} is not the one that this database's keys are wrapped with") from None


def _wrapping(key_id: int) -> bytes:
    return b"iamd data key %d" % key_id


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def random_master_key() -> MasterKey:
    """A master key that nobody else has, for a database that ends with the process."""
    return MasterKey(new_key(), "the master key in memory")


def read_master_key(file: Path) -> MasterKey:
    """The master key in a file: 32 bytes, raw or as base64; raises StoreError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read the master key file {file}: {error.strerror}") from None
    if len(content) == KEY_BYTES:
        return MasterKey(content, f"the master key in {file}")
    try:
        key = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(f"the master key file {file} must hold {KEY_BYTES} bytes, raw or as base64")
    return MasterKey(key, f"the master key in {file}")


def create_master_key(file: Path) -> None:
    """Write a new master key with mode 0600, unless the file exists; it appears complete or not at all.

    The directory is made where there is none, with mode 0700. Raises StoreError.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_master_key(file)
    except OSError as error:
        raise StoreError(f"cannot write the master key file {file}: {error.strerror}") from None


def _write_master_key(file: Path) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".master-", dir=file.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(base64.b64encode(new_key()) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        Path(temporary).unlink()
    _sync_directory(file.parent)


def _sync_directory(directory: Path) -> None:
    """Make the directory's entries durable: secrets must not outlive the key that opens them."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
