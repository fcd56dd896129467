"""Session tokens: the whole session of temporary credentials, sealed, so that no node has to remember it.

Layout before base64url: version (1 byte), flags (1), key number (4, big-endian), nonce (12), AES-256-GCM ciphertext
and tag over the first six bytes as associated data. Inside is the `Session` as a MessagePack array, deflated when
it is long and that is shorter. Nonces are random: replace a key well before it has sealed 2**32 tokens (NIST SP 800-38D, 8.3).
"""

from __future__ import annotations

import base64
import binascii
import os
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iamd.caller.session import Session
from iamd.wire.errors import InvalidClientTokenId

_VERSION = 1
_DEFLATED = 1
_HEADER = struct.Struct(">BBI")
_NONCE = 12
_TAG = 16
_SHORT = 512  # bytes; sessions without policies and tags are no longer, and deflating them would gain little
_REMEMBERED = 2048  # opened tokens; one takes a few kilobytes
_MAX_LENGTH = 65_536  # characters; more than any request header may have

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Session).decode


class TokenKeys:
    """The keys that seal and open session tokens, by number: the one of the highest number seals, all open.

    Keys have 32 bytes; raises ValueError otherwise. `renew` takes over other keys; an older one is to be kept for as
    long as the longest session lives that it sealed.
    """

    introduces: Callable[[str], Awaitable[Session]] | None
    """Asks elsewhere which session it is whose token these keys do not open; None where nobody is to be asked. Raises
    InvalidClientTokenId and ServiceUnavailable."""

    renewals: int
    """How often keys were taken over."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self.introduces = None
        self.renewals = 0
        self.renew(keys)

    def renew(self, keys: Mapping[int, bytes]) -> None:
        """Use these keys from now on. Raises ValueError."""
        if any(len(key) != 32 for key in keys.values()):
            raise ValueError("a token key has 32 bytes")
        self.renewals += 1
        self._number = max(keys)
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._open)  # nothing that these keys do not open
        self._introduced: dict[str, Session] = {}

    def seal(self, session: Session) -> str:
        """The session as a token of URL-safe characters that only these keys open."""
        plain = _encode(session)
        flags, payload = 0, plain
        if len(plain) > _SHORT:
            # Length tells no secret: all that is compressed belongs to whoever receives the token.
            deflated = zlib.compress(plain, level=6)
            flags, payload = (_DEFLATED, deflated) if len(deflated) < len(plain) else (0, plain)
        header = _HEADER.pack(_VERSION, flags, self._number)
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._number].encrypt(nonce, payload, header)
        return _armoured(header + nonce + sealed)

    def open(self, token: str) -> Session:
        """The session in a token, expired or not; raises InvalidClientTokenId unless one of these keys sealed it, or it was
        introduced.

        It is for the caller to hold `access_key_id` against the request's and `expires` against the clock.
        """
        try:
            return self._remembered(token)
        except InvalidClientTokenId:
            introduced = self._introduced.get(token)
            if introduced is None:
                raise
            return introduced

    def at_hand(self, token: str) -> Session | None:
        """The same; None when somebody else has to be asked: see `introduces`."""
        try:
            return self.open(token)
        except InvalidClientTokenId:
            if self.introduces is None:
                raise
            return None

    def introduce(self, token: str, session: Session, renewals: int) -> None:
        """Take somebody else's word for it, until the keys are renewed: not if they were since there were so many
        `renewals`, when that was asked."""
        if renewals != self.renewals:
            return
        if len(self._introduced) >= _REMEMBERED:
            del self._introduced[next(iter(self._introduced))]
        self._introduced[token] = session

    def _open(self, token: str) -> Session:
        try:
            raw = _unarmoured(token)
            version, flags, number = _HEADER.unpack_from(raw)
            if version != _VERSION:
                raise InvalidClientTokenId
            start = _HEADER.size + _NONCE
            payload = self._ciphers[number].decrypt(raw[_HEADER.size : start], raw[start:], raw[: _HEADER.size])
            return _decode(zlib.decompress(payload) if flags & _DEFLATED else payload)
        except (ValueError, KeyError, InvalidTag, msgspec.MsgspecError, zlib.error):
            raise InvalidClientTokenId from None


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _armoured(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


def _unarmoured(token: str) -> bytes:
    """The bytes of a token; raises ValueError for anything that `seal` would not have written in that very way."""
    if len(token) > _MAX_LENGTH:
        raise ValueError("too long")
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if len(raw) < _HEADER.size + _NONCE + _TAG:
        raise ValueError("too short")
    if _armoured(raw) != token:
        raise ValueError("not canonical")
    return raw
