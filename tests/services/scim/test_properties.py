"""Whatever an identity provider sends is understood or refused, and never fails."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import reduce
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamd.services.scim.documents import ENTERPRISE, attributes_in
from iamd.services.scim.errors import ScimError
from iamd.services.scim.filters import comparisons
from iamd.services.scim.patching import operations_of, patched

NAMES = ("userName", "displayName", "name", "emails", "active", "members", "title", "value", "type", ENTERPRISE, "a")
PATHS = st.one_of(
    st.sampled_from([*NAMES, 'emails[type eq "work"]', 'emails[type eq "work"].value', f"{ENTERPRISE}:manager", "a.b"]),
    st.text(max_size=12),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove", "Replace", "x"])}, optional={"path": PATHS, "value": VALUES}
)


@settings(max_examples=100)
@example({ENTERPRISE: None}, [{"op": "add", "value": {ENTERPRISE: None}}])
@example({}, [{"op": "add", "path": 'emails[type eq "work"]', "value": "ann@example.com"}])
@given(DOCUMENTS, st.lists(OPERATIONS | VALUES, max_size=3))
def test_patches_are_applied_or_refused(document: dict[str, Any], operations: list[Any]) -> None:
    before = repr(document)
    with suppress(ScimError):
        changed = document
        for verb, path, value in operations_of({"Operations": operations}):
            changed = patched(changed, verb, path, value)
        attributes_in(changed)
    assert repr(document) == before


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "add", "value": {f"a{i}": 1 for i in range(30_000)}}],
        [{"op": "add", "value": {f"name.a{i}": 1 for i in range(at, at + 100)}} for at in range(0, 10_000, 100)],
        [{"op": "add", "value": {ENTERPRISE: {f"a{i}": 1 for i in range(30_000)}}}],
        [{"op": "add", "path": "emails", "value": [{"type": "work", "value": i} for i in range(30_000)]}]
        + [{"op": "add", "path": 'emails[type eq "work"].value', "value": "a"}] * 99,
        [{"op": "add", "value": reduce(lambda inner, _: {ENTERPRISE: inner}, range(900), {"active": True})}],
    ],
    ids=["attributes", "members", "extension", "values", "depth"],
)
def test_patches_that_are_made_to_be_slow_are_refused(operations: list[Any]) -> None:
    """Copies of what was put already took the square of the attributes, and every other request waited."""

    def apply() -> None:
        changed: dict[str, Any] = {}
        for verb, path, value in operations_of({"Operations": operations}):
            changed = patched(changed, verb, path, value)
        attributes_in(changed)

    began = time.process_time()
    with pytest.raises(ScimError):
        apply()
    assert time.process_time() - began < 2


@settings(max_examples=100)
@given(DOCUMENTS)
def test_documents_are_read_or_refused(document: dict[str, Any]) -> None:
    with suppress(ScimError):
        attributes_in(document)


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(['userName eq "a"', " and ", "id", " eq ", '"', "\\", "true", " or "]), max_size=6),
    st.text(max_size=5),
)
def test_filters_are_read_or_refused(parts: list[str], rest: str) -> None:
    with suppress(ScimError):
        comparisons("".join(parts) + rest, ("username", "id"))
    assert comparisons('id eq "a\\"b" AND userName eq "c"', ("username", "id")) == {"id": 'a"b', "username": "c"}


@given(st.sampled_from(NAMES), VALUES.filter(lambda value: value is not None))
def test_what_is_put_without_path_is_put_by_its_path(name: str, value: Any) -> None:
    outcomes = []
    for given_there in ({"path": name, "value": value}, {"value": {name: value}}):
        document: dict[str, Any] = {"title": "x"}
        try:
            for operation in operations_of({"Operations": [{"op": "replace", **given_there}]}):
                document = patched(document, *operation)
            outcomes.append(document)
        except ScimError as error:
            outcomes.append({"refused": error.status})
    assert outcomes[0] == outcomes[1]
