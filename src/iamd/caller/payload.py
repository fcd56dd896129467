"""What a signed S3 request says about its body, which is still to come: see `streamed`, which reads it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final

from iamd.wire.errors import SignatureDoesNotMatch
from iamd.wire.s3_errors import InvalidRequest, MalformedTrailerError

UNSIGNED: Final = "UNSIGNED-PAYLOAD"
EMPTY: Final = hashlib.sha256(b"").hexdigest()
_CHUNKED: Final[Mapping[str, tuple[bool, bool]]] = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": (True, False),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": (True, True),
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": (False, True),
}
"""Whether the chunks are signed, and whether trailers follow."""

_CHECKSUMS: Final = frozenset(
    "x-amz-checksum-" + name
    for name in ("crc32", "crc32c", "crc64nvme", "md5", "sha1", "sha256", "sha512", "xxhash128", "xxhash3", "xxhash64")
)
"""What may follow a body; any other name could say after the decision what was not decided on."""

_NONE: Final[frozenset[bytes]] = frozenset()
_is_hash: Final = re.compile(r"[0-9a-f]{64}").fullmatch


class Payload:
    """What a request says about its body: `claimed` is the last line of its canonical request.

    `signed` is called by whoever has verified that; only then can chunks be followed. After the body has been read to
    its end, `trailers` are there: all those that were announced, and no others. Raises SignatureDoesNotMatch for a word
    that it does not know. (A plain class, because one is made for every request: see `wire.http`.)
    """

    def __init__(self, claimed: str) -> None:
        self.claimed: Final = claimed
        self.chunked = False  # whether the body is in `aws-chunked` coding
        self.signs_chunks = False
        self.has_trailers = False  # whether trailers follow the body
        self.trailers: list[tuple[bytes, bytes]] = []
        self._announced: frozenset[bytes] = _NONE  # trailers that are still to come
        self._sign: Callable[[bytes], str] | None = None
        self._scope = ""
        self._previous = ""
        if claimed != EMPTY and claimed != UNSIGNED:
            coding = _CHUNKED.get(claimed)
            if coding is not None:
                self.chunked = True
                self.signs_chunks, self.has_trailers = coding
            elif not _is_hash(claimed):
                raise SignatureDoesNotMatch

    def announce(self, names: str) -> None:
        """The header `x-amz-trailer` names what follows the body; raises InvalidRequest for what is no checksum."""
        for name in names.lower().split(","):
            if name.strip() not in _CHECKSUMS:
                raise InvalidRequest("The value specified in the x-amz-trailer header is not supported")
            self._announced |= {name.strip().encode()}

    def trails(self, name: bytes, value: bytes) -> None:
        """A trailer; raises MalformedTrailerError for one that is not announced, or there already."""
        if name not in self._announced:
            raise MalformedTrailerError
        self._announced -= {name}
        self.trailers.append((name, value))

    def end(self) -> None:
        """Nothing more follows; raises MalformedTrailerError where something was announced."""
        if self._announced:
            raise MalformedTrailerError

    def signed(self, sign: Callable[[bytes], str], stamp: str, scope: str, signature: str) -> None:
        """The request's signature holds: `sign` makes others with its key."""
        self._sign, self._scope, self._previous = sign, f"{stamp}\n{scope}", signature

    def follow(self, what: str, signature: str, told: str) -> None:
        """The next piece's signature must hold, too; raises SignatureDoesNotMatch."""
        if self._sign is None:
            raise RuntimeError("chunks are read after the request's own signature was verified")
        made = self._sign(f"AWS4-HMAC-SHA256-{what}\n{self._scope}\n{self._previous}\n{told}".encode())
        if not hmac.compare_digest(made.encode(), signature.encode()):
            raise SignatureDoesNotMatch
        self._previous = made
