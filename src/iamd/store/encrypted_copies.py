"""Backups as encrypted files: AES-256-GCM in pieces, under a key of each file's own, which the master key wraps.

Form: a line that says what it is, the wrapped key, then pieces of 1 MiB with their tags. A piece's nonce is its number;
whether it is the last is authenticated with it, so that pieces cannot be left out, put elsewhere or cut off (the STREAM
construction, https://eprint.iacr.org/2015/189).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iamd.store.errors import StoreError
from iamd.store.master_key import MasterKey
from iamd.store.sealing import SealError, new_key

_MAGIC = b"iamd encrypted backup 1\n"
_PIECE = 1 << 20  # bytes of plain text
_TAG = 16
_KEY_ID = 0  # data keys are numbered from 1
_LENGTH = struct.Struct(">H")


def is_encrypted(file: Path) -> bool:
    """Whether that file is an encrypted copy; raises OSError."""
    with file.open("rb") as content:
        return content.read(len(_MAGIC)) == _MAGIC


def encrypt(plain: Path, encrypted: Path, master: MasterKey) -> None:
    """Write the file's content to another that exists already, encrypted. Raises OSError."""
    key = new_key()
    wrapped = master.wrap(_KEY_ID, key)
    cipher = AESGCM(key)
    with plain.open("rb") as source, encrypted.open("wb") as target:
        target.write(_MAGIC + _LENGTH.pack(len(wrapped)) + wrapped)
        for number, (piece, last) in enumerate(_pieces(source, _PIECE)):
            target.write(cipher.encrypt(_nonce(number), piece, _place(last)))


def decrypt(encrypted: Path, plain: Path, master: MasterKey) -> None:
    """Write what was encrypted to a file that exists already.

    Raises OSError, SealError when another master key has wrapped the key, and StoreError when the file is damaged; what
    has been written by then is not to be used.
    """
    with encrypted.open("rb") as source, plain.open("wb") as target:
        source.seek(len(_MAGIC))
        (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size, encrypted))
        wrapped = _exactly(source, length, encrypted)
        try:
            cipher = AESGCM(master.unwrap(_KEY_ID, wrapped))
        except SealError as error:
            raise SealError(f"{encrypted} was encrypted under another master key: {error}") from None
        for number, (piece, last) in enumerate(_pieces(source, _PIECE + _TAG)):
            try:
                target.write(cipher.decrypt(_nonce(number), piece, _place(last)))
            except InvalidTag:
                raise StoreError(f"{encrypted} is damaged: its piece {number} is not what was written") from None


def _pieces(source: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    """The content in pieces, at least one, and whether each is the last."""
    piece = source.read(size)
    while True:
        following = source.read(size)
        yield piece, not following
        if not following:
            return
        piece = following


def _exactly(source: BinaryIO, length: int, file: Path) -> bytes:
    found = source.read(length)
    if len(found) != length:
        raise StoreError(f"{file} is damaged: it ends too early")
    return found


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _place(last: bool) -> bytes:
    return b"last" if last else b"more"
