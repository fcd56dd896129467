"""Values that programs and browsers carry for the server, which keeps nothing of them: sealed, so that nobody else reads,
changes or makes one.
"""

from __future__ import annotations

import base64
import binascii
from typing import ClassVar, Self, TypeVar

import msgspec

from iamd.store.sealing import Sealer, SealError

_LONGEST = 65_536  # characters
T = TypeVar("T", bound=msgspec.Struct)


class Carried(msgspec.Struct, frozen=True, array_like=True):
    """A kind of such values. `context` is its name, and no other kind's, so that none is taken for another."""

    context: ClassVar[bytes]

    def __repr__(self) -> str:
        """Names the kind, without what is carried, which may be secret."""
        return f"{type(self).__name__}()"

    def sealed(self, sealer: Sealer) -> str:
        """The value as text of URL-safe characters."""
        return sealed(sealer, self, self.context)

    @classmethod
    def opened(cls, sealer: Sealer, text: str) -> Self | None:
        """The value, or None when it was not sealed here, or as another kind."""
        return opened(sealer, text[:_LONGEST], cls.context, cls)


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
