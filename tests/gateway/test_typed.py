"""Whatever stands in place of a parameter, or in an upstream's answer: a decision or a refusal, never a failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller.caller import Caller, CallerKind
from iamd.gateway import mapping, parameters
from iamd.gateway.asked import Asked
from iamd.gateway.directory import Form, model_of, services
from iamd.gateway.exact import MAPPERS
from iamd.gateway.facts.facts import RESOURCE_TAG, Facts
from iamd.gateway.facts.kinds import find
from iamd.gateway.facts.questions import Questions
from iamd.gateway.key_grants import allowed_by, with_grant
from iamd.gateway.mapped import Inquiry, KeyUse, Need
from iamd.gateway.recognise import recognise
from iamd.wire.errors import AccessDenied, AwsError, SerializationException, ServiceUnavailable, ValidationException
from iamd.wire.gateway_errors import Ambiguous, Unmapped
from iamd.wire.http import HttpRequest
from iamd.wire.model import Shape
from tests.effort import examples
from tests.gateway.test_exact import Known, needs_of, needs_of_body
from tests.live import ACCOUNT

_ODD: list[Any] = [5, True, "x", "", [], {}, [None], [5], ["x", {}], {"x": 5}, [{"Key": 5}], [["x"]]]
_FORMS = {"json": Form.JSON, "rest-json": Form.REST_JSON}
_SERVICES = [name for name in MAPPERS if _FORMS.keys() & set(services()[name].protocols)]
_SERVICES += ["apigateway", "apigatewayv2", "codebuild"]  # by path, and generically


def _of(shape: Shape, depth: int = 0) -> Any:
    """A value of the shape with all that it may have."""
    if shape.type == "structure":
        return {each.wire_name: _of(each.shape, depth + 1) for each in shape.members} if depth < 4 else {}
    if shape.type == "list":
        return [_of(shape.element.shape, depth + 1)] if depth < 4 else []
    if shape.type == "map":
        return {"a": _of(shape.value.shape, depth + 1)} if depth < 4 else {}
    simple = {"boolean": True, "integer": 1, "long": 1, "float": 0.5, "double": 0.5, "timestamp": 1}
    return simple.get(shape.type, "abcd")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container within a value, with each place in it."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _decided(service: str, operation: str, body: Any) -> None:
    form = next(form for name, form in _FORMS.items() if name in services()[service].protocols)
    asked = Asked(services()[service], model_of(service).operations[operation], form)
    request = HttpRequest("POST", b"/restapis/a", b"", [], json.dumps(body).encode())
    with suppress(AwsError):
        document = parameters.read(asked, request)
        found = mapping.needs(Inquiry(asked, request, document, "us-east-1", ACCOUNT, Known()))
        assert found if isinstance(found, list) else asyncio.run(_awaited(found))


async def _awaited(found: Awaitable[list[Need]]) -> list[Need]:
    return await found


@pytest.mark.parametrize("service", _SERVICES)
def test_whatever_a_parameter_holds_is_decided_on_or_refused(service: str) -> None:
    for operation, model in model_of(service).operations.items():
        if service in MAPPERS and operation not in MAPPERS[service]:
            continue
        usual = {} if model.input is None else _of(model.input)
        for name in usual:
            for odd in _ODD:
                _decided(service, operation, {name: odd})
                _decided(service, operation, {**usual, name: odd})


@examples(100)
@given(st.data())
def test_whatever_parameters_hold_within_is_decided_on_or_refused(data: st.DataObject) -> None:
    service = data.draw(st.sampled_from(_SERVICES))
    operation = data.draw(st.sampled_from(sorted(MAPPERS.get(service) or model_of(service).operations)))
    shape = model_of(service).operations[operation].input
    body = {} if shape is None else _of(shape)
    for container, key in data.draw(st.lists(st.sampled_from(list(_places(body)) or [({}, "x")]), max_size=3)):
        container[key] = data.draw(st.sampled_from(_ODD))
    _decided(service, operation, body)


_ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_WHO = Caller(CallerKind.ROOT, ACCOUNT, ACCOUNT, "root", _ROOT, _ROOT, ACCOUNT, "AKIA")
_ANSWERS = {
    "arn:aws:kms:us-east-1:123456789012:key/k": ("GetKeyPolicy", "ListResourceTags", "ListGrants"),
    "arn:aws:sqs:us-east-1:123456789012:q": ("GetQueueAttributes", "ListQueueTags"),
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-abcdef": ("GetResourcePolicy", "DescribeSecret"),
    "arn:aws:lambda:us-east-1:123456789012:function:f": ("GetPolicy", "ListTags"),
    "arn:aws:dynamodb:us-east-1:123456789012:table/t": ("GetResourcePolicy", "ListTagsOfResource"),
    "arn:aws:ecr:us-east-1:123456789012:repository/r": ("GetRepositoryPolicy", "ListTagsForResource"),
    "arn:aws:states:us-east-1:123456789012:stateMachine:m": ("ListTagsForResource",),
}


class Answering:
    """An upstream that answers whatever it is asked with the same document."""

    def __init__(self, document: Any) -> None:
        self.status = 200
        self.headers = [(b"content-type", b"application/json")]
        self._body = json.dumps(document).encode()

    def header(self, name: bytes) -> bytes | None:
        return dict(self.headers).get(name)

    async def read(self, limit: int) -> bytes:
        return self._body

    async def send(self, *_: object) -> Answering:
        return self

    def of(self, _: object) -> Any:
        return SimpleNamespace(origin=SimpleNamespace(url="http://127.0.0.1:9"), told="")


def _facts(document: Any) -> tuple[Facts, Questions, Answering]:
    upstream: Any = Answering(document)
    questions = Questions(upstream, upstream)
    return Facts(questions, 0), questions, upstream


def _documents(service: str, operation: str) -> Iterator[Any]:
    """Answers to a question in which anything stands somewhere in place of what is expected."""
    shape = model_of(service).operations[operation].output
    usual = {} if shape is None else _of(shape)
    yield from _ODD
    for container, key in list(_places(usual)):
        kept = container[key]
        for odd in _ODD:
            container[key] = odd
            yield usual
        container[key] = kept


@pytest.mark.parametrize("arn", _ANSWERS)
def test_whatever_an_upstream_tells_is_a_fact_or_a_refusal(arn: str) -> None:
    need = Need("x:y", arn, {}, (), ACCOUNT, KeyUse({}))
    found = find(arn)
    assert found is not None

    async def read(document: Any) -> None:
        facts = _facts(document)[0]
        for reading in (
            facts.policy(need, "us-east-1"),
            facts.keys(need, RESOURCE_TAG, "us-east-1"),
            _granted(facts, need),
        ):
            with suppress(AccessDenied, ServiceUnavailable):
                await reading

    async def all_of_them() -> None:
        for operation in _ANSWERS[arn]:
            for document in _documents(found.kind.service, operation):
                await read(document)

    asyncio.run(all_of_them())


async def _granted(facts: Facts, need: Need) -> None:
    for action in ("Decrypt", "RetireGrant", "CreateGrant"):
        of_key = Need(f"kms:{action}", need.resource, {}, (), ACCOUNT, KeyUse({"Operations": ["Decrypt"]}))
        found = allowed_by(await facts.grants(of_key, "us-east-1"), of_key, _WHO)
        if found is not None:
            with_grant(None, *found, of_key)


@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("stepfunctions", "UpdateStateMachine", {"stateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m", "publish": "true"}),
        ("logs", "DeleteLogGroup", {"logGroupName": ["a"]}),
        ("sqs", "CreateQueue", {"QueueName": "q", "tags": ["a"]}),
        ("kms", "TagResource", {"KeyId": "k", "Tags": [{"TagKey": "a", "TagValue": "b"}, None]}),
        ("ssm", "GetCalendarState", {"CalendarNames": 5}),
    ],
)  # fmt: skip
def test_a_parameter_of_another_type_is_refused(service: str, operation: str, body: dict[str, Any]) -> None:
    with pytest.raises(SerializationException):
        needs_of_body(service, operation, body)


@pytest.mark.parametrize("days", [7.9, "NaN", 2**32 + 7, -(2**70), 1e300])
def test_what_is_no_integer_is_refused_in_its_place(days: Any) -> None:
    """Another reader would cut it down to one: a Deny for seven days would not be about what is done."""
    with pytest.raises(SerializationException):
        needs_of_body("kms", "ScheduleKeyDeletion", {"KeyId": "k", "PendingWindowInDays": days})


@pytest.mark.parametrize("days", [7, 7.0])
def test_integers_may_be_written_as_other_numbers(days: Any) -> None:
    assert needs_of("kms", "ScheduleKeyDeletion", KeyId="k", PendingWindowInDays=days)


def test_nothing_in_a_list_or_map_of_a_form_is_refused() -> None:
    """Another reader would pass it over, and with it none of the tags beside it."""
    tags = {"Tags.member.1.Key": "a", "Tags.member.1.Value": "b", "Tags.member.2": "x"}
    body = urlencode({"Action": "CreateTopic", "Version": "2010-03-31", "Name": "t", **tags}).encode()
    request = HttpRequest("POST", b"/", b"", [(b"content-type", b"application/x-www-form-urlencoded")], body)
    with pytest.raises(Ambiguous):
        parameters.read(recognise(request, "sns"), request)


SELECT = {"Statement": "SELECT * FROM a WHERE id = 'x'"}
GET = {"Get": {"TableName": "a", "Key": {"id": {"S": "x"}}}}
PUT = {"PutRequest": {"Item": {"id": {"S": "x"}}}}


@pytest.mark.parametrize(
    ("service", "operation", "most", "params"),
    [
        ("dynamodb", "BatchExecuteStatement", 25, lambda n: {"Statements": [SELECT] * n}),
        ("dynamodb", "ExecuteTransaction", 100, lambda n: {"TransactStatements": [SELECT] * n}),
        ("dynamodb", "TransactGetItems", 100, lambda n: {"TransactItems": [GET] * n}),
        ("dynamodb", "TransactWriteItems", 100, lambda n: {"TransactItems": [{"ConditionCheck": GET["Get"]}] * n}),
        ("dynamodb", "BatchGetItem", 100, lambda n: {"RequestItems": {t: {"Keys": [{}] * (n // 4)} for t in "abcd"} | {"e": {"Keys": [{}] * (n % 4)}}}),
        ("dynamodb", "BatchWriteItem", 25, lambda n: {"RequestItems": {"a": [PUT] * 20, "b": [PUT] * (n - 20)}}),
        ("ssm", "GetParameters", 10, lambda n: {"Names": ["s"] * n}),
        ("events", "PutEvents", 10, lambda n: {"Entries": [{"Source": "s"}] * n}),
        ("ec2", "StopInstances", 1000, lambda n: {"InstanceIds": [f"i-{each}" for each in range(n)]}),
        ("ec2", "CreateTags", 1000, lambda n: {"Resources": [f"i-{each}" for each in range(n)], "Tags": []}),
    ],
)  # fmt: skip
def test_no_more_is_decided_on_than_the_service_takes(
    service: str, operation: str, most: int, params: Callable[[int], dict[str, Any]]
) -> None:
    assert needs_of(service, operation, **params(most))
    with pytest.raises((ValidationException, Unmapped)):
        needs_of(service, operation, **params(most + 1))
