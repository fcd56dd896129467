"""From named texts to parameters, with AWS's answers to the odd ones."""

from __future__ import annotations

import contextlib
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.wire import aws_query, validate
from iamd.wire.errors import AwsError, MalformedInput
from iamd.wire.http import HttpRequest
from iamd.wire.model import load
from tests.wire import samples

IAM = load("iam").operations
STS = load("sts").operations
ECHO = samples.every_form()


def _parse(name: str, **pairs: str) -> dict[str, Any]:
    return aws_query.parse(IAM[name], {key.replace("__", "."): text for key, text in pairs.items()})


def test_names_are_snake_at_the_top_and_the_models_inside() -> None:
    assert _parse("CreateUser", UserName="bob", Tags__member__1__Key="k", Tags__member__1__Value="", Unknown="x") == {
        "user_name": "bob",
        "tags": [{"Key": "k", "Value": ""}],
    }


def test_maps() -> None:
    pairs = {
        "TemplateArn": "arn",
        "ReplacementValues.entry.1.key": "a",
        "ReplacementValues.entry.1.value.Values.member.1": "x",
        "ReplacementValues.entry.2.key": "b",
        "ReplacementValues.entry.2.value.Values": "",
        "ReplacementValues.entry.3.key": "c",
    }
    assert aws_query.parse(IAM["AcquireRole"], pairs)["replacement_values"] == {
        "a": {"Values": ["x"]},
        "b": {"Values": []},
        "c": None,
    }
    with pytest.raises(MalformedInput):
        aws_query.parse(IAM["AcquireRole"], {"ReplacementValues.entry.1.value.Values": ""})


@pytest.mark.parametrize(
    ("text", "value"), [("900", 900), ("0900", 900), ("+900", 900), ("-5", -5), ("2147483647", 2**31 - 1)]
)
def test_integers(text: str, value: int) -> None:
    assert _parse("ListUsers", MaxItems=text) == {"max_items": value}


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "1.0", "1e0", "2147483648", "-2147483649", "9" * 5000, "٣", "0x1", "1_0"]
)
def test_no_integers(text: str) -> None:
    with pytest.raises(MalformedInput):
        _parse("ListUsers", MaxItems=text)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_booleans(text: str, value: bool) -> None:
    assert _parse("ListPolicies", OnlyAttached=text) == {"only_attached": value}


@pytest.mark.parametrize("text", ["True", " true", "", "yes", "01"])
def test_no_booleans(text: str) -> None:
    with pytest.raises(MalformedInput):
        _parse("ListPolicies", OnlyAttached=text)


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ({"When": "2026-11-21T20:00:00Z"}, datetime(2026, 11, 21, 20, tzinfo=UTC)),
        ({"When": "2026-11-21T21:00:00+01:00"}, datetime(2026, 11, 21, 20, tzinfo=UTC)),
        ({"When": "2026-11-21T20:00:00"}, datetime(2026, 11, 21, 20, tzinfo=UTC)),
        ({"When": "0"}, datetime(1970, 1, 1, tzinfo=UTC)),
        ({"Ratio": "-1.5e2"}, -150.0),
        ({"Bytes": "AP8="}, b"\x00\xff"),
    ],
)
def test_other_scalars(pairs: dict[str, str], value: Any) -> None:
    assert list(aws_query.parse(ECHO, pairs).values()) == [value]


@pytest.mark.parametrize(
    "pairs",
    [{"When": "T"}, {"When": "yesterday"}, {"When": "1e300"}, {"When": "0001-01-01T00:00:00+10:00"}]
    + [{"Ratio": text} for text in ("", "nan", "inf", "1e9999")]
    + [{"Bytes": text} for text in ("A", "*", "é")],
)
def test_no_other_scalars(pairs: dict[str, str]) -> None:
    with pytest.raises(MalformedInput):
        aws_query.parse(ECHO, pairs)


def test_an_empty_list_is_not_an_absent_one() -> None:
    assert _parse("TagUser", UserName="bob", Tags="") == {"user_name": "bob", "tags": []}
    assert _parse("TagUser", UserName="bob") == {"user_name": "bob"}


def test_indexes_are_numbers_of_any_spelling_and_order() -> None:
    assert _parse("UntagUser", TagKeys__member__02="b", TagKeys__member__1="a") == {"tag_keys": ["a", "b"]}
    assert _parse("UntagUser", TagKeys__member__10="x", **{f"TagKeys__member__{n}": str(n) for n in range(1, 10)}) == {
        "tag_keys": [*map(str, range(1, 10)), "x"]
    }


