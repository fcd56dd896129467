"""EventBridge. Rules of the default bus have ARNs without the bus.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamd.gateway.exact.templates import resources, table
from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.gateway.strict import json_document
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_BUS = "event-bus/{EventBusName|default}"
_TELLS = ("events:source", "events:detail-type", "events:targetarn")
_PATTERNS = {
    "events:source": ("source",),
    "events:detail-type": ("detail-type",),
    "events:detail.eventtypecode": ("detail", "eventTypeCode"),
    "events:detail.service": ("detail", "service"),
    "events:detail.useridentity.principalid": ("detail", "userIdentity", "principalId"),
}


def _rule(inquiry: Inquiry) -> list[Need]:
    """A rule by its name and its bus, with the sources that it is about or the targets that it is given."""
    member = "Name" if "Name" in inquiry.document else "Rule"
    (bus,) = resources(inquiry, "events", _BUS)
    name, rule = bus.partition(":event-bus/")[2], checked_name(inquiry.text(member))
    start = bus.partition(":event-bus/")[0]
    arn = f"{start}:rule/{rule}" if name == "default" else f"{start}:rule/{name}/{rule}"
    told, tells = _pattern(inquiry.document.get("EventPattern"))
    context = request_tags(inquiry.document) | told
    targets = inquiry.document.get("Targets")
    if isinstance(targets, list):
        context["events:targetarn"] = tuple(str(each.get("Arn")) for each in targets if isinstance(each, Mapping))
    return [Need(f"events:{inquiry.asked.operation.name}", arn, context, ("events:targetarn", *tells))]


def _pattern(given: Any) -> tuple[Context, list[str]]:
    """What a rule's pattern names plainly, and of which keys it says everything: of one that matches otherwise, by
    prefix, by exception or by choice (`$or`), nobody can tell. Raises Ambiguous."""
    pattern = json_document(given.encode(errors="surrogatepass")) if isinstance(given, str) else {}
    context: Context = {}
    tells = []
    for key, path in _PATTERNS.items():
        values: Any = pattern
        chosen = False
        for name in path:
            chosen = chosen or (isinstance(values, dict) and "$or" in values)
            values = values.get(name) if isinstance(values, dict) else None
        plain = isinstance(values, list) and bool(values) and all(isinstance(value, str) for value in values)
        if plain:
            context[key] = tuple(values)
        if plain or (values is None and not chosen):
            tells.append(key)
    return context, tells


def _partner(inquiry: Inquiry) -> list[Need]:
    """Sources of partners belong to no account."""
    member = "EventSourceName" if "EventSourceName" in inquiry.document else "Name"
    arn = f"arn:{PARTITION}:events:{inquiry.region}::event-source/{checked_name(inquiry.text(member))}"
    return [Need(f"events:{inquiry.asked.operation.name}", arn, {}, _TELLS)]


def _put_events(inquiry: Inquiry) -> list[Need]:
    """Every event must be allowed on the bus that it is for."""
    if inquiry.document.get("EndpointId"):
        raise Unmapped("The gateway cannot tell the buses of a global endpoint.")
    entries = inquiry.document.get("Entries")
    if not isinstance(entries, list) or not entries:
        raise Unmapped("PutEvents needs Entries.")
    return [_event(inquiry, entry) for entry in entries]


def _event(inquiry: Inquiry, entry: Any) -> Need:
    if not isinstance(entry, Mapping):
        raise Unmapped("Entries must be objects.")
    bus = str(entry.get("EventBusName") or "default")
    if bus.startswith("arn:"):
        arn = checked_arn(bus, "events", "event-bus/")
    else:
        arn = inquiry.arn("events", f"event-bus/{checked_name(bus)}")
    given = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
    context: Context = {key: value for key, value in given.items() if isinstance(value, str)}
    return Need("events:PutEvents", arn, context, _TELLS)


MAPPERS: Mapping[str, Mapper] = {
    **table(
        "events",
        {
            "event-bus/{Name}": "CreateEventBus DeleteEventBus",
            "event-bus/{Name|default}": "DescribeEventBus UpdateEventBus",
            _BUS: "PutPermission RemovePermission",
            "api-destination/{Name}": "DeleteApiDestination DescribeApiDestination UpdateApiDestination",
            "api-destination/{Name} connection/{ConnectionArn}": "CreateApiDestination",
            "connection/{Name}": "CreateConnection DeauthorizeConnection DeleteConnection DescribeConnection "
            "UpdateConnection",
            "archive/{ArchiveName}": "DeleteArchive DescribeArchive UpdateArchive",
            "archive/{ArchiveName} event-bus/{EventSourceArn}": "CreateArchive",
            "replay/{ReplayName}": "CancelReplay DescribeReplay",
            "replay/{ReplayName} archive/{EventSourceArn}": "StartReplay",
            "endpoint/{Name}": "CreateEndpoint DeleteEndpoint DescribeEndpoint UpdateEndpoint",
            "{ResourceARN}": "ListTagsForResource TagResource UntagResource",
            "*": "ListApiDestinations ListArchives ListConnections ListEndpoints ListEventBuses ListEventSources "
            "ListReplays ListRuleNamesByTarget ListRules TestEventPattern",
        },
    ),
    **dict.fromkeys(
        ["DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "ListTargetsByRule", "PutRule", "PutTargets"], _rule
    ),
    **dict.fromkeys(
        [
            "ActivateEventSource",
            "CreatePartnerEventSource",
            "DeactivateEventSource",
            "DeletePartnerEventSource",
            "DescribeEventSource",
            "DescribePartnerEventSource",
            "ListPartnerEventSourceAccounts",
        ],
        _partner,
    ),
    "RemoveTargets": _rule,
    "PutEvents": _put_events,
}
