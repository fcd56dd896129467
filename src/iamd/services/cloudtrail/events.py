"""LookupEvents: the account's own events, newest first, by time and one attribute."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from iamd.audit import record_of
from iamd.audit.lookup import summary, terms
from iamd.audit.search import find
from iamd.guard.target import Target, nothing
from iamd.services import invocation
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.paging import marker_of, text_of
from iamd.store.interface import Recorded, Window
from iamd.wire.cloudtrail_errors import (
    InvalidLookupAttributesException,
    InvalidNextTokenException,
    InvalidTimeRangeException,
)
from iamd.wire.errors import AwsError

PAGE = 50
HISTORY = timedelta(days=90)  # how far back events are told; `iamd audit` and event data stores go further
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def look_up(
    call: Call,
    *,
    lookup_attributes: Sequence[Mapping[str, str]] = (),
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    event_category: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> list[Recorded]:
    """Find one event more than the page has, off the event loop, once the call is known to be allowed."""
    invocation.permitted(call)
    if start_time is not None and end_time is not None and start_time > end_time:
        raise InvalidTimeRangeException()
    if len(lookup_attributes) > 1:
        raise InvalidLookupAttributesException("You can specify only one lookup attribute.")
    if event_category is not None:
        return []  # the only category is that of Insights events, of which there are none
    # Times are told to the second.
    end = None if end_time is None else end_time.replace(microsecond=0) + _SECOND - _MICROSECOND
    after = None if next_token is None else _place(next_token, call)
    oldest = call.now - HISTORY
    start = oldest if start_time is None else max(start_time, oldest)
    window = Window(call.account_id, start, end, after, (max_results or PAGE) + 1)
    if not lookup_attributes:
        return await call.realm.store.events(window, None, terms)
    attribute = lookup_attributes[0]
    return await find(call.realm.store, window, attribute["AttributeKey"], attribute["AttributeValue"])


def all_events(call: Call) -> Target[None]:
    """The target: LookupEvents has no resource."""
    return nothing()


@cloudtrail.operation(on=all_events, prepare=look_up, reads=True)
def lookup_events(call: Call, _: None, *, max_results: int | None = None) -> Reply:
    """Answer what was found, a page at a time.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    """
    limit, found = max_results or PAGE, call.prepared
    following = _token(found[limit - 1], call) if len(found) > limit else None
    return {"Events": [view(event) for event in found[:limit]], "NextToken": following}


def view(event: Recorded) -> dict[str, Any]:
    """The `Event` structure."""
    told = summary(event)
    return {
        "EventId": event.event_id,
        "EventName": told.name,
        "ReadOnly": "true" if told.read_only else "false",
        "AccessKeyId": told.access_key_id,
        "EventTime": event.time.replace(microsecond=0),
        "EventSource": told.source,
        "Username": told.username,
        "Resources": [{"ResourceType": type_, "ResourceName": name} for type_, name in told.resources],
        "CloudTrailEvent": msgspec.json.encode(record_of(event)).decode(),
    }


def _token(last: Recorded, call: Call) -> str:
    """Where the next page begins; it holds for the same question alone."""
    return marker_of(f"{(last.time - _EPOCH) // _MICROSECOND}/{last.position}/{_question(call)}")


def _place(token: str, call: Call) -> tuple[datetime, int]:
    try:
        shape = re.fullmatch(r"(-?\d{1,17})/(\d{1,18})/([0-9a-f]{16})", text_of(token), re.ASCII)
    except AwsError:
        shape = None
    if shape is None or shape[3] != _question(call):
        raise InvalidNextTokenException()
    try:
        return _EPOCH + int(shape[1]) * _MICROSECOND, int(shape[2])
    except OverflowError:
        raise InvalidNextTokenException() from None


def _question(call: Call) -> str:
    asked = {name: value for name, value in call.params.items() if name not in ("next_token", "max_results")}
    return hashlib.sha256(msgspec.json.encode([call.account_id, asked], order="sorted")).hexdigest()[:16]
