"""Kinds of resources: how their own policies and tags are asked for.

Policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from iamd.store.records import PARTITION


class Question(msgspec.Struct, frozen=True):
    """An operation of the service, its parameters (texts with `{...}` filled in from the ARN) and where in its answer
    the thing is, name by name."""

    operation: str
    parameters: Mapping[str, Any]
    path: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of one resource; those that would be empty are left out."""
        filled = {name: _filled(value, values) for name, value in self.parameters.items()}
        return {name: value for name, value in filled.items() if value}


class Kind(msgspec.Struct, frozen=True):
    """Resources of one kind. `service` is botocore's name, `rest` matches what follows the account in their ARNs; its
    groups are filled in. What `root` names is asked about: an index has its table's policy and tags. `keys` are the
    beginnings of the condition keys that tags have besides `aws:ResourceTag/`."""

    service: str
    rest: re.Pattern[str]
    policy: Question | None = None
    tags: Question | None = None
    keys: tuple[str, ...] = ()
    root: str = "{rest}"


class Found(msgspec.Struct, frozen=True):
    """A resource of a kind: what its questions are filled in with, among it `arn`, the ARN of its root. What is known of
    it is remembered by its `subject`."""

    kind: Kind
    values: Mapping[str, str]
    subject: tuple[str, ...]


_ARN = re.compile(r"arn:[^:]*:([^:]*):([^:]*):([^:]*):(.+)", re.DOTALL).fullmatch


def subject_of(arn: str) -> tuple[str, ...]:
    """The ARN without its account, of which upstreams and settings may say another one."""
    fields = arn.split(":", 5)
    return (*fields[:4], *fields[5:])


def find(arn: str) -> Found | None:
    """The kind of the resource; None for one that has none, and for patterns."""
    # What is asked about an object is asked about its bucket, of which there are fewer.
    root = arn.partition("/")[0] if arn.startswith(_S3) else arn
    return _kept(root) if len(root) <= _LONGEST else _find(root)


_S3 = f"arn:{PARTITION}:s3:::"


_LONGEST = 512  # characters of ARNs that are worth a place in memory


def _find(arn: str) -> Found | None:
    found = _ARN(arn)
    if found is None:
        return None
    service, region, account, rest = found.groups()
    if "*" in rest or "?" in rest:
        return None  # keys of objects may have such characters, names cannot
    for kind in _KINDS.get(service, ()):
        named = kind.rest.fullmatch(rest)
        if named is not None:
            values = {name: value or "" for name, value in named.groupdict().items()}
            values |= {"region": region, "account": account, "rest": rest}
            values["arn"] = arn[: len(arn) - len(rest)] + kind.root.format_map(values)
            return Found(kind, values, subject_of(values["arn"]))
    return None


_kept = lru_cache(maxsize=8192)(_find)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format_map(values)
    if isinstance(value, Mapping):
        return {name: _filled(each, values) for name, each in value.items()}
    return [_filled(each, values) for each in value]


def _kind(service: str, rest: str, *questions: Question, keys: tuple[str, ...] = (), root: str = "{rest}") -> Kind:
    policy = next((each for each in questions if each.path[-1].lower().endswith(("policy", "policytext"))), None)
    tags = next((each for each in questions if each is not policy), None)
    return Kind(service, re.compile(rest, re.DOTALL), policy, tags, keys, root)


