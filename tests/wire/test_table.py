"""Lists told by columns are answered as lists of structures are."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.wire import aws_query
from iamd.wire.model import OperationModel, Shape, load
from iamd.wire.table import Nested, Table, columns, nested, row
from tests.wire import samples

DETAILS = load("iam").operations["GetAccountAuthorizationDetails"]
OPERATIONS = [operation for operation in samples.operations() if operation.output is not None]


def tabled(shape: Shape, rows: Sequence[dict[str, Any]]) -> Table:
    """The same structures by columns, as far as they consist of lists of structures."""
    named = {name for each in rows for name in each}
    return Table(
        len(rows), {m.name: column(m.shape, [r.get(m.name) for r in rows]) for m in shape.members if m.name in named}
    )


def column(shape: Shape, values: Sequence[Any]) -> Sequence[Any] | Nested:
    if shape.type == "list" and shape.element.shape.type == "structure":
        lengths = [None if value is None else len(value) for value in values]
        return Nested(lengths, tabled(shape.element.shape, [item for value in values for item in value or ()]))
    return values


def result(operation: OperationModel, rng: random.Random) -> dict[str, Any]:
    shape = operation.output
    assert shape is not None
    made: dict[str, Any] = samples.sample(shape, rng)
    return made


@given(st.sampled_from(OPERATIONS), st.randoms(use_true_random=False))
def test_a_table_is_answered_as_its_rows_are(operation: OperationModel, rng: random.Random) -> None:
    rows = result(operation, rng)
    assert operation.output is not None
    shapes = {member.name: member.shape for member in operation.output.members}
    tables = {
        name: tabled(shapes[name].element.shape, value)
        if shapes[name].type == "list" and shapes[name].element.shape.type == "structure"
        else value
        for name, value in rows.items()
    }
    assert aws_query.answer(operation, tables, "id-1") == aws_query.answer(operation, rows, "id-1")
    assert aws_query.answer_json(operation, tables, "id-1") == aws_query.answer_json(operation, rows, "id-1")


def test_lists_are_empty_or_not_there() -> None:
    def tags(pairs: Sequence[tuple[str, str]]) -> Table:
        return Table(len(pairs), {"Key": [key for key, _ in pairs], "Value": [value for _, value in pairs]})

    def names(items: Sequence[str]) -> Table:
        return Table(len(items), {"PolicyName": items})

    given: list[list[tuple[str, str]]] = [[], [("a", "<1>"), ("b", "2")]]
    table = Table(2, {"Tags": nested(given, tags), "UserPolicyList": nested([[], []], names, absent_if_empty=True)})
    assert list(table) == [
        {"Tags": [], "UserPolicyList": None},
        {"Tags": [{"Key": "a", "Value": "<1>"}, {"Key": "b", "Value": "2"}], "UserPolicyList": None},
    ]
    text = aws_query.answer(DETAILS, {"UserDetailList": table}, "id-1").decode()
    second = "<member><Key>a</Key><Value>&lt;1&gt;</Value></member><member><Key>b</Key><Value>2</Value></member>"
    assert f"<member><Tags/></member><member><Tags>{second}</Tags></member>" in text


def test_tables_without_columns_or_rows() -> None:
    assert list(Table(2, {})) == [{}, {}]
    assert list(Table(0, {"Key": []})) == []
    told = aws_query.answer(DETAILS, {"UserDetailList": Table(2, {}), "Policies": Table(0, {"Arn": []})}, "id-1")
    assert b"<UserDetailList><member/><member/></UserDetailList><Policies/>" in told
    assert json.loads(aws_query.answer_json(DETAILS, {"UserDetailList": Table(2, {})}, "id-1"))


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"Nickname": ["x", "y"]}, "has no member `Nickname`"),
        ({"Arn": ["x", 1]}, "int"),
        ({"Arn": [None, 1]}, "int"),
        ({"CreateDate": [None, "today"]}, "not a time"),
        ({"CreateDate": [datetime.now(UTC), datetime(2026, 1, 1)]}, "not a time with its zone"),  # noqa: DTZ001  the point
        ({"GroupList": ["x", "y"]}, "is a list"),
        ({"GroupList": Nested([1], Table(1, {"Arn": ["x"]}))}, "has no member"),
        ({"Path": Nested([1, 0], Table(1, {"Arn": ["x"]}))}, "Nested"),
    ],
)
def test_tables_that_do_not_fit_are_our_bugs(members: dict[str, Any], problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        aws_query.answer(DETAILS, {"UserDetailList": Table(2, members)}, "id-1")


def test_columns_of_unequal_length_are_our_bugs() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        aws_query.answer(DETAILS, {"UserDetailList": Table(2, {"Arn": ["x", "y"], "Path": ["/"]})}, "id-1")


def test_getters_make_rows_and_columns() -> None:
    getters = {"Length": len, "Upper": str.upper}
    assert columns(getters, ["a", "bc"]) == {"Length": [1, 2], "Upper": ["A", "BC"]}
    assert row(getters, "bc") == {"Length": 2, "Upper": "BC"}
