"""What comes in together is stored together, and read back one by one as it was."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.store import runs as stored_runs
from iamd.store.event_ids import tells_time, time_of
from iamd.store.rows import micros
from iamd.store.runs import SPAN, Run, runs
from iamd.store.waiting import Kept, Shape
from tests.store.samples import ACCOUNT, NOW, OTHER

SHAPES = [Shape(account, head, b"-middle", b"-tail") for account in (ACCOUNT, OTHER) for head in (b"one", b"other")]
SECOND = NOW.replace(microsecond=0)


def kept(shape: int, seconds: int, request_id: str | None, own: bool) -> Kept:
    event_id = f"own-{seconds}" if own else ""
    return Kept(SHAPES[shape], SECOND + timedelta(seconds=seconds), request_id, event_id)


EVENTS = st.builds(
    kept,
    st.integers(0, 3),
    st.sampled_from([0, 0, 0, 1, 2, 30]),
    st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=40)),
    st.booleans(),
)


def whole(event: Kept) -> bytes:
    if event.request_id is None:
        return event.shape.head
    return event.shape.head + msgspec.msgpack.encode(event.request_id) + event.shape.middle + event.shape.tail


@given(st.lists(EVENTS, max_size=12), st.integers(0, 1 << 40))
@settings(max_examples=60, deadline=None)
def test_records_are_read_back_as_they_came_in(events: list[Kept], position: int) -> None:
    made = [Run(*columns(run)) for run in runs(events, position)]
    records = [record for run in made for record in run.records()]
    assert [record.position for record in records] == [position + 1 + number for number in range(len(events))]
    for account_id in (ACCOUNT, OTHER):
        came = [event for event in events if event.shape.account_id == account_id]
        found = [record for record in records if record.account_id == account_id]
        assert [(record.time, record.record) for record in found] == [(event.time, whole(event)) for event in came]
        for record, event in zip(found, came, strict=True):
            assert record.event_id == event.event_id or (not event.event_id and time_of(record.event_id) == event.time)
    given_ids = [record.event_id for record in records if tells_time(record.event_id)]
    assert len(set(given_ids)) == len(given_ids)
    for run in made:
        own = run.records()
        assert [micros(record.time) for record in own] == run.moments() == sorted(run.moments())
        assert run.moments()[0] == run.start >= run.time - SPAN
        assert run.place == (micros(own[-1].time), own[-1].position)
        for at in range(len(own) + 1):
            assert run.records(behind=run.position - at) == own[len(own) - at :]
            assert run.newest(at, lambda time, position: True) == own[len(own) - at :]
        middle = own[len(own) // 2].position
        assert run.newest(99, lambda time, position, middle=middle: position < middle) == own[: len(own) // 2]
        for number, sample in enumerate(run.samples()):
            assert sample == run.records({number})[0]
            assert run.newest(1, lambda time, position: True, {number}) == run.records({number})[-1:]
        assert sum(len(run.records({number})) for number in range(len(run.samples()))) == len(own)


def columns(run: Run) -> tuple[int, str, int, str, bytes, int]:
    return run.position, run.account_id, run.time, run.event_id, run.stored, run.length


def test_what_is_alike_is_stored_once() -> None:
    shapes = [Shape(ACCOUNT, b"h" * 400, b"m" * 400, tail * 400) for tail in (b"t", b"u")]
    alike = [Kept(shapes[number % 2], SECOND, f"{number:036}") for number in range(100)]
    [run] = runs(alike, 0)
    assert len(run.stored) < 100 * 45 + 4 * 400 + 100


def test_a_run_has_no_more_records_than_it_may() -> None:
    alike = [Kept(SHAPES[0], SECOND, "r")] * (stored_runs.LENGTH + 1)
    assert [run.length for run in runs(alike, 0)] == [stored_runs.LENGTH, 1]
