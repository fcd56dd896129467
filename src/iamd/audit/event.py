"""The record of one API call, in CloudTrail's format.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from iamd.audit.elements import request_parameters, response_elements
from iamd.audit.identity import Identity, element_of, iso
from iamd.caller.caller import Caller
from iamd.wire.model import OperationModel

EVENT_VERSION = "1.11"

_TEXT_LIMIT = 1024  # bytes of userAgent, errorCode and errorMessage
_ELEMENT_LIMIT = 100 * 1024  # bytes of requestParameters and of responseElements
_NO_IDENTITY = Identity("Unknown")

_encode = msgspec.json.Encoder(enc_hook=str).encode  # a record is never lost for a value of an unforeseen type


def _json(element: Mapping[str, Any] | None) -> bytes:
    try:
        return _encode(element)
    except UnicodeEncodeError:  # an unpaired surrogate, in a call that was refused for it
        return json.dumps(element, default=str).encode()


@dataclass(slots=True)
class ApiEvent:
    """What is known of a call, by reference; it becomes a record when it is written, which costs the call nothing.

    `account_id` is whose trail it is, `who` the caller or, where AWS logs another identity for it, that one. `name` is
    the action as sent; `operation` and the parameters (by snake-case name) are there when it is a known one. `error`
    is code and message of the failure; `reply` is the answer by the model's names. The mappings must not be changed
    afterwards.
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
    params: Mapping[str, Any] = field(default_factory=dict)
    reply: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None
    client_ip: str = ""
    agent: str = ""
    secure_host: str | None = None  # the Host header, when the call came over TLS
    additional: Mapping[str, Any] | None = None
    shared_id: str | None = None  # of the same call in another account's trail
    _id: str = ""

    @property
    def event_id(self) -> str:
        if not self._id:
            self._id = str(uuid.UUID(int=random.getrandbits(128), version=4))  # unique, but no secret
        return self._id

    def record(self) -> dict[str, Any]:
        """The CloudTrail record; what does not apply is absent, but for the elements that always are there."""
        who = element_of(self.who) if isinstance(self.who, Caller) else (self.who or _NO_IDENTITY).element()
        record: dict[str, Any] = {
            "eventVersion": EVENT_VERSION,
            "userIdentity": who,
            "eventTime": iso(self.time),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.client_ip,
            "userAgent": _shortened(self.agent),
        }
        if self.error is not None:
            code, message = self.error
            record |= {"errorCode": _shortened(code), "errorMessage": _shortened(message)}
        record |= {"requestParameters": self._parameters(), "responseElements": self._response()}
        if self.additional:
            record["additionalEventData"] = dict(self.additional)
        record |= {
            "requestID": self.request_id,
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self.account_id,
            "eventCategory": "Management",
        }
        if self.shared_id is not None:
            record["sharedEventID"] = self.shared_id
        if self.secure_host is not None:
            record["tlsDetails"] = {"clientProvidedHostHeader": self.secure_host}
        return record

    def encode(self) -> bytes:
        """The record as JSON; parameters or a response that are longer than CloudTrail records are left out."""
        record = self.record()
        encoded = _json(record)
        if len(encoded) <= _ELEMENT_LIMIT:
            return encoded
        for name in ("requestParameters", "responseElements"):
            if len(_json(record[name])) > _ELEMENT_LIMIT:
                record[name] = None
        return _json(record)

    def _parameters(self) -> dict[str, Any] | None:
        return None if self.operation is None else request_parameters(self.operation, self.params)

    def _response(self) -> dict[str, Any] | None:
        """Nothing for reads and failures, as on AWS."""
        if self.operation is None or self.read_only or self.error is not None:
            return None
        return response_elements(self.operation, self.reply)


def _shortened(text: str) -> str:
    """At most 1 KB, as CloudTrail cuts long texts."""
    if len(text) <= _TEXT_LIMIT // 4:  # no character takes more than four bytes
        return text
    return text.encode(errors="replace")[:_TEXT_LIMIT].decode(errors="ignore")