_QUEUE = {"QueueUrl": "{url}/{account}/{name}"}
_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "s3": (
        _kind(
            "s3",
            r"(?P<bucket>[^/:]+)",
            Question("GetBucketPolicy", {"Bucket": "{bucket}"}, ("Policy",)),
            Question("GetBucketTagging", {"Bucket": "{bucket}"}, ("TagSet",)),
            keys=("s3:buckettag/",),
        ),
    ),
    "sqs": (
        _kind(
            "sqs",
            r"(?P<name>[^:/]+)",
            Question("GetQueueAttributes", {**_QUEUE, "AttributeNames": ["Policy"]}, ("Attributes", "Policy")),
            Question("ListQueueTags", _QUEUE, ("Tags",)),
        ),
    ),
    "sns": (
        _kind(
            "sns",
            r"[^:/]+",
            Question("GetTopicAttributes", {"TopicArn": "{arn}"}, ("Attributes", "Policy")),
            Question("ListTagsForResource", {"ResourceArn": "{arn}"}, ("Tags",)),
        ),
    ),
    "lambda": (
        _kind(
            "lambda",
            r"function:(?P<name>[^:]+)(?::(?P<qualifier>.+))?",
            Question("GetPolicy", {"FunctionName": "{name}", "Qualifier": "{qualifier}"}, ("Policy",)),
            Question("ListTags", {"Resource": "{arn}"}, ("Tags",)),
            root="function:{name}",
        ),
        _kind(
            "lambda",
            r"layer:(?P<name>[^:]+):(?P<version>\d+)",
            Question("GetLayerVersionPolicy", {"LayerName": "{name}", "VersionNumber": "{version}"}, ("Policy",)),
        ),
    ),
    "kms": (
        _kind(
            "kms",
            r"key/(?P<name>.+)",
            Question("GetKeyPolicy", {"KeyId": "{name}", "PolicyName": "default"}, ("Policy",)),
            Question("ListResourceTags", {"KeyId": "{name}"}, ("Tags",)),
        ),
    ),
    "secretsmanager": (
        _kind(
            "secretsmanager",
            r"secret:(?P<name>.+)",
            Question("GetResourcePolicy", {"SecretId": "{arn}"}, ("ResourcePolicy",)),
            Question("DescribeSecret", {"SecretId": "{arn}"}, ("Tags",)),
            keys=("secretsmanager:resourcetag/",),
        ),
    ),
    "dynamodb": (
        _kind(
            "dynamodb",
            r"table/(?P<name>[^/]+)/stream/.+",
            Question("GetResourcePolicy", {"ResourceArn": "{arn}"}, ("Policy",)),
            Question("ListTagsOfResource", {"ResourceArn": "{arn}"}, ("Tags",)),
        ),
        _kind(
            "dynamodb",
            r"table/(?P<name>[^/]+)(?:/.*)?",
            Question("GetResourcePolicy", {"ResourceArn": "{arn}"}, ("Policy",)),
            Question("ListTagsOfResource", {"ResourceArn": "{arn}"}, ("Tags",)),
            root="table/{name}",
        ),
    ),
    "kinesis": (
        _kind(
            "kinesis",
            r"stream/(?P<name>[^/]+)(?:/consumer/.+)?",
            Question("GetResourcePolicy", {"ResourceARN": "{arn}"}, ("Policy",)),
            Question("ListTagsForStream", {"StreamName": "{name}"}, ("Tags",)),
        ),
    ),
    "ecr": (
        _kind(
            "ecr",
            r"repository/(?P<name>.+)",
            Question("GetRepositoryPolicy", {"repositoryName": "{name}"}, ("policyText",)),
            Question("ListTagsForResource", {"resourceArn": "{arn}"}, ("tags",)),
            keys=("ecr:resourcetag/",),
        ),
    ),
    "events": (
        _kind(
            "events",
            r"event-bus/(?P<name>.+)",
            Question("DescribeEventBus", {"Name": "{name}"}, ("Policy",)),
            Question("ListTagsForResource", {"ResourceARN": "{arn}"}, ("Tags",)),
        ),
        _kind("events", r"rule/.+", Question("ListTagsForResource", {"ResourceARN": "{arn}"}, ("Tags",))),
    ),
    "ssm": (
        _kind(
            "ssm",
            r"parameter(?P<path>/.*/.*)",
            Question("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": "{path}"}, ("TagList",)),
            keys=("ssm:resourcetag/",),
        ),
        _kind(
            "ssm",
            r"parameter/(?P<path>.*)",
            Question("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": "{path}"}, ("TagList",)),
            keys=("ssm:resourcetag/",),
        ),
    ),
    "logs": (
        _kind(
            "logs",
            r"log-group:(?P<name>[^:]+)(?::.*)?",
            Question("ListTagsForResource", {"resourceArn": "{arn}"}, ("tags",)),
            root="log-group:{name}",
        ),
    ),
    "cloudwatch": (
        _kind(
            "cloudwatch",
            r"alarm:.+|insight-rule/.+|dashboard/.+",
            Question("ListTagsForResource", {"ResourceARN": "{arn}"}, ("Tags",)),
        ),
    ),
    "states": (
        _kind(
            "stepfunctions",
            r"(?:stateMachine|activity):[^:/]+",
            Question("ListTagsForResource", {"resourceArn": "{arn}"}, ("tags",)),
        ),
    ),
    "ecs": (
        _kind(
            "ecs",
            r".+",
            Question("ListTagsForResource", {"resourceArn": "{arn}"}, ("tags",)),
            keys=("ecs:resourcetag/",),
        ),
    ),
    "ec2": (
        _kind(
            "ec2",
            r"[^/]+/(?P<id>[^/]+)",
            Question("DescribeTags", {"Filters": [{"Name": "resource-id", "Values": ["{id}"]}]}, ("Tags",)),
            keys=("ec2:resourcetag/",),
        ),
    ),
    "elasticfilesystem": (
        _kind(
            "efs",
            r"file-system/(?P<id>[^/]+)",
            Question("ListTagsForResource", {"ResourceId": "{id}"}, ("Tags",)),
        ),
    ),
    "rds": (
        _kind(
            "rds",
            r"[^:]+:(?P<id>[^:]+)",
            Question("ListTagsForResource", {"ResourceName": "{arn}"}, ("TagList",)),
        ),
    ),
}
