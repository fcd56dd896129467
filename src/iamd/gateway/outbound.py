"""A request to an upstream."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

Headers = list[tuple[bytes, bytes]]


class Outbound(msgspec.Struct, frozen=True):
    """What is sent to an upstream. `body` is whole, or comes with its `length` (None: in chunks). `account_id` is whose
    request it is there."""

    method: str
    path: bytes
    query: bytes
    headers: Headers
    body: bytes | AsyncIterator[bytes]
    length: int | None
    payload_hash: str
    scope: tuple[str, str]  # region and signing name
    account_id: str
