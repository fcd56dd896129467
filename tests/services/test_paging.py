"""Pages: whatever the names and sizes, every entry is told once and in order."""

from __future__ import annotations

from contextlib import suppress
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.services.iam.tags import tag_page
from iamd.services.paging import marker_of, page, page_of, text_of
from iamd.store.collection import Collection
from iamd.store.kind import Kind
from iamd.store.records import fold
from iamd.wire.errors import ValidationError

NAMES = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), max_size=30, unique_by=fold)
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=5)
KIND: Kind[str] = Kind("names", str, key=lambda name: f"id of {fold(name)}", unique_name=lambda name: name)


def walk(ask: Any, sizes: list[int]) -> list[Any]:
    """All entries, page by page; every page but the last is full."""
    entries: list[Any] = []
    marker = None
    for size in cycle(sizes):  # ends with the last page: every other one tells at least one entry more
        answer = ask(marker, size)
        shown = next(value for value in answer.values() if isinstance(value, list))
        entries += shown
        marker = answer.get("Marker")
        assert answer["IsTruncated"] is (marker is not None)
        if marker is None:
            assert len(shown) <= size
            return entries
        assert len(shown) == size
    return entries


@given(NAMES, SIZES)
def test_a_collection_is_told_by_name(names: list[str], sizes: list[int]) -> None:
    collection = Collection(KIND, "123456789012", [])
    for name in names:
        collection.add(name)
    told = walk(lambda marker, size: page("Names", collection, str, marker, size), sizes)
    assert told == sorted(names, key=fold)


@given(NAMES, SIZES)
def test_a_filter_leaves_no_gaps(names: list[str], sizes: list[int]) -> None:
    collection = Collection(KIND, "123456789012", [])
    for name in names:
        collection.add(name)
    even = [name for name in sorted(names, key=fold) if len(name) % 2 == 0]

    def ask(marker: str | None, size: int) -> dict[str, Any]:
        return page("Names", collection, str, marker, size, lambda name: len(name) % 2 == 0)

    assert walk(ask, sizes) == even


@given(NAMES, SIZES)
def test_a_short_list_is_told_by_key(names: list[str], sizes: list[int]) -> None:
    told = walk(lambda marker, size: page_of("Names", names, fold, str, marker, size), sizes)
    assert told == sorted(names, key=fold)


@given(st.dictionaries(st.text(min_size=1, max_size=128), st.text(max_size=8), max_size=50), SIZES)
def test_tags_are_told_as_given_by_markers_that_fit(tags: dict[str, str], sizes: list[int]) -> None:
    def ask(marker: str | None, size: int) -> dict[str, Any]:
        answer = tag_page(tuple(tags.items()), marker, size)
        assert len(answer.get("Marker", "")) <= 320
        return answer

    assert walk(ask, sizes) == [{"Key": key, "Value": value} for key, value in tags.items()]


@given(st.text(st.characters(codec="utf-8")))
def test_a_marker_stands_for_its_text(text: str) -> None:
    assert text_of(marker_of(text)) == text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_marker_is_of_its_own_list(text: str) -> None:
    marker = marker_of(text, "Users")
    assert text_of(marker, "Users") == text == text_of(marker_of(text), "Users")
    with pytest.raises(ValidationError, match="Invalid Marker"):
        text_of(marker, "Roles")


@given(st.text(st.characters(codec="utf-8")))
def test_nothing_that_a_client_sends_breaks_reading_a_marker(text: str) -> None:
    with suppress(ValidationError):
        text_of(text)


@pytest.mark.parametrize("marker", ["???", "AA=A", "YQ", "_w==", "é"])
def test_broken_markers_are_refused(marker: str) -> None:
    with pytest.raises(ValidationError):
        text_of(marker)
