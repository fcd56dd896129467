"""The AWS JSON protocol: requests taken apart, parameters typed and refused, answers and errors."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.wire import aws_json
from iamd.wire.errors import (
    AccessDenied,
    AwsError,
    InvalidAction,
    NoSuchEntity,
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from iamd.wire.http import HttpRequest
from iamd.wire.model import load
from iamd.wire.organizations_errors import ConstraintViolationException, InvalidInputException
from tests.wire import samples

ORGANIZATIONS, TRAIL = load("organizations"), load("cloudtrail")
PREFIX = "AWSOrganizationsV20161128"


def request(body: bytes, target: str | None = f"{PREFIX}.ListAccounts") -> HttpRequest:
    headers = [] if target is None else [(b"x-amz-target", target.encode())]
    return HttpRequest("POST", b"/", b"", headers, body)


def test_a_call_is_read() -> None:
    call = aws_json.read(request(b'{"MaxResults": 5}'))
    assert (call.prefix, call.action, call.document) == (PREFIX, "ListAccounts", {"MaxResults": 5})
    assert aws_json.read(request(b"")).document == {}


@pytest.mark.parametrize("target", [None, "ListAccounts", f"{PREFIX}."])
def test_without_target_there_is_no_operation(target: str | None) -> None:
    with pytest.raises(UnknownOperationException):
        aws_json.read(request(b"{}", target))


@pytest.mark.parametrize("body", [b"[]", b"{", b"null", b'"x"', b"\xff", b'{"a": "\\ud800"', b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationException):
        aws_json.read(request(body))


def parsed(operation: str, document: dict[str, Any], service: Any = ORGANIZATIONS) -> dict[str, Any]:
    return aws_json.parse(service.operations[operation], document)


def test_parameters_are_typed() -> None:
    assert parsed("ListAccounts", {"MaxResults": 5, "NextToken": None, "Unknown": 1}) == {"max_results": 5}
    tags = [{"Key": "a", "Value": "b", "More": "c"}]
    assert parsed("TagResource", {"ResourceId": "r-ab12", "Tags": tags}) == {
        "resource_id": "r-ab12",
        "tags": [{"Key": "a", "Value": "b"}],
    }
    asked = parsed("LookupEvents", {"StartTime": 1.5}, TRAIL)
    assert asked == {"start_time": datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"ResourceId": 1}, "NUMBER_VALUE can not be converted to a String"),
        ({"ResourceId": True}, "TRUE_VALUE can not be converted to a String"),
        ({"ResourceId": ["r"]}, "Start of list found where not expected"),
        ({"ResourceId": {}}, "Start of structure or map found where not expected."),
        ({"Tags": "x"}, "Expected list or null"),
        ({"Tags": ["x"]}, "Unexpected field type"),
    ],
)
def test_other_types_are_refused(document: dict[str, Any], said: str) -> None:
    with pytest.raises(SerializationException) as refused:
        parsed("TagResource", document)
    assert refused.value.message == said


EVERY_FORM = {
    "Plain": "x",
    "another": "y",
    "Count": 5,
    "Ratio": 2,
    "Flag": False,
    "When": 1.5,
    "Bytes": "AP8=",
    "Names": ["a", None],
    "Pairs": {"k": {"Name": "n", "Child": {"Leaves": []}}, "none": None},
    "Grid": [["a"], []],
}


def test_every_form_of_values() -> None:
    assert aws_json.parse(samples.every_form(), EVERY_FORM) == {
        "plain": "x",
        "renamed": "y",
        "count": 5,
        "ratio": 2.0,
        "flag": False,
        "when": datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC),
        "bytes": b"\x00\xff",
        "names": ["a", None],
        "pairs": {"k": {"Name": "n", "Child": {"Leaves": []}}, "none": None},
        "grid": [["a"], []],
    }


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"Pairs": ["x"]}, "Expected map or null"),
        ({"Tree": "x"}, "Unexpected field type"),
        ({"Bytes": "?"}, "Invalid base64 encoding"),
        ({"When": 1e300}, "NUMBER_VALUE can not be converted to a Timestamp"),
        ({"Flag": 1}, "NUMBER_VALUE can not be converted to a Boolean"),
    ],
)
def test_bad_forms(document: dict[str, Any], said: str) -> None:
    with pytest.raises(SerializationException) as refused:
        aws_json.parse(samples.every_form(), document)
    assert refused.value.message == said


def test_numbers_are_no_texts_and_flags_no_numbers() -> None:
    for value, said in ((True, "TRUE"), ("5", "STRING")):
        with pytest.raises(SerializationException, match=f"{said}_VALUE can not be converted to an Integer"):
            parsed("ListAccounts", {"MaxResults": value})


def test_violations_are_told_as_the_service_does() -> None:
    with pytest.raises(ValidationException) as told:
        aws_json.check(TRAIL.operations["CreateTrail"], {})
    assert told.value.message.startswith("2 validation errors detected: Value null at 'name' failed to satisfy")
    with pytest.raises(AwsError) as refused:
        aws_json.check(ORGANIZATIONS.operations["DescribeAccount"], {})
    assert refused.value.code == "InvalidInputException"
    assert refused.value.details == {"Reason": "INPUT_REQUIRED:ACCOUNT_ID"}


def test_answers() -> None:
    describe = ORGANIZATIONS.operations["DescribeAccount"]
    account = {"Id": "1", "JoinedTimestamp": datetime(2026, 1, 1, tzinfo=UTC), "Email": None}
    assert json.loads(aws_json.answer(describe, {"Account": account})) == {
        "Account": {"Id": "1", "JoinedTimestamp": 1767225600}
    }
    assert aws_json.answer(ORGANIZATIONS.operations["MoveAccount"], None) == b""
    with pytest.raises(TypeError):
        aws_json.answer(ORGANIZATIONS.operations["MoveAccount"], {"Account": {}})


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            AccessDenied("why"),
            (400, "AccessDeniedException", {"Message": aws_json.quirks.UNEXPLAINED_DENIALS["organizations"]}),
        ),
        (InvalidAction("what"), (400, "UnknownOperationException", {"message": "what"})),
        (
            ConstraintViolationException("no", "SO"),
            (400, "ConstraintViolationException", {"Message": "no", "Reason": "SO"}),
        ),
        (NoSuchEntity("none"), (404, "NoSuchEntity", {"message": "none"})),
    ],
)
def test_errors(error: AwsError, told: tuple[int, str, dict[str, str]]) -> None:
    status, code, members = told
    answered = aws_json.error(error, ORGANIZATIONS)
    assert answered[:2] == (status, code)
    assert json.loads(answered[2]) == {"__type": code, **members}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Key", "Value", "x"]), inner),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["ResourceId", "Tags", "x"]), JSON))
def test_whatever_is_sent_is_typed_or_refused(document: dict[str, Any]) -> None:
    operation = ORGANIZATIONS.operations["TagResource"]
    with suppress(SerializationException, InvalidInputException):
        aws_json.check(operation, aws_json.parse(operation, document))
