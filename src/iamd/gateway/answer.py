"""What the gateway sends back. A plain class: see `wire.http`."""

from __future__ import annotations

from collections.abc import AsyncGenerator


class Answer:
    """What is sent back; a body in pieces comes from the upstream. For the metrics: the `code` of a refusal or the status
    of an upstream's error, and `service` and `operation` by botocore's names."""

    def __init__(
        self,
        status: int,
        headers: list[tuple[bytes, bytes]],
        body: bytes | AsyncGenerator[bytes, None],
        code: str = "OK",
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.code = code
        self.service = "none"
        self.operation = "none"
