"""The inheritance operators, as AWS's page of examples has them and as live AWS was seen to run them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.services.organizations.inheritance import is_well_formed, merge, tree

LIMIT = "@@operators_allowed_for_child_policies"


def tag(**operators: Any) -> dict[str, Any]:
    """A document with one setting; `assign=`, `append=`, `remove=`, `limit=`."""
    named = {LIMIT if key == "limit" else f"@@{key}": value for key, value in operators.items()}
    return {"tags": {"project": {"tag_value": named}}}


def value(*levels: list[dict[str, Any]]) -> Any:
    return merge(levels).get(("tags", "project", "tag_value"))


@pytest.mark.parametrize(
    ("levels", "result"),
    [
        ([[tag(assign=["a", "b"])], [tag(assign=["c"])]], ["c"]),
        ([[tag(assign=["a"])], [tag(append=["b", "a"])]], ["a", "b"]),
        ([[tag(assign=["a", "b"])], [tag(remove=["a", "z"])]], ["b"]),
        ([[tag(assign=["a"])], [tag(remove=["a"])]], []),
        ([[tag(append=["a"])]], ["a"]),
        ([[tag(assign=["a"]), tag(assign=["b"])]], ["a"]),
        ([[tag(remove=["a"]), tag(append=["a", "b"]), tag(assign=["c"])]], ["c", "b"]),
        ([[tag(assign="x")], [tag(append=["y"])]], "x"),
        ([[tag(assign=["a"], limit=["@@none"])], [tag(assign=["b"])], [tag(append=["c"])]], ["a"]),
        ([[tag(assign=["a"], limit=["@@append"])], [tag(assign=["b"]), tag(append=["c"])]], ["a", "c"]),
        ([[tag(assign=["a"], limit=["@@append"])], [tag(limit=["@@all"])], [tag(assign=["b"])]], ["a"]),
        ([[tag(assign=["a"], limit=["@@none"]), tag(append=["b"])]], ["a", "b"]),
        ([[tag(limit=["@@append", "@@assign"]), tag(limit=["@@assign", "@@remove"])], [tag(append=["b"])]], None),
    ],
)
def test_operators(levels: list[list[dict[str, Any]]], result: Any) -> None:
    assert value(*levels) == result


def test_a_limit_binds_what_is_new_below_it_and_not_what_is_there() -> None:
    parent = tag(assign=["a"])
    parent["tags"]["project"][LIMIT] = ["@@none"]
    child = tag(assign=["b"])
    child["tags"]["project"]["enforced_for"] = {"@@assign": ["s3:bucket"]}
    assert tree(merge([[parent], [child]])) == {"tags": {"project": {"tag_value": ["b"]}}}


@pytest.mark.parametrize(
    "document",
    [
        {"tags": {"a": {"tag_key": "A"}}},
        {"tags": {"a": {"tag_key": {"@@assgin": "A"}}}},
        {"tags": {"a": {"tag_value": {"@@append": "A"}}}},
        {"tags": {"a": {"tag_value": {"@@assign": ["A"], "more": {"@@assign": "A"}}}}},
        {"tags": {"a": {"tag_value": {"@@assign": ["A"], LIMIT: ["@@some"]}}}},
        {"tags": {"a": {"tag_value": {"@@assign": ["A"], LIMIT: "@@none"}}}},
        {"tags": {"a": {"tag_value": {"@@assign": ["A"], LIMIT: []}}}},
        {"tags": {"a": {"tag_value": {"@@assign": ["A"], LIMIT: ["@@none", "@@assign"]}}}},
        {"tags": {"a": {"tag_value": {"@@assign": ["A"], LIMIT: ["@@assign", "@@assign"]}}}},
        {"tags": {"a": {"tag_value": {"@@assign": None}}}},
        {"tags": []},
        [],
    ],
)
def test_what_is_not_well_formed(document: Any) -> None:
    assert not is_well_formed(document)


operations = st.dictionaries(
    st.sampled_from(["assign", "append", "remove"]), st.lists(st.sampled_from("abc"), unique=True), max_size=3
).map(lambda chosen: tag(**chosen))
levels = st.lists(st.lists(operations, max_size=2), max_size=3)


@given(above=levels, below=levels)
def test_nothing_below_changes_what_is_closed(above: list[Any], below: list[Any]) -> None:
    closed = [*above, [tag(limit=["@@none"])]]
    assert merge([*closed, *below]) == merge(closed)


@given(above=levels, below=levels)
def test_values_are_never_there_twice(above: list[Any], below: list[Any]) -> None:
    merged = value(*above, *below) or []
    assert len(merged) == len(set(merged))
