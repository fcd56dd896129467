"""Against the real peer: what botocore sends is what we parse, what we answer is what botocore reads."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import botocore.model
import botocore.parsers
import botocore.serialize
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.wire import aws_query
from iamd.wire.errors import NoSuchEntity
from iamd.wire.http import HttpRequest
from iamd.wire.model import OperationModel, Shape, load
from tests.wire import samples

OPERATIONS = samples.operations()
EVERY_FORM = samples.every_form()
CASES = [*OPERATIONS, EVERY_FORM]


@cache
def _peer(service: str) -> botocore.model.ServiceModel:
    if service == "forms":
        return botocore.model.ServiceModel(samples.EVERY_FORM, "forms")
    return botocore.session.get_session().get_service_model(service)


def _peer_operation(operation: OperationModel) -> botocore.model.OperationModel:
    return _peer(operation.service.name).operation_model(operation.name)


def _sent_by_botocore(operation: OperationModel, params: dict[str, Any]) -> HttpRequest:
    serializer = botocore.serialize.create_serializer("query", include_validation=False)
    sent = serializer.serialize_to_request(params, _peer_operation(operation))
    prepared = AWSRequest("POST", "https://localhost/", headers=sent["headers"], data=sent["body"]).prepare()
    headers = [(name.lower().encode(), str(value).encode()) for name, value in sent["headers"].items()]
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    return HttpRequest("POST", b"/", b"", headers, body)


def _read_by_botocore(operation: OperationModel, body: bytes, status: int = 200) -> dict[str, Any]:
    parser = botocore.parsers.create_parser("query")
    answer = {"body": body, "headers": {}, "status_code": status}
    result: dict[str, Any] = parser.parse(answer, _peer_operation(operation).output_shape)
    return result


def _comes_in(operation: OperationModel, params: dict[str, Any]) -> None:
    call = aws_query.read(_sent_by_botocore(operation, params))
    assert (call.action, call.version) == (operation.name, operation.service.api_version)
    names = {member.name: member.snake for member in operation.inputs}
    assert aws_query.parse(operation, call.pairs) == {names[name]: value for name, value in params.items()}


def _goes_out(operation: OperationModel, output: Shape, rng: random.Random) -> None:
    result = samples.sample(output, rng)
    heard = _read_by_botocore(operation, aws_query.answer(operation, result, "the-id"))
    assert heard.pop("ResponseMetadata")["RequestId"] == "the-id"
    assert heard == _as_botocore_reads(result, output)


def _as_botocore_reads(value: Any, shape: Shape) -> Any:
    """botocore cannot tell an empty flattened list, which leaves no trace on the wire, from an absent one."""
    if shape.type == "structure":
        kept = {m: value[m.name] for m in shape.members if m.name in value}
        return {m.name: _as_botocore_reads(v, m.shape) for m, v in kept.items() if not (m.flattened and v == [])}
    if shape.type == "list":
        return [_as_botocore_reads(item, shape.element.shape) for item in value]
    if shape.type == "map":
        return {key: _as_botocore_reads(item, shape.value.shape) for key, item in value.items()}
    return value


def _no_renamed_empties(params: dict[str, Any]) -> dict[str, Any]:
    """botocore names an empty renamed flattened list otherwise than one with elements; no service listens to that."""
    return {name: value for name, value in params.items() if not (name == "FlatItems" and value == [])}


@pytest.mark.parametrize("operation", CASES, ids=lambda operation: f"{operation.service.name}-{operation.name}")
def test_every_operation_both_ways(operation: OperationModel) -> None:
    for seed in range(3):
        rng = random.Random(f"{operation.name}-{seed}")
        _comes_in(operation, _no_renamed_empties(samples.inputs(operation, rng)))
        if operation.output is not None:
            _goes_out(operation, operation.output, rng)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CASES), st.randoms(use_true_random=False))
def test_any_input_comes_in(operation: OperationModel, rng: random.Random) -> None:
    _comes_in(operation, _no_renamed_empties(samples.inputs(operation, rng)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([operation for operation in CASES if operation.output]), st.randoms(use_true_random=False))
def test_any_answer_goes_out(operation: OperationModel, rng: random.Random) -> None:
    assert operation.output is not None
    _goes_out(operation, operation.output, rng)


def test_errors_are_read_by_botocore() -> None:
    iam = load("iam")
    body = aws_query.error(NoSuchEntity("no <such> thing & more"), iam, "the-id")
    heard = _read_by_botocore(iam.operations["GetUser"], body, 404)
    assert heard["Error"] == {"Type": "Sender", "Code": "NoSuchEntity", "Message": "no <such> thing & more"}
    assert heard["ResponseMetadata"]["RequestId"] == "the-id"
    assert "message" not in heard
