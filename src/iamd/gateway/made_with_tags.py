"""Tags that are put on a resource as it is made, which needs the action that tags, too.

Each service says so on its pages, or its action names the other one as dependent.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
"""

from __future__ import annotations

from collections.abc import Mapping

from iamd.gateway import generic
from iamd.gateway.mapped import Inquiry, Need, request_tags
from iamd.guard.context import Context
from iamd.reference.services import Action

# Of services whose reference does not say it, by prefix.
_TAGS: Mapping[str, str] = {
    "cloudwatch": "TagResource",
    "dynamodb": "TagResource",
    "ecr": "TagResource",
    "ecs": "TagResource",
    "events": "TagResource",
    "kms": "TagResource",
    "lambda": "TagResource",
    "logs": "TagResource",
    "secretsmanager": "TagResource",
    "sns": "TagResource",
    "sqs": "TagQueue",
    "ssm": "AddTagsToResource",
    "states": "TagResource",
}
# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html and API_RegisterStreamConsumer.html
_BY_ACTION: Mapping[str, str] = {
    "kinesis:CreateStream": "AddTagsToStream",
    "kinesis:RegisterStreamConsumer": "TagResource",
}


def tagging(inquiry: Inquiry, first: Need) -> list[Need]:
    """What tagging needs beside `first`, which makes the resource; nothing for a request without tags."""
    context = request_tags(inquiry.document)
    if not context:
        return []
    prefix, _, name = first.action.partition(":")
    action = generic.named_action(prefix, name)
    if action is None or action.access_level == "Tagging" or name.startswith("Untag"):
        return []
    needed = _BY_ACTION.get(first.action) or _TAGS.get(prefix) or _dependent(action)
    if needed is None:
        return []
    made: Context = {f"{prefix}:createaction": inquiry.asked.operation.name}
    return [Need(f"{prefix}:{needed}", _made(first), context | made, (*first.tells, f"{prefix}:createaction"))]


def _dependent(action: Action) -> str | None:
    """The action of the same service that tags, where the reference names it."""
    for named in action.dependent_actions:
        prefix, _, name = named.partition(":")
        found = generic.named_action(prefix, name) if prefix == action.service else None
        if found is not None and found.access_level == "Tagging" and not name.startswith("Untag"):
            return name
    return None


# What is made where the first need is another thing: a consumer of a stream, a task of a definition in a cluster.
_IN_CLUSTER: Mapping[str, str] = {
    "ecs:RegisterContainerInstance": "container-instance",
    "ecs:RunTask": "task",
    "ecs:StartTask": "task",
}


def _made(first: Need) -> str:
    """The ARN of what is made, as far as it is known."""
    if first.action == "kinesis:RegisterStreamConsumer":
        return f"{first.resource}/consumer/*"
    kind, cluster = _IN_CLUSTER.get(first.action), first.context.get("ecs:cluster")
    if kind is not None and isinstance(cluster, str):
        return f"{cluster.replace(':cluster/', f':{kind}/')}/*"
    return first.resource
