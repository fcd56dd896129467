"""What DynamoDB's fine-grained conditions look at: the values of partition keys, and the names of attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from iamd.gateway.mapped import Inquiry
from iamd.wire.errors import AwsError

_NAME = re.compile(r"(?<![\w.:#-])#?[A-Za-z_][\w]*")
_EQUAL = re.compile(r"(?<![\w.#])(#?[A-Za-z_]\w*)\s*=\s*(:\w+)|(:\w+)\s*=\s*(#?[A-Za-z_]\w*)")
_WORDS = frozenset(
    [
        "and",
        "or",
        "not",
        "between",
        "in",
        "set",
        "remove",
        "add",
        "delete",
        "attribute_exists",
        "attribute_not_exists",
        "attribute_type",
        "begins_with",
        "contains",
        "size",
        "if_not_exists",
        "list_append",
    ]
)
_EXPRESSIONS = (
    "ProjectionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ConditionExpression",
    "UpdateExpression",
)
_BY_NAME = ("Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter")


def attributes(part: Mapping[str, Any], items: Iterable[Any]) -> set[str]:
    """The top-level attributes that a request names."""
    found = {name for item in items if isinstance(item, Mapping) for name in item}
    for member in _BY_NAME:
        if isinstance(part.get(member), Mapping):
            found |= part[member].keys()
    if isinstance(part.get("AttributesToGet"), list):
        found |= {str(name) for name in part["AttributesToGet"]}
    for member in _EXPRESSIONS:
        for name in _NAME.findall(str(part.get(member, ""))):
            if name.lower() not in _WORDS:
                found.add(_resolved(part, name))
    return found


def _resolved(part: Mapping[str, Any], name: str) -> str:
    names = part.get("ExpressionAttributeNames")
    return str(names.get(name, name)) if isinstance(names, Mapping) else name


async def leading_key(inquiry: Inquiry, arn: str, table: Any, index: Any, items: list[Any]) -> str | None:
    """The name of the partition key of the table of that ARN, or of its index; None when it cannot be told."""
    keys = {name for item in items if isinstance(item, Mapping) for name in item}
    is_key = inquiry.asked.operation.name in ("GetItem", "DeleteItem", "UpdateItem")
    if is_key and len(keys) == 1:
        return str(keys.pop())
    try:
        told = await inquiry.lookup("DescribeTable", {"TableName": table}, arn)
    except AwsError:
        return None
    found = told.get("Table", {})
    if index is not None:
        indexes = [*found.get("GlobalSecondaryIndexes", ()), *found.get("LocalSecondaryIndexes", ())]
        found = next((each for each in indexes if each.get("IndexName") == index), {})
    names = (str(key["AttributeName"]) for key in found.get("KeySchema", ()) if key.get("KeyType") == "HASH")
    return next(names, None)


def values_of(key: str, part: Mapping[str, Any], items: list[Any]) -> set[str] | None:
    """The partition keys that a request asks for; None when they cannot all be told."""
    if items:
        found = [text_of(item.get(key)) if isinstance(item, Mapping) else None for item in items]
        return None if None in found else {value for value in found if value is not None}
    conditions = part.get("KeyConditions")
    if isinstance(conditions, Mapping):
        condition = conditions.get(key, {})
        values = condition.get("AttributeValueList", []) if condition.get("ComparisonOperator") == "EQ" else []
    else:
        values = [_value(part, pair) for pair in _equalities(part) if _resolved(part, pair[0]) == key]
    text = text_of(values[0]) if len(values) == 1 else None
    return None if text is None else {text}


def _equalities(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = _EQUAL.findall(str(part.get("KeyConditionExpression", "")))
    return [(name or other_name, value or other) for name, value, other, other_name in found]


def _value(part: Mapping[str, Any], pair: tuple[str, str]) -> Any:
    values = part.get("ExpressionAttributeValues")
    return values.get(pair[1]) if isinstance(values, Mapping) else None


def text_of(value: Any) -> str | None:
    """An attribute value of a key type as a text: `{"S": "x"}` -> `x`."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, text),) = value.items()
        if kind in ("S", "N", "B") and isinstance(text, str):
            return text
    return None
