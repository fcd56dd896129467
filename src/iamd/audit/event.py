"""One API call, to be recorded as CloudTrail does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from iamd.audit.asked import Ask
from iamd.audit.encoding import encoded
from iamd.audit.identity import Identity
from iamd.audit.stored import record
from iamd.caller.caller import Caller
from iamd.store.event_ids import event_id
from iamd.wire.model import OperationModel


class ApiEvent(msgspec.Struct):
    """What is known of a call, by reference; it becomes a record when it is written, which costs the call nothing.

    `account_id` is whose trail it is, `who` the caller or, where AWS logs another identity for it, that one. `name` is
    the action as sent; `operation` and the parameters (by snake-case name) are there when it is a known one. `error`
    is code and message of the failure; `reply` is the answer by the model's names; `disclosed` is recorded in place of
    the parameters that are secret; `asked` is what was decided, the last of it refused where the call was denied. The
    mappings must not be changed afterwards.
    """

    account_id: str
    time: datetime
    source: str  # "iam.amazonaws.com"
    name: str
    region: str
    request_id: str
    read_only: bool
    who: Caller | Identity | None = None
    operation: OperationModel | None = None
    params: Mapping[str, Any] = {}
    reply: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None
    client_ip: str = ""
    agent: str = ""
    secure_host: str | None = None  # the Host header, when the call came over TLS
    additional: Mapping[str, Any] | None = None
    shared_id: str | None = None  # of the same call in another account's trail
    disclosed: Mapping[str, Any] = {}
    type: str = "AwsApiCall"
    response: Mapping[str, Any] | None = None  # where there is no operation that tells what to record of the reply
    from_console: bool = False
    service_details: Mapping[str, str] | None = None  # what a service tells of an event of its own
    event_id: str = ""  # made from the time unless it is given
    asked: Sequence[Ask] = ()

    def __post_init__(self) -> None:
        if not self.event_id:
            self.event_id = event_id(self.time)

    def record(self) -> dict[str, Any]:
        """The CloudTrail record, as it will be read back."""
        return record(self.account_id, self.time, self.event_id, self.encode())

    def encode(self) -> bytes:
        """The event as it is stored; parameters or a response that are longer than CloudTrail records are left out."""
        return encoded(self)
