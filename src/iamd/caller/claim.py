"""What a signed request claims about itself, before any of it has been verified."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from iamd.caller.signature import TERMINATOR


class Signature:
    """The parts of an AWS Signature Version 4, read but not yet verified.

    `date`, `region` and `service` are the credential's `scope`. `timestamp` is when the request was signed (UTC) and
    `stamp` the same in ISO 8601 basic format; `expires` are the seconds that a presigned request asks to live. `token`
    is the session token of temporary credentials. `content_sha256` is what the request says about its payload, None
    when it says nothing. `policy` is the POST policy of a form, which was signed in place of the request. (A plain
    class, because one is made for every request: see `wire.http`.)
    """

    def __init__(
        self,
        access_key_id: str,
        date: str,
        region: str,
        service: str,
        signed_headers: tuple[bytes, ...],
        signature: str,
        timestamp: datetime,
        stamp: str,
        token: str | None = None,
        content_sha256: str | None = None,
        expires: int | None = None,
        presigned: bool = False,
        policy: bytes | None = None,
        scope: str = "",
    ) -> None:
        self.access_key_id: Final = access_key_id
        self.date: Final = date
        self.region: Final = region
        self.service: Final = service
        self.signed_headers: Final = signed_headers
        self.signature: Final = signature
        self.timestamp: Final = timestamp
        self.stamp: Final = stamp
        self.token: Final = token
        self.content_sha256: Final = content_sha256
        self.expires: Final = expires
        self.presigned: Final = presigned
        self.policy: Final = policy
        self.scope: Final = scope or f"{date}/{region}/{service}/{TERMINATOR}"

    def __repr__(self) -> str:
        """Names the key and the scope, without the session token."""
        return f"Signature({self.access_key_id}/{self.date}/{self.region}/{self.service} at {self.stamp})"
