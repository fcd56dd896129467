"""Requests for every operation, as botocore writes them, are taken for what they are, and mapped as the page tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape, StringShape, StructureShape
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from iamd.gateway.asked import Asked
from iamd.gateway.directory import Form, model_of, services
from iamd.gateway.mapping import kind_of
from iamd.gateway.recognise import recognise
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from tests.effort import examples

# Former names, whose requests are the newer operations'; what is signed as another service.
_FORMER = {
    ("s3", "GetBucketLifecycle"): "GetBucketLifecycleConfiguration",
    ("s3", "GetBucketNotification"): "GetBucketNotificationConfiguration",
    ("s3", "PutBucketLifecycle"): "PutBucketLifecycleConfiguration",
    ("s3", "PutBucketNotification"): "PutBucketNotificationConfiguration",
}
_ELSEWHERE = {("s3", "ListDirectoryBuckets"), ("s3", "WriteGetObjectResponse")}


def value_of(shape: Shape, depth: int = 0) -> Any:
    """A value that the shape allows, with what is required only."""
    if isinstance(shape, StructureShape):
        names = shape.required_members or list(shape.members)[: 1 if shape.is_tagged_union else 0]
        return {name: value_of(shape.members[name], depth + 1) for name in names} if depth < 8 else {}
    if isinstance(shape, StringShape):
        return shape.enum[0] if shape.enum else "abcdefgh"
    simple = {"boolean": True, "blob": b"x", "timestamp": 1_700_000_000, "float": 1.0, "double": 1.0}
    if shape.type_name == "list":
        return [value_of(shape.member, depth + 1)] if depth < 8 else []
    return {} if shape.type_name == "map" else simple.get(shape.type_name, 1)


def requests_of(service: str) -> Iterator[tuple[str, HttpRequest, str]]:
    """Each operation of a service with a request for it and the name that signs it."""
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    serializer = create_serializer(model.resolved_protocol, include_validation=False)
    for name in model.operation_names:
        operation: OperationModel = model.operation_model(name)
        params = value_of(operation.input_shape) if operation.input_shape else {}
        made = serializer.serialize_to_request(params, operation)
        prepare_request_dict(made, "http://127.0.0.1:4500")
        url, body = urlsplit(made["url"]), made["body"]
        headers = {
            key.lower().encode(): text.encode() if isinstance(text, str) else text
            for key, text in made["headers"].items()
        }
        if isinstance(body, dict):
            body = urlencode(body)
            headers[b"content-type"] = b"application/x-www-form-urlencoded; charset=utf-8"
        sent = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
        request = HttpRequest(made["method"], url.path.encode(), url.query.encode(), list(headers.items()), sent)
        yield name, request, model.signing_name


def check(service: str) -> None:
    """Every operation of the service is recognised, or refused as the page says."""
    for name, request, signs in requests_of(service):
        if (service, name) in _ELSEWHERE:
            continue
        told = kind_of(services()[service], model_of(service).operations[name])
        try:
            asked: Asked | None = recognise(request, signs)
        except Ambiguous:
            asked = None
        if asked is None:
            assert told == "refused", (service, name)
            continue
        assert asked.operation.name == _FORMER.get((service, name), name), (service, asked.service.name)
        if asked.form is Form.S3 or asked.service.name != service:
            assert kind_of(asked.service, asked.operation) == told, (service, name)


@pytest.mark.parametrize(
    "service",
    ["s3", "s3control", "sqs", "sns", "dynamodb", "lambda", "apigatewayv2", "lexv2-models", "workspaces-web", "mq", "greengrass"],
)  # fmt: skip
def test_every_operation_of(service: str) -> None:
    check(service)


@examples(6)
@given(st.sampled_from(sorted(services())))
def test_every_operation_of_any_service(service: str) -> None:
    check(service)
