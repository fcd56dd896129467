"""How an audit event is stored: only what differs between calls, as a MessagePack array.

A CloudTrail record in JSON is three times as long, and most of it says the same for every call; storing it would cost
a read more than deciding it. `record` gives the CloudTrail record back.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

import msgspec

from iamd.audit.asked import Asked, SessionPolicies
from iamd.audit.identity import iso

EVENT_VERSION = "1.11"


class StoredEvent(msgspec.Struct, array_like=True, omit_defaults=True):
    """The parts of a record that account, time and id of the event do not tell already.

    INVARIANT: the order of the fields is the format. New fields are appended and have a default.
    """

    source: str
    name: str
    region: str
    request_id: str
    read_only: bool
    identity: msgspec.Raw
    ip: str = ""
    agent: str = ""
    params: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    error_code: str | None = None
    error_message: str | None = None
    additional: dict[str, Any] | None = None
    shared_id: str | None = None
    secure_host: str | None = None
    type: str = "AwsApiCall"
    asked: list[Asked] = []
    session_policies: SessionPolicies | None = None
    from_console: bool = False
    service_details: dict[str, str] | None = None


# A record is never lost for a value of an unforeseen type.
_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_decode = msgspec.msgpack.Decoder(StoredEvent).decode


def packed(value: object) -> bytes:
    """The value as MessagePack; unpaired surrogates, in a call that was refused for them, are spelled out."""
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_spelled_out(value))


def _spelled_out(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_spelled_out(key): _spelled_out(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled_out(item) for item in value]
    if isinstance(value, msgspec.Struct):
        return type(value)(*(_spelled_out(getattr(value, name)) for name in value.__struct_fields__))
    return value


class Tail(msgspec.Struct, array_like=True):
    """A StoredEvent from its parameters on, unopened."""

    params: msgspec.Raw
    response: msgspec.Raw
    error_code: msgspec.Raw
    error_message: msgspec.Raw
    additional: msgspec.Raw
    shared_id: msgspec.Raw
    secure_host: msgspec.Raw
    type: msgspec.Raw
    asked: msgspec.Raw
    session_policies: msgspec.Raw = msgspec.Raw(b"\xc0")


_BEFORE_TAIL = StoredEvent.__struct_fields__.index("params")
_tail = msgspec.msgpack.Decoder(Tail).decode


def opened_tail(head: bytes, tail: bytes) -> Tail:
    """The tail of a shape that `templates` made, whose head is that."""
    return _tail(bytes((0x90 + head[2] - _BEFORE_TAIL,)) + tail)


class Stored(Protocol):
    """An event as the store has it."""

    @property
    def account_id(self) -> str: ...

    @property
    def time(self) -> datetime: ...

    @property
    def event_id(self) -> str: ...

    @property
    def record(self) -> bytes: ...


def opened(stored: bytes) -> StoredEvent:
    """What was packed of an event."""
    return _decode(stored)


def record_of(event: Stored) -> dict[str, Any]:
    """The CloudTrail record of an event of the store."""
    return record(event.account_id, event.time, event.event_id, event.record)


def record(account_id: str, time: datetime, event_id: str, stored: bytes) -> dict[str, Any]:
    """The CloudTrail record of a stored event; what does not apply is absent, but for what always is there."""
    event = _decode(stored)
    told: dict[str, Any] = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": msgspec.msgpack.decode(event.identity),
        "eventTime": iso(time),
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.region,
        "sourceIPAddress": event.ip,
        "userAgent": event.agent,
    }
    if event.error_code:  # a failed sign-in has none
        told["errorCode"] = event.error_code
    if event.error_message is not None:
        told["errorMessage"] = event.error_message
    told |= {"requestParameters": event.params, "responseElements": event.response}
    if event.additional:
        told["additionalEventData"] = event.additional
    told |= {
        "requestID": event.request_id,
        "eventID": event_id,
        "readOnly": event.read_only,
        **_resources(event),
        "eventType": event.type,
        "managementEvent": True,
        "recipientAccountId": account_id,
        "eventCategory": "Management",
    }
    if event.shared_id is not None:
        told["sharedEventID"] = event.shared_id
    if event.secure_host is not None:
        told["tlsDetails"] = {"clientProvidedHostHeader": event.secure_host}
    if event.from_console:
        told["sessionCredentialFromConsole"] = "true"
    if event.service_details is not None:
        told["serviceEventDetails"] = event.service_details
    return told


def _resources(event: StoredEvent) -> dict[str, Any]:
    """The `resources` of calls for a role, which CloudTrail names there."""
    arn = event.params.get("roleArn") if event.source == "sts.amazonaws.com" and event.params else None
    if not isinstance(arn, str) or arn.count(":") < 5:
        return {}
    return {"resources": [{"ARN": arn, "accountId": arn.split(":")[4], "type": "AWS::IAM::Role"}]}
