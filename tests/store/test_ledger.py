"""Events and uses that are written a moment later."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from iamd.store import StoreError, ledger, waiting
from iamd.store.interface import Group, Usage
from iamd.store.ledger import Ledger
from tests.store.samples import ACCOUNT, LATER, NOW, SampleEvent, on_loop


class Sink:
    """Takes groups, or fails."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.failure: Exception | None = None
        self.took = asyncio.Event()

    async def commit(self, group: Group) -> None:
        self.took.set()
        if self.failure is not None:
            raise self.failure
        self.groups.append(group)

    def events(self) -> list[str]:
        return [event.event_id for group in self.groups for event in group.kept]


class SlowSink(Sink):
    """Takes a group when it may end."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def commit(self, group: Group) -> None:
        self.begun.set()
        await self.may_end.wait()
        await super().commit(group)


def ledger_of(sink: Any) -> Ledger:
    return Ledger(sink)


@on_loop
async def test_nothing_is_written_for_nothing() -> None:
    sink = Sink()
    await ledger_of(sink).flush()
    assert sink.groups == []


@on_loop
async def test_a_flush_comes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FLUSH_SECONDS", 0.001)
    sink = Sink()
    held = ledger_of(sink)
    held.append(SampleEvent("one"))
    await sink.took.wait()
    await held.flush()
    held.stop()
    assert sink.events() == ["one"]


@on_loop
async def test_a_full_buffer_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FLUSH_SECONDS", 3600)
    monkeypatch.setattr(waiting, "FLUSH_EVENTS", 3)
    sink = Sink()
    held = ledger_of(sink)
    for number in range(3):
        held.append(SampleEvent(str(number)))
    await sink.took.wait()
    await held.flush()
    held.stop()
    assert sink.events() == ["0", "1", "2"]


@on_loop
async def test_what_cannot_be_written_is_kept_in_order() -> None:
    sink = Sink()
    held = ledger_of(sink)
    held.append(SampleEvent("one"))
    held.used(ACCOUNT, "AKIA1", NOW, "us-east-1", "iam")
    held.accessed(ACCOUNT, "AIDA1", "iam", "GetUser", NOW, "us-east-1")
    held.accessed(ACCOUNT, "AIDA1", "iam", "ListUsers", NOW, "us-east-1")
    sink.failure = StoreError("disk full")
    with pytest.raises(StoreError):
        await held.flush()
    assert not held.healthy
    held.append(SampleEvent("two"))
    held.used(ACCOUNT, "AKIA1", LATER, "us-east-1", "sts")
    held.accessed(ACCOUNT, "AIDA1", "iam", "GetUser", LATER, "us-east-1")
    sink.failure = None
    await held.flush()
    held.stop()
    assert held.healthy
    assert sink.events() == ["one", "two"]
    assert [group.usage for group in sink.groups] == [[(ACCOUNT, "AKIA1", Usage(LATER, "us-east-1", "sts"))]]
    [group] = sink.groups
    assert {access.action: access for _, access in group.accesses}["GetUser"].time == LATER
    assert len(group.accesses) == 2


@on_loop
async def test_a_failed_flush_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "FLUSH_SECONDS", 0.001)
    sink = Sink()
    sink.failure = ValueError("cannot be encoded")
    held = ledger_of(sink)
    held.append(SampleEvent("one"))
    await sink.took.wait()
    sink.failure = None
    sink.took.clear()
    await sink.took.wait()
    await held.flush()
    held.stop()
    assert sink.events() == ["one"]


@on_loop
async def test_what_could_not_be_recorded_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_EVENTS", 2)
    held = ledger_of(Sink())
    held.append(SampleEvent("one"))
    held.append(SampleEvent("two"))
    with pytest.raises(StoreError, match="cannot be recorded"):
        held.append(SampleEvent("three"))
    held.stop()


@on_loop
async def test_uses_in_memory_are_newer_than_those_loaded() -> None:
    held = ledger_of(Sink())
    old, new = Usage(NOW, "us-east-1", "iam"), Usage(LATER, "us-east-1", "iam")
    held.used(ACCOUNT, "AKIA1", new.time, new.region, new.service)
    held.drop(ACCOUNT)
    assert held.last_used(ACCOUNT, "AKIA1") is None
    held.load(ACCOUNT, {"AKIA1": old, "AKIA2": old})
    assert held.last_used(ACCOUNT, "AKIA1") == new
    assert held.last_used(ACCOUNT, "AKIA2") == old
    held.stop()


@on_loop
async def test_two_flushes_at_once_both_return_when_all_is_written() -> None:
    sink = SlowSink()
    held = ledger_of(sink)
    held.append(SampleEvent("one"))
    first = asyncio.create_task(held.flush())
    await sink.begun.wait()
    second = asyncio.create_task(held.flush())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done()
    sink.may_end.set()
    await asyncio.gather(first, second)
    held.stop()
    assert sink.events() == ["one"]


@on_loop
async def test_closing_writes_also_what_comes_in_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FLUSH_EVENTS", 2)
    sink = SlowSink()
    held = ledger_of(sink)
    held.append(SampleEvent("one"))
    closing = asyncio.create_task(held.close())
    await sink.begun.wait()
    held.append(SampleEvent("two"))
    held.append(SampleEvent("three"))  # so many are written at once
    await asyncio.sleep(0)
    held.append(SampleEvent("four"))
    sink.may_end.set()
    await closing
    assert sink.events() == ["one", "two", "three", "four"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


@on_loop
async def test_closing_leaves_nothing_to_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FLUSH_EVENTS", 1)
    sink = Sink()
    sink.failure = StoreError("disk full")
    held = ledger_of(sink)
    held.append(SampleEvent("one"))
    with pytest.raises(StoreError, match="disk full"):
        await held.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not held.waiting.is_armed
