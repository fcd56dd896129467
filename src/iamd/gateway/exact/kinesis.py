"""Kinesis Data Streams, whose streams are named by name or ARN, and whose consumers by ARN.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.wire.gateway_errors import Unmapped


def _stream_arn(inquiry: Inquiry) -> str:
    """The stream's ARN; a name beside it must be the same stream's."""
    name, arn = inquiry.document.get("StreamName"), inquiry.document.get("StreamARN")
    if arn is None:
        return inquiry.arn("kinesis", f"stream/{checked_name(inquiry.text('StreamName'))}")
    checked = checked_arn(inquiry.text("StreamARN"), "kinesis", "stream/")
    if name is not None and checked.rpartition("/")[2] != name:
        raise Unmapped("StreamName and StreamARN differ.")
    return checked


def _stream(inquiry: Inquiry) -> list[Need]:
    return [Need(f"kinesis:{inquiry.asked.operation.name}", _stream_arn(inquiry), request_tags(inquiry.document))]


def _iterated(inquiry: Inquiry) -> list[Need]:
    """What reads on from an iterator must say the stream: the iterator tells nobody but the service."""
    if not inquiry.document.get("StreamARN"):
        raise Unmapped(f"{inquiry.asked.operation.name} must say its StreamARN: the gateway cannot tell it else.")
    return [Need(f"kinesis:{inquiry.asked.operation.name}", _stream_arn(inquiry))]


def _consumer(inquiry: Inquiry) -> list[Need]:
    arn = inquiry.document.get("ConsumerARN")
    if arn is not None:
        resource = checked_arn(inquiry.text("ConsumerARN"), "kinesis", "stream/")
    else:
        stream = checked_arn(inquiry.text("StreamARN"), "kinesis", "stream/")
        resource = f"{stream}/consumer/{checked_name(inquiry.text('ConsumerName'))}:*"
    return [Need(f"kinesis:{inquiry.asked.operation.name}", resource)]


def _resource(inquiry: Inquiry) -> list[Need]:
    arn = checked_arn(inquiry.text("ResourceARN"), "kinesis", "stream/")
    return [Need(f"kinesis:{inquiry.asked.operation.name}", arn, request_tags(inquiry.document))]


def _everywhere(inquiry: Inquiry) -> list[Need]:
    return [Need(f"kinesis:{inquiry.asked.operation.name}", "*")]


MAPPERS: Mapping[str, Mapper] = {
    **dict.fromkeys(
        [
            "AddTagsToStream",
            "CreateStream",
            "DecreaseStreamRetentionPeriod",
            "DeleteStream",
            "DescribeStream",
            "DescribeStreamSummary",
            "DisableEnhancedMonitoring",
            "EnableEnhancedMonitoring",
            "GetShardIterator",
            "IncreaseStreamRetentionPeriod",
            "ListTagsForStream",
            "MergeShards",
            "PutRecord",
            "PutRecords",
            "RegisterStreamConsumer",
            "RemoveTagsFromStream",
            "SplitShard",
            "StartStreamEncryption",
            "StopStreamEncryption",
            "UpdateShardCount",
            "UpdateStreamMode",
        ],
        _stream,
    ),
    **dict.fromkeys(["DeregisterStreamConsumer", "DescribeStreamConsumer", "SubscribeToShard"], _consumer),
    **dict.fromkeys(
        [
            "DeleteResourcePolicy",
            "GetResourcePolicy",
            "ListTagsForResource",
            "PutResourcePolicy",
            "TagResource",
            "UntagResource",
        ],
        _resource,
    ),
    **dict.fromkeys(["DescribeAccountSettings", "DescribeLimits", "ListStreams", "UpdateAccountSettings"], _everywhere),
    "GetRecords": _iterated,
    "ListShards": _stream,
    "ListStreamConsumers": _iterated,
}
