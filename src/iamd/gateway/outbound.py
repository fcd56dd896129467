"""A request to an upstream."""

from __future__ import annotations

from collections.abc import AsyncIterator

Headers = list[tuple[bytes, bytes]]


class Passed:
    """A body for an upstream: whole or in pieces, its length (None: unknown), its hash's line, and the headers."""

    def __init__(
        self, body: bytes | AsyncIterator[bytes], length: int | None, payload_hash: str, headers: Headers
    ) -> None:
        self.body = body
        self.length = length
        self.payload_hash = payload_hash
        self.headers = headers


class Outbound:
    """What is sent to an upstream. `body` is whole, or comes with its `length` (None: in chunks). `scope` is region and
    signing name, `account_id` whose request it is there."""

    def __init__(
        self,
        method: str,
        path: bytes,
        query: bytes,
        headers: Headers,
        body: bytes | AsyncIterator[bytes],
        length: int | None,
        payload_hash: str,
        scope: tuple[str, str],
        account_id: str,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.length = length
        self.payload_hash = payload_hash
        self.scope = scope
        self.account_id = account_id
