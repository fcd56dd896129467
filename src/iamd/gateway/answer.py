"""What the gateway sends back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec


class Answer(msgspec.Struct):
    """What is sent back; a body in pieces comes from the upstream. For the metrics: `service` and `operation` by
    botocore's names, and the `code` of a refusal or the status of an upstream's error."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes | AsyncIterator[bytes]
    service: str = "none"
    operation: str = "none"
    code: str = "OK"
