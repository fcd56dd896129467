"""Event selectors: which management events a trail takes. There are no data events here, nor insights.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from iamd.audit.selectors import ALL, FIELDS, Selectors
from iamd.guard.target import Target
from iamd.services.call import Call, Reply
from iamd.services.cloudtrail.api import cloudtrail
from iamd.services.cloudtrail.naming import trail_at_home, trail_by
from iamd.store.kinds.trails import Trail
from iamd.wire.cloudtrail_errors import (
    InsightNotEnabledException,
    InvalidEventSelectorsException,
    InvalidInsightSelectorsException,
)

MAX_SELECTORS = 5
MAX_CONDITIONS = 500
_EXCLUDABLE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
_OPERATORS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")
_NO_STORES = {"event_data_store": "Event data stores take no insights: this server does not look for unusual activity."}


def selected_trail(call: Call, *, trail_name: str = "") -> Target[Trail]:
    return trail_by(call, trail_name)


def selecting_trail(call: Call, *, trail_name: str = "") -> Target[Trail]:
    return trail_at_home(call, trail_name)


@cloudtrail.operation(on=selecting_trail)
def put_event_selectors(
    call: Call,
    trail: Trail,
    *,
    event_selectors: list[dict[str, Any]] | None = None,
    advanced_event_selectors: list[dict[str, Any]] | None = None,
) -> Reply:
    """Replace the selectors, which are basic or advanced, never both."""
    if (event_selectors is None) == (advanced_event_selectors is None):
        raise InvalidEventSelectorsException("Specify either EventSelectors or AdvancedEventSelectors.")
    selectors: Selectors
    if advanced_event_selectors is None:
        selectors = {"EventSelectors": [_basic(each) for each in event_selectors or ()]}
    else:
        check_advanced(advanced_event_selectors)
        selectors = {"AdvancedEventSelectors": advanced_event_selectors}
    call.records.trails.replace(trail, selectors=msgspec.json.encode(selectors).decode())
    return {"TrailARN": trail.arn, **selectors}


@cloudtrail.operation(on=selected_trail)
def get_event_selectors(call: Call, trail: Trail) -> Reply:
    """Tell the selectors: those of a new trail take all management events."""
    return {"TrailARN": trail.arn, **selectors_of(trail)}


def selectors_of(trail: Trail) -> Selectors:
    """What a trail takes."""
    return msgspec.json.decode(trail.selectors, type=dict[str, list[dict[str, Any]]]) if trail.selectors else ALL


def _basic(selector: Mapping[str, Any]) -> Mapping[str, Any]:
    """The selector with the defaults of what it leaves out."""
    excluded = selector.get("ExcludeManagementEventSources", [])
    if not _EXCLUDABLE.issuperset(excluded):
        raise InvalidEventSelectorsException(
            f"Value in ExcludeManagementEventSources is not valid: it may be {' and '.join(sorted(_EXCLUDABLE))}."
        )
    if selector.get("DataResources"):
        raise InvalidEventSelectorsException(
            "DataResources select data events, and this server records none: leave them out."
        )
    return {**ALL["EventSelectors"][0], **selector}


def check_advanced(selectors: Sequence[Mapping[str, Any]]) -> None:
    """Raises InvalidEventSelectorsException for selectors that select nothing known."""
    conditions = 0
    for selector in selectors:
        fields = selector["FieldSelectors"]
        categories = [field.get("Equals") for field in fields if field["Field"] == "eventCategory"]
        if categories != [["Management"]]:
            raise InvalidEventSelectorsException(
                "Each advanced event selector must have the field eventCategory that Equals Management: this server "
                "records no data and network activity events."
            )
        for field in fields:
            conditions += _check_field(field)
    if conditions > MAX_CONDITIONS:
        raise InvalidEventSelectorsException(f"The selectors have at most {MAX_CONDITIONS} values.")


def _check_field(field: Mapping[str, Any]) -> int:
    """How many values a field selector has; raises InvalidEventSelectorsException."""
    name = field["Field"]
    if name not in FIELDS:
        raise InvalidEventSelectorsException(f"Field {name} is not valid: it may be {', '.join(sorted(FIELDS))}.")
    values = [value for operator in _OPERATORS for value in field.get(operator) or ()]
    if not values:
        raise InvalidEventSelectorsException(f"Field {name} has no operator with a value.")
    if name == "readOnly" and not (field.get("Equals") == values and {"true", "false"}.issuperset(values)):
        raise InvalidEventSelectorsException("Field readOnly must have the operator Equals with true or false.")
    return len(values)


@cloudtrail.operation(
    on=selecting_trail,
    refuses={
        **_NO_STORES,
        "insights_destination": "There are no insights here that an event data store could receive.",
    },
)
def put_insight_selectors(call: Call, trail: Trail, *, insight_selectors: list[dict[str, Any]]) -> Reply:
    """Refuse all but none: nothing here looks for unusual activity."""
    if insight_selectors:
        raise InvalidInsightSelectorsException(
            "Insights events are not supported: this server does not look for unusual activity."
        )
    return {"TrailARN": trail.arn, "InsightSelectors": []}


@cloudtrail.operation(on=selected_trail, refuses=_NO_STORES)
def get_insight_selectors(call: Call, trail: Trail) -> Reply:
    """No trail has any."""
    raise InsightNotEnabledException(f"Insight is not enabled on trail {trail.arn}.")
