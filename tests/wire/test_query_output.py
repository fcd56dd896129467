"""Answers, byte by byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.wire import aws_query
from iamd.wire.errors import NoSuchEntity, ServiceFailure
from iamd.wire.model import load
from iamd.wire.query_output import escape
from iamd.wire.shared import Shared
from tests.wire import samples

IAM, STS = load("iam"), load("sts")
ECHO = samples.every_form()
_TIME = datetime(2026, 11, 21, 20, 0, 0, 987_654, tzinfo=UTC)
_OPEN = '<{0}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
_META = "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></{0}Response>"


def _xml(name: str, result: dict[str, Any] | None) -> str:
    """The answer within its envelope, which is checked."""
    text = aws_query.answer(IAM.operations[name], result, "id-1").decode()
    head, tail = _OPEN.format(name), _META.format(name)
    assert text.startswith(head)
    assert text.endswith(tail)
    return text[len(head) : -len(tail)]


def test_members_come_in_the_models_order() -> None:
    user = {"CreateDate": _TIME, "UserName": "bob", "Path": "/", "Tags": None, "Arn": "arn:x", "UserId": "AIDA"}
    assert _xml("CreateUser", {"User": user}) == (
        "<CreateUserResult><User><Path>/</Path><UserName>bob</UserName><UserId>AIDA</UserId><Arn>arn:x</Arn>"
        "<CreateDate>2026-11-21T20:00:00Z</CreateDate></User></CreateUserResult>"
    )


def test_operations_without_a_result() -> None:
    assert _xml("DeleteUser", None) == ""
    assert _xml("DeleteUser", {}) == ""


def test_empty_things_are_empty_elements() -> None:
    assert _xml("ListUsers", {"Users": [], "IsTruncated": False}) == (
        "<ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult>"
    )
    role = {"RoleName": "r", "RoleLastUsed": {}, "Description": ""}
    assert _xml("GetRole", {"Role": role}) == (
        "<GetRoleResult><Role><RoleName>r</RoleName><Description></Description><RoleLastUsed/></Role></GetRoleResult>"
    )
    assert _xml("GetUser", None) == "<GetUserResult/>"
    result = {"EvaluationResults": [{"EvalDecisionDetails": {}}]}
    assert "<EvalDecisionDetails/>" in _xml("SimulateCustomPolicy", result)


def test_lists_maps_numbers_blobs() -> None:
    assert _xml("ListAccountAliases", {"AccountAliases": ("a", "b")}) == (
        "<ListAccountAliasesResult><AccountAliases><member>a</member><member>b</member></AccountAliases>"
        "</ListAccountAliasesResult>"
    )
    assert _xml("GetAccountSummary", {"SummaryMap": {"Users": 3}}) == (
        "<GetAccountSummaryResult><SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>"
        "</GetAccountSummaryResult>"
    )
    assert "<Content>AP8=</Content>" in _xml("GetCredentialReport", {"Content": b"\x00\xff"})
    assert b"<Ratio>1.5</Ratio>" in aws_query.answer(ECHO, {"Ratio": 1.5}, "id")


def test_times_are_utc_seconds() -> None:
    there = _TIME.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert "2026-11-21T20:00:00Z" in _xml("GetUser", {"User": {"CreateDate": there}})


def test_escaping() -> None:
    hostile = "<&>\"'\r\n\t\x00\x1b\ud800\uffff]]>"
    assert _xml("GetUser", {"User": {"UserName": hostile}}) == (
        "<GetUserResult><User><UserName>&lt;&amp;&gt;&quot;'&#xD;\n\t\ufffd\ufffd\ufffd\ufffd]]&gt;</UserName></User>"
        "</GetUserResult>"
    )


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_stays_well_formed(name: str, message: str) -> None:
    for body in (
        aws_query.answer(IAM.operations["GetUser"], {"User": {"UserName": name}}, message),
        aws_query.error(NoSuchEntity(message), IAM, name),
    ):
        assert ElementTree.fromstring(body) is not None


@given(st.text(max_size=10), st.integers(0, 100))
def test_long_texts_are_escaped_as_short_ones(text: str, padding: int) -> None:
    assert escape("-" * padding + text) == "-" * padding + "".join(map(escape, text))


def _wrong(operation: Any, result: dict[str, Any]) -> None:
    for write in (aws_query.answer, aws_query.answer_json):
        with pytest.raises(TypeError):
            write(operation, result, "id")


@pytest.mark.parametrize(
    "result",
    [
        {"user": {}},
        {"User": {"Name": "bob"}},
        {"User": {"UserName": "bob", "Nmae": None}},
        {"User": "bob"},
        {"User": {"UserName": 7}},
        {"User": {"UserName": b"bob"}},
        {"User": {"CreateDate": "2026-11-21T20:00:00Z"}},
        {"User": {"CreateDate": datetime(2026, 11, 21)}},  # noqa: DTZ001  a time without zone is the point
        {"User": {"Tags": {"Key": "k"}}},
        {"User": {"Tags": "text"}},
        {"User": {"Tags": [None]}},
    ],
)
def test_results_that_do_not_fit_are_our_bugs(result: dict[str, Any]) -> None:
    _wrong(IAM.operations["GetUser"], result)


@pytest.mark.parametrize(
    "result",
    [{"Flag": 1}, {"Count": True}, {"Count": "1"}, {"Ratio": True}, {"Ratio": "1"}, {"Bytes": "x"}, {"Pairs": []}],
)
def test_scalars_of_another_type_are_our_bugs(result: dict[str, Any]) -> None:
    _wrong(ECHO, result)


def test_results_of_operations_that_have_none_are_our_bugs() -> None:
    _wrong(IAM.operations["DeleteUser"], {"User": {}})


def test_errors() -> None:
    assert aws_query.error(NoSuchEntity("The user <bob>."), IAM, "id-1").decode() == (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
        "<Code>NoSuchEntity</Code><Message>The user &lt;bob&gt;.</Message></Error><RequestId>id-1</RequestId></ErrorResponse>"
    )
    assert b'xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"' in aws_query.error(ServiceFailure(), None, "id")
    assert b"<Type>Receiver</Type>" in aws_query.error(ServiceFailure(), STS, "id")


def test_errors_as_json() -> None:
    assert json.loads(aws_query.error_json(NoSuchEntity("gone"), IAM, "id-1")) == {
        "Error": {"Code": "NoSuchEntity", "Message": "gone", "Type": "Sender"},
        "RequestId": "id-1",
    }


def test_answers_as_json() -> None:
    result = {"Credentials": {"AccessKeyId": "ASIA", "Expiration": _TIME, "SessionToken": None}}
    assert json.loads(aws_query.answer_json(STS.operations["GetSessionToken"], result, "id-1")) == {
        "GetSessionTokenResponse": {
            "GetSessionTokenResult": {"Credentials": {"AccessKeyId": "ASIA", "Expiration": 1795291200}},
            "ResponseMetadata": {"RequestId": "id-1"},
        }
    }
    assert aws_query.answer_json(IAM.operations["DeleteUser"], None, "id") == (
        b'{"DeleteUserResponse":{"ResponseMetadata":{"RequestId":"id"}}}'
    )
    told = aws_query.answer_json(
        ECHO, {"Bytes": b"\x00\xff", "Pairs": {"a": {"Leaves": ["\ud800"]}}, "Flag": True}, "id"
    )
    assert json.loads(told)["EchoResponse"]["EchoResult"] == {
        "Flag": True,
        "Bytes": "AP8=",
        "Pairs": {"a": {"Leaves": ["?"]}},
    }


def test_a_shared_structure_is_written_as_any_other_and_once() -> None:
    user = {"Path": "/", "UserName": "a&b", "UserId": "AIDA", "Arn": "arn:x", "CreateDate": _TIME}
    made: list[dict[str, Any]] = []

    def view(members: dict[str, Any]) -> dict[str, Any]:
        made.append(members)
        return members

    shared = Shared(view, user)
    plain = _xml("ListUsers", {"Users": [user, user]})
    assert _xml("ListUsers", {"Users": [shared, shared]}) == plain
    assert _xml("ListUsers", {"Users": [user, shared]}) == plain
    assert len(made) == 1
    listed = IAM.operations["ListUsers"]
    as_json = aws_query.answer_json(listed, {"Users": [user]}, "id-1")
    assert aws_query.answer_json(listed, {"Users": [shared]}, "id-1") == as_json
    with pytest.raises(TypeError, match="Nickname"):
        _xml("ListUsers", {"Users": [Shared(dict, {**user, "Nickname": "x"})]})
