"""Policies that a request gives to a resource: upstreams would keep ones that mean nothing, and then nobody gets in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from iamd.gateway.asked import Asked
from iamd.gateway.directory import Form
from iamd.gateway.facts.documents import as_policy
from iamd.wire.errors import AccessDenied
from iamd.wire.gateway_errors import MalformedPolicy
from iamd.wire.http import HttpRequest

_S3: Final = Form.S3  # a member of an Enum is found by a function of Python's
# Where the policy stands among the parameters, by botocore's names of services and operations.
_PLACES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("dynamodb", "CreateTable"): ("ResourcePolicy",),
    ("dynamodb", "PutResourcePolicy"): ("Policy",),
    ("ecr", "SetRepositoryPolicy"): ("policyText",),
    ("events", "PutPermission"): ("Policy",),
    ("kinesis", "PutResourcePolicy"): ("Policy",),
    ("kms", "CreateKey"): ("Policy",),
    ("kms", "PutKeyPolicy"): ("Policy",),
    ("secretsmanager", "PutResourcePolicy"): ("ResourcePolicy",),
    ("sns", "CreateTopic"): ("Attributes", "Policy"),
    ("sqs", "CreateQueue"): ("Attributes", "Policy"),
    ("sqs", "SetQueueAttributes"): ("Attributes", "Policy"),
}
_BY_NAME = ("sns", "SetTopicAttributes")  # of which parameters name the attribute
_WRITES = frozenset({*_PLACES, _BY_NAME})
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and the operations' pages of the others.
_CODES = {
    "dynamodb": "ValidationException",
    "ecr": "InvalidParameterException",
    "events": "ValidationException",
    "kinesis": "InvalidArgumentException",
    "s3": "MalformedPolicy",
    "sns": "InvalidParameter",
    "sqs": "InvalidAttributeValue",
}


def writes_policy(asked: Asked) -> bool:
    """Whether the operation may give a resource a policy: of most operations, all that `check_written` has to know."""
    if asked.form is _S3:
        return asked.operation.name == "PutBucketPolicy"
    return (asked.service.name, asked.operation.name) in _WRITES


def check_written(asked: Asked, request: HttpRequest, document: Mapping[str, Any], resource: str) -> None:
    """Raise MalformedPolicy, with the service's code, for a policy that could not be decided by; of a request that
    `writes_policy`."""
    try:
        for text in _policies(asked, request, document):
            as_policy(text, resource)
    except (AccessDenied, UnicodeDecodeError):
        raise MalformedPolicy(_CODES.get(asked.service.name, "MalformedPolicyDocumentException")) from None


def _policies(asked: Asked, request: HttpRequest, document: Mapping[str, Any]) -> Sequence[Any]:
    if asked.form is _S3:
        return [request.body.decode()]
    if (asked.service.name, asked.operation.name) == _BY_NAME:
        return [document.get("AttributeValue")] if document.get("AttributeName") == "Policy" else []
    found: Any = document
    for name in _PLACES[asked.service.name, asked.operation.name]:
        found = found.get(name) if isinstance(found, Mapping) else None
    return [found]
