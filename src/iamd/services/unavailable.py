"""What clients are told of a failure of the store."""

from __future__ import annotations

from iamd.store.errors import Refused
from iamd.wire.errors import ServiceUnavailable


def unavailable(error: Exception) -> ServiceUnavailable:
    """That it is unavailable; why, only where that is for them."""
    return ServiceUnavailable(str(error)) if isinstance(error, Refused) else ServiceUnavailable()
