"""One API call, to be recorded as CloudTrail does."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from iamd.audit.asked import Ask, SessionPolicies, kept, own_action
from iamd.audit.elements import HIDDEN, request_parameters, response_elements
from iamd.audit.identity import Identity, element_of
from iamd.audit.stored import StoredEvent, packed, record
from iamd.caller.caller import Caller
from iamd.wire.model import OperationModel

_TEXT_LIMIT = 1024  # bytes of userAgent, errorCode and errorMessage
_ELEMENT_LIMIT = 100 * 1024  # bytes of requestParameters and of responseElements
_NOBODY = Identity("Unknown")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_identities: dict[tuple[str, ...], bytes] = {}
_MAX_IDENTITIES = 4096


# Not the module's own generator: what others make of that (tests that seed it, for one) is no concern of these ids.
_random = random.Random()
os.register_at_fork(after_in_child=_random.seed)


def new_uuid() -> str:
    """A random UUID (RFC 9562, version 4) as text: unique, but no secret, so no system call is spent on it."""
    digits = "%032x" % _random.getrandbits(128)  # noqa: UP031  # twice as fast as an f-string
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def event_id(time: datetime) -> str:
    """The id of an event: a UUID that tells its time (RFC 9562, version 7), so that no index of the ids is needed."""
    digits = "%018x" % _random.getrandbits(72)  # noqa: UP031
    return f"{_time_part(time)}{digits[:3]}-a{digits[3:6]}-{digits[6:]}"


@lru_cache(maxsize=64)
def _time_part(time: datetime) -> str:
    digits = f"{(time - _EPOCH) // _MILLISECOND:012x}"
    return f"{digits[:8]}-{digits[8:12]}-7"


_tells_time = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}").fullmatch


def time_of(event_id: str) -> datetime | None:
    """The millisecond that `event_id` was given; None for an id that tells no time."""
    if _tells_time(event_id) is None:
        return None
    try:
        return _EPOCH + int(event_id[:8] + event_id[9:13], 16) * _MILLISECOND
    except OverflowError:
        return None


def _identity(caller: Caller) -> bytes:
    """The packed `userIdentity` of a caller, which is the same for all its calls."""
    key = (caller.access_key_id, caller.arn, caller.principal_arn, caller.user_id)
    known = _identities.get(key)
    if known is None:
        if len(_identities) >= _MAX_IDENTITIES:
            _identities.clear()
        known = _identities[key] = packed(element_of(caller))
    return known


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
        stored = self._stored(self._parameters(), self._response())
        if len(stored) <= _ELEMENT_LIMIT:
            return stored
        return self._stored(_bounded(self._parameters()), _bounded(self._response()))

    def _stored(self, params: dict[str, Any] | None, response: dict[str, Any] | None) -> bytes:
        who = self.who
        identity = _identity(who) if isinstance(who, Caller) else packed((who or _NOBODY).element())
        code, message = (None, None) if self.error is None else map(_shortened, self.error)
        return packed(
            StoredEvent(
                self.source,
                _shortened(self.name),
                self.region,
                self.request_id,
                self.read_only,
                msgspec.Raw(identity),
                self.client_ip,
                _shortened(self.agent),
                params,
                response,
                code,
                message,
                None if self.additional is None else dict(self.additional),
                self.shared_id,
                self.secure_host,
                self.type,
                kept(self.asked, own_action(self.source, self.name), self.account_id),
                _session_policies(who),
                self.from_console,
            )
        )

    def _parameters(self) -> dict[str, Any] | None:
        given = None if self.operation is None else request_parameters(self.operation, self.params)
        if not self.disclosed:
            return given
        return {name: value for name, value in (given or {}).items() if value != HIDDEN} | dict(self.disclosed)

    def _response(self) -> dict[str, Any] | None:
        """Nothing for failures, and for reads unless they issue credentials, as on AWS."""
        if self.operation is None:
            return None if self.response is None else dict(self.response)
        if self.error is not None:
            return None
        if self.read_only and not (self.reply and "Credentials" in self.reply):
            return None
        return response_elements(self.operation, self.reply)


def _session_policies(who: Caller | Identity | None) -> SessionPolicies | None:
    session = who.session if isinstance(who, Caller) else None
    if session is None or (session.policy is None and not session.policy_arns):
        return None
    return SessionPolicies(session.policy, session.policy_arns)


def _bounded(element: dict[str, Any] | None) -> dict[str, Any] | None:
    """The element, unless it is longer than CloudTrail records."""
    return element if len(packed(element)) <= _ELEMENT_LIMIT else None


def _shortened(text: str) -> str:
    """At most 1 KB, as CloudTrail cuts long texts."""
    if len(text) <= _TEXT_LIMIT // 4:  # no character takes more than four bytes
        return text
    return text.encode(errors="replace")[:_TEXT_LIMIT].decode(errors="ignore")
