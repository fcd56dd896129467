"""Events for benchmarks, as the server keeps them."""

from __future__ import annotations

from iamd.audit import ApiEvent
from iamd.store.interface import Shape

REQUEST_ID = "01234567-89ab-4def-8123-456789abcdef"
_ID_BYTES = 38  # in MessagePack


def shape_of(event: ApiEvent) -> Shape:
    """What an event, whose request has REQUEST_ID, has in common with others."""
    head, _, tail = event.encode().partition(REQUEST_ID.encode())
    return Shape(event.account_id, head[: len(REQUEST_ID) - _ID_BYTES], tail)
