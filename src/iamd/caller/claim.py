"""What a signed request claims about itself, before any of it has been verified."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Signature(msgspec.Struct, frozen=True):
    """The parts of an AWS Signature Version 4, read but not yet verified.

    `date`, `region` and `service` are the credential's scope. `timestamp` is when the request was signed (UTC) and
    `stamp` the same in ISO 8601 basic format; `expires` are the seconds that a presigned request asks to live. `token`
    is the session token of temporary credentials. `content_sha256` is what the request says about its payload, None
    when it says nothing. `policy` is the POST policy of a form, which was signed in place of the request. (A Struct, because one is made for every request and a frozen dataclass costs 2 us.)
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[bytes, ...]
    signature: str
    timestamp: datetime
    stamp: str
    token: str | None = None
    content_sha256: str | None = None
    expires: int | None = None
    presigned: bool = False
    policy: bytes | None = None

    def __repr__(self) -> str:
        """Names the key and the scope, without the session token."""
        return f"Signature({self.access_key_id}/{self.date}/{self.region}/{self.service} at {self.stamp})"
