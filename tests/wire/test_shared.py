"""Views that are made once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from iamd.wire import shared
from iamd.wire.shared import once_a_record


@dataclass(frozen=True)
class Record:
    name: str


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What views were made of; kept are about ten of those of `viewed`."""
    monkeypatch.setattr(shared, "_views", shared._Views(2 * 5 * 650))
    return []


def viewed(made: list[tuple[Any, ...]]) -> Callable[..., str]:
    """What an answer has of a record, as text."""

    @once_a_record
    def view(record: Record, *others: Any) -> dict[str, Any]:
        made.append((record, *others))
        return {"Name": record.name, "Others": len(others)}

    return lambda *made_of: view(*made_of).text("member", str)


def test_a_view_is_made_once(made: list[tuple[Any, ...]]) -> None:
    view, record = viewed(made), Record("a")
    first = view(record, 1, (Record("b"),))
    assert first == "{'Name': 'a', 'Others': 2}"
    assert view(record, 1, (Record("b"),)) == first
    assert len(made) == 1


def test_a_view_is_made_anew_of_other_things(made: list[tuple[Any, ...]]) -> None:
    view, record = viewed(made), Record("a")
    view(record, 1)
    view(record, 2)
    assert view(record, 2, 3) == "{'Name': 'a', 'Others': 2}"
    assert view(replace(record, name="b"), 2, 3) == "{'Name': 'b', 'Others': 2}"
    assert len(made) == 4


def test_views_of_one_record_are_told_apart(made: list[tuple[Any, ...]]) -> None:
    one, other, record = viewed(made), viewed(made), Record("a")
    assert [one(record), other(record), one(record)] == [one(record)] * 3
    assert len(made) == 2


def test_what_is_asked_for_again_and_again_is_kept(made: list[tuple[Any, ...]]) -> None:
    view, first = viewed(made), Record("a")
    others = [Record("b") for _ in range(100)]
    for other in others:
        view(first)
        view(other)
    assert len(made) == 101


def test_what_nobody_asks_for_is_forgotten(made: list[tuple[Any, ...]]) -> None:
    view, first = viewed(made), Record("a")
    records = [Record("b") for _ in range(100)]
    view(first)
    for record in records:
        view(record)
    assert len(shared._views._young) + len(shared._views._old) <= 10
    view(first)
    assert len(made) == 102