def test_small_holes_become_empty_elements() -> None:
    assert _parse("UntagUser", TagKeys__member__3="c") == {"tag_keys": [None, None, "c"]}
    assert _parse("TagUser", Tags__member__2__Key="k") == {"tags": [{}, {"Key": "k"}]}
    assert len(_parse("UntagUser", TagKeys__member__11="c")["tag_keys"]) == 11


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Tags.member.0.Key", "0 is not a valid index"),
        ("Tags.member.00.Key", "0 is not a valid index"),
        ("Tags.member.-1.Key", "Key -1 may not have a leading '-'"),
        ("Tags.member.1.0", "Two index elements may not occur back to back"),
        ("Tags.member.12.Key", "Excessively sparse input would skip 11 list elements"),
        ("Tags.member.100000.Key", "Excessively sparse input would skip 99,999 list elements"),
        ("Tags.member.214748370.Key", "Index 214748370 is illegal"),
        ("Tags.member." + "9" * 400, "Index " + "9" * 400 + " is illegal"),
        ("TagKeys.member.word", "Start of list found where not expected"),
        ("TagKeys.member.+1", "Start of list found where not expected"),
        ("TagKeys.member", "Start of list found where not expected"),
        ("TagKeys.member.1.Key", "Start of structure or map found where not expected."),
        ("TagKeys", "Value found where not expected"),
        ("Tags.member.1", "Value found where not expected"),
        ("UserName.1", "Start of list found where not expected"),
        ("UserName.x", "Start of structure or map found where not expected."),
    ],
)
def test_odd_names(name: str, told: str) -> None:
    operation = IAM["UntagUser" if name.startswith("TagKeys") else "TagUser"]
    with pytest.raises(MalformedInput) as refused:
        aws_query.parse(operation, {name: "x"})
    assert refused.value.message == told


@pytest.mark.parametrize("word", ["word", "+1", "", "1x"])
def test_a_word_for_an_index_is_a_lone_empty_structure(word: str) -> None:
    assert aws_query.parse(IAM["TagUser"], {f"Tags.member.{word}.Key": "k"}) == {"tags": [{}]}


def test_unknown_names_are_ignored_at_any_depth() -> None:
    pairs = {"Tags.member.1.Key": "k", "Tags.member.1.Color": "x", "Tags.other.1": "x", "No.member.1": "x"}
    assert aws_query.parse(IAM["TagUser"], pairs) == {"tags": [{"Key": "k"}]}


def test_depth_costs_nothing_where_the_model_ends() -> None:
    deep = "Tree" + ".Child" * 70 + ".Name"
    node = aws_query.parse(ECHO, {deep: "leaf"})["tree"]
    for _ in range(70):
        node = node["Child"]
    assert node == {"Name": "leaf"}


_MEMBERS = ["Tags", "TagKeys", "UserName", "ReplacementValues", "PolicyArns", "DurationSeconds", "Tree", "FlatPairs"]
_STEPS = ["member", "Key", "Value", "entry", "key", "value", "Values", "arn", "Child", "K", "V", "", "é"]
_INDEXES = ["0", "1", "01", "2", "13", "99999999999", "-1", "+1"]
_WORDS = st.sampled_from(_MEMBERS + _STEPS + _INDEXES)
_NAMES = st.lists(_WORDS, min_size=1, max_size=6).map(".".join)
_FUZZED = [IAM["TagUser"], IAM["UntagUser"], IAM["CreateRole"], IAM["AcquireRole"], STS["AssumeRole"], ECHO]


@given(st.sampled_from(_FUZZED), st.dictionaries(_NAMES, st.text(max_size=5), max_size=8))
def test_only_aws_errors_escape_from_parse_and_check(operation: Any, pairs: dict[str, str]) -> None:
    with contextlib.suppress(AwsError):
        validate.check(operation, aws_query.parse(operation, pairs))


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_only_aws_errors_escape_from_read(query: bytes, body: bytes) -> None:
    for method, content_type in itertools.product(("GET", "POST"), (b"application/x-www-form-urlencoded", b"\xff")):
        with contextlib.suppress(AwsError):
            call = aws_query.read(HttpRequest(method, b"/", query, [(b"content-type", content_type)], body))
            aws_query.parse(IAM["CreateUser"], call.pairs)
