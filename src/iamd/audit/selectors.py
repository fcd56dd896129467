"""Which events a trail takes: basic and advanced event selectors, held against CloudTrail records.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Selectors = Mapping[str, Sequence[Mapping[str, Any]]]
Record = Mapping[str, Any]

ALL: Selectors = {
    "EventSelectors": [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }
    ]
}
"""What a new trail takes: all management events."""

# How a field selector's values are compared, and whether one of them must hold or none may.
_OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "Equals": (str.__eq__, True),
    "StartsWith": (str.startswith, True),
    "EndsWith": (str.endswith, True),
    "NotEquals": (str.__eq__, False),
    "NotStartsWith": (str.startswith, False),
    "NotEndsWith": (str.endswith, False),
}
FIELDS: Mapping[str, Callable[[Record], list[str]]] = {
    "eventCategory": lambda record: [record["eventCategory"]],
    "eventName": lambda record: [record["eventName"]],
    "eventSource": lambda record: [record["eventSource"]],
    "eventType": lambda record: [record["eventType"]],
    "errorCode": lambda record: [record["errorCode"]] if "errorCode" in record else [],
    "readOnly": lambda record: ["true" if record["readOnly"] else "false"],
    "resources.ARN": lambda record: [each["ARN"] for each in record.get("resources", ())],
    "resources.type": lambda record: [each["type"] for each in record.get("resources", ())],
    "sessionCredentialFromConsole": lambda record: [],
    "userIdentity.arn": lambda record: [record["userIdentity"]["arn"]] if "arn" in record["userIdentity"] else [],
    "vpcEndpointId": lambda record: [],
}
"""The fields that advanced selectors may name, and a record's values of them."""


def takes(selectors: Selectors, record: Record) -> bool:
    """Whether one of the selectors takes the event of that record, which is a management event."""
    if "AdvancedEventSelectors" in selectors:
        return any(_takes_advanced(each["FieldSelectors"], record) for each in selectors["AdvancedEventSelectors"])
    return any(_takes_basic(each, record) for each in selectors["EventSelectors"])


def _takes_basic(selector: Mapping[str, Any], record: Record) -> bool:
    if not selector.get("IncludeManagementEvents", True):
        return False
    if record["eventSource"] in selector.get("ExcludeManagementEventSources", ()):
        return False
    wanted = selector.get("ReadWriteType", "All")
    return wanted == "All" or bool(record["readOnly"]) is (wanted == "ReadOnly")


def _takes_advanced(fields: Sequence[Mapping[str, Any]], record: Record) -> bool:
    return all(_holds(field, FIELDS[field["Field"]](record)) for field in fields)


def _holds(field: Mapping[str, Any], values: list[str]) -> bool:
    """Every operator must hold, each for one of its operands; the negated ones for all of them."""
    return all(
        any(compare(value, operand) for value in values for operand in field[name]) is positive
        for name, (compare, positive) in _OPERATORS.items()
        if field.get(name)
    )
