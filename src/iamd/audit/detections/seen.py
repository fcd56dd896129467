"""An event as detections look at it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from iamd.audit.stored import Stored, opened


class Issuer(msgspec.Struct, rename="camel"):
    """The role or user behind a session."""

    principal_id: str = ""
    arn: str = ""


class Session(msgspec.Struct, rename="camel"):
    session_issuer: Issuer | None = None


class Who(msgspec.Struct, rename="camel"):
    """The `userIdentity`."""

    type: str
    principal_id: str = ""
    arn: str = ""
    access_key_id: str = ""
    user_name: str = ""
    session_context: Session | None = None


_decode = msgspec.msgpack.Decoder(Who).decode


@lru_cache(maxsize=4096)
def _who(identity: bytes) -> Who:
    """Callers call again and again."""
    return _decode(identity)


class Seen(msgspec.Struct):
    """One event. `failed` tells whether it was refused or failed."""

    account_id: str
    time: datetime
    event_id: str
    source: str
    name: str
    region: str
    who: Who
    ip: str
    failed: bool
    error_code: str
    params: Mapping[str, Any]
    response: Mapping[str, Any]
    additional: Mapping[str, Any]

    @property
    def principal_id(self) -> str:
        """The unique id of the user or role behind the call, the account's id for its root user."""
        session = self.who.session_context
        issuer = None if session is None else session.session_issuer
        return issuer.principal_id if issuer is not None else self.who.principal_id

    @property
    def principal(self) -> str:
        """Who it was, for people."""
        return self.who.arn or self.who.user_name or self.who.principal_id or "Somebody unknown"


def seen(event: Stored) -> Seen:
    """What an event of the store tells."""
    stored = opened(event.record)
    return Seen(
        event.account_id,
        event.time,
        event.event_id,
        stored.source,
        stored.name,
        stored.region,
        _who(bytes(stored.identity)),
        stored.ip,
        bool(stored.error_code) or stored.error_message is not None,
        stored.error_code or "",
        stored.params or {},
        stored.response or {},
        stored.additional or {},
    )
