"""SQS, whose queues are named by URLs, and SNS.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamd.gateway.mapped import Inquiry, Mapper, Need, checked_arn, checked_name, request_tags
from iamd.guard.context import Context
from iamd.store.records import PARTITION
from iamd.wire.gateway_errors import Unmapped

_QUEUE_URL = re.compile(r"(?:https?://[^/?#\s]+)?/(\d{12})/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)").fullmatch

# One action for the message and its batch.
_SQS = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "SendMessageBatch": "SendMessage",
}


def _queue(inquiry: Inquiry) -> list[Need]:
    """A queue by its URL: the account and the name are the last two segments of its path."""
    found = _QUEUE_URL(inquiry.text("QueueUrl"))
    if found is None:
        raise Unmapped("QueueUrl must end with an account id and the name of a queue.")
    arn = f"arn:{PARTITION}:sqs:{inquiry.region}:{found[1]}:{found[2]}"
    name = inquiry.asked.operation.name
    return [Need(f"sqs:{_SQS.get(name, name)}", arn, request_tags(inquiry.document))]


def _queue_name(inquiry: Inquiry) -> list[Need]:
    name, owner = checked_name(inquiry.text("QueueName")), inquiry.document.get("QueueOwnerAWSAccountId")
    arn = f"arn:{PARTITION}:sqs:{inquiry.region}:{owner or inquiry.account_id}:{name}"
    tags = inquiry.document.get("tags") or inquiry.document.get("Tags")
    return [Need(f"sqs:{inquiry.asked.operation.name}", arn, request_tags({"tags": tags}))]


def _list_queues(inquiry: Inquiry) -> list[Need]:
    return [Need("sqs:ListQueues", f"arn:{PARTITION}:sqs:{inquiry.region}:{inquiry.account_id}:*")]


def _move_task(inquiry: Inquiry) -> list[Need]:
    """Who moves messages needs what a consumer of the one and a sender to the other queue needs, too."""
    source = checked_arn(inquiry.text("SourceArn"), "sqs", "")
    name = inquiry.asked.operation.name
    needs = [Need(f"sqs:{name}", source)]
    if name == "StartMessageMoveTask":
        needs += [Need(f"sqs:{action}", source) for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
        needs.append(Need("sqs:SendMessage", checked_arn(inquiry.text("DestinationArn"), "sqs", "")))
    return needs


SQS: Mapping[str, Mapper] = {
    **dict.fromkeys(
        [
            "AddPermission",
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "DeleteQueue",
            "GetQueueAttributes",
            "ListDeadLetterSourceQueues",
            "ListQueueTags",
            "PurgeQueue",
            "ReceiveMessage",
            "RemovePermission",
            "SendMessage",
            "SendMessageBatch",
            "SetQueueAttributes",
            "TagQueue",
            "UntagQueue",
        ],
        _queue,
    ),
    "CreateQueue": _queue_name,
    "GetQueueUrl": _queue_name,
    "ListQueues": _list_queues,
    "StartMessageMoveTask": _move_task,
    "ListMessageMoveTasks": _move_task,
}


def _topic(inquiry: Inquiry) -> list[Need]:
    name = inquiry.asked.operation.name
    member = "ResourceArn" if "Tag" in name or "DataProtection" in name else "TopicArn"
    arn = checked_arn(inquiry.text(member), "sns", "")
    context: Context = request_tags(inquiry.document)
    for key, given in (("sns:protocol", "Protocol"), ("sns:endpoint", "Endpoint")):
        value = inquiry.document.get(given)
        if isinstance(value, str):
            context[key] = value
    return [Need(f"sns:{'Publish' if name == 'PublishBatch' else name}", arn, context, ("sns:",))]


def _publish(inquiry: Inquiry) -> list[Need]:
    """To a topic, to an endpoint of a platform, or to a telephone, which is no resource."""
    named = [name for name in ("TopicArn", "TargetArn", "PhoneNumber") if inquiry.document.get(name)]
    if len(named) != 1:
        raise Unmapped("Publish needs TopicArn, TargetArn or PhoneNumber, and one of them only.")
    resource = "*" if named == ["PhoneNumber"] else checked_arn(inquiry.text(named[0]), "sns", "")
    return [Need("sns:Publish", resource, {}, ("sns:",))]


def _create_topic(inquiry: Inquiry) -> list[Need]:
    arn = inquiry.arn("sns", checked_name(inquiry.text("Name")))
    return [Need("sns:CreateTopic", arn, request_tags(inquiry.document), ("sns:",))]


def _subscription(inquiry: Inquiry) -> list[Need]:
    """A subscription is its topic's: the ARN of the topic, a colon and an id."""
    arn = checked_arn(inquiry.text("SubscriptionArn"), "sns", "")
    topic, _, _id = arn.rpartition(":")
    if topic.count(":") != 5:
        raise Unmapped("SubscriptionArn is no ARN of a subscription.")
    return [Need(f"sns:{inquiry.asked.operation.name}", topic)]


SNS: Mapping[str, Mapper] = {
    **dict.fromkeys(
        [
            "AddPermission",
            "ConfirmSubscription",
            "DeleteTopic",
            "GetDataProtectionPolicy",
            "GetTopicAttributes",
            "ListSubscriptionsByTopic",
            "ListTagsForResource",
            "PublishBatch",
            "PutDataProtectionPolicy",
            "RemovePermission",
            "SetTopicAttributes",
            "Subscribe",
            "TagResource",
            "UntagResource",
        ],
        _topic,
    ),
    **dict.fromkeys(("Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes"), _subscription),
    "CreateTopic": _create_topic,
    "Publish": _publish,
}
