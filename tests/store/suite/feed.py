"""The change feed, and the audit events that go with changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from iamd.store import Change, StoreError
from iamd.store.rows import CODECS
from tests.store.samples import (
    ACCOUNT,
    OTHER,
    SAMPLES,
    Gate,
    Opener,
    Query,
    SampleEvent,
    add_user,
    on_loop,
    prepared,
    running,
    user,
)


class Feed:
    """The change feed, and the audit events that go with changes."""

    @on_loop
    async def test_each_change_names_what_it_touched_and_keeps_what_it_replaced(
        self, opener: Opener, query: Query
    ) -> None:
        def rename(change: Change) -> None:
            users = change.records(ACCOUNT).users
            users.replace(users.named("user1"), name="renamed")
            users.remove(users.named("user2"))

        async with prepared(opener) as store:
            await asyncio.gather(store.write(add_user(1)), store.write(add_user(2)))
            await store.write(rename)
        feed = query("SELECT account_id, revision, seq, kind, key, before FROM changes ORDER BY position")
        assert [row[:5] for row in feed] == [
            (ACCOUNT, 1, 0, "accounts", ACCOUNT),
            (ACCOUNT, 2, 0, "users", user(1).id),
            (ACCOUNT, 3, 0, "users", user(2).id),
            (ACCOUNT, 4, 0, "users", user(1).id),
            (ACCOUNT, 4, 1, "users", user(2).id),
        ]
        assert [row[5] for row in feed[:3]] == [None, None, None]
        assert [CODECS["users"].restore(row[5]) for row in feed[3:]] == [user(1), user(2)]

    @pytest.mark.parametrize("kind", sorted(SAMPLES))
    def test_every_kind_can_be_kept(self, kind: str) -> None:
        record = SAMPLES[kind][0]
        assert CODECS[kind].restore(CODECS[kind].dump(record)) == record

    @on_loop
    async def test_events_are_committed_with_their_change(self, opener: Opener, query: Query) -> None:
        def work(number: int) -> Callable[[Change], None]:
            def add(change: Change) -> None:
                add_user(number)(change)
                change.event(SampleEvent(f"event-{number}"))
                change.event(SampleEvent(f"elsewhere-{number}", OTHER))

            return add

        async with prepared(opener) as store:
            await asyncio.gather(*(store.write(work(number)) for number in (1, 2)))
            events = "SELECT account_id, event_id, revision, record FROM events ORDER BY position"
            assert query(events) == [
                (ACCOUNT, "event-1", 2, b'{"eventID": "event-1"}'),
                (OTHER, "elsewhere-1", None, b'{"eventID": "elsewhere-1"}'),
                (ACCOUNT, "event-2", 3, b'{"eventID": "event-2"}'),
                (OTHER, "elsewhere-2", None, b'{"eventID": "elsewhere-2"}'),
            ]

    @on_loop
    async def test_a_failed_commit_leaves_no_event(self, opener: Opener, query: Query) -> None:
        class Broken(SampleEvent):
            def encode(self) -> bytes:
                raise ValueError("cannot be written")

        def work(change: Change) -> None:
            add_user(1)(change)
            change.event(SampleEvent("first"))
            change.event(Broken("second"))

        async with prepared(opener) as store:
            with pytest.raises(StoreError):
                await store.write(work)
            assert not (await store.load(ACCOUNT)).users
        assert query("SELECT count(*) FROM events") == [(0,)]
        assert query("SELECT count(*) FROM users") == [(0,)]

    @on_loop
    async def test_an_event_without_a_change_is_committed_too(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            await store.write(lambda change: change.event(SampleEvent("issued")))
            assert query("SELECT event_id, revision FROM events") == [("issued", None)]

    @on_loop
    async def test_a_refusal_is_recorded_though_nothing_changes(self, opener: Opener, query: Query) -> None:
        def refused(change: Change) -> None:
            change.event(SampleEvent("never"))
            change.refused(SampleEvent("refused"))
            raise PermissionError

        async with prepared(opener) as store:
            with pytest.raises(PermissionError):
                await store.write(refused)
            await store.write(lambda change: change.refused(SampleEvent("not refused")))
        assert query("SELECT event_id FROM events") == [("refused",)]

    @on_loop
    async def test_work_done_again_is_recorded_once(self, opener: Opener, query: Query) -> None:
        def work(change: Change) -> None:
            add_user(1)(change)
            change.event(SampleEvent("once"))

        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            gate = Gate(two)
            slow = asyncio.create_task(two.write(work))
            await gate.reached.wait()
            await one.write(add_user(2))
            gate.opened.set()
            await slow
        assert query("SELECT event_id, revision FROM events") == [("once", 3)]

    @on_loop
    async def test_buffered_events_are_written_at_the_end(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            for number in range(3):
                store.append_event(SampleEvent(f"read-{number}"))
            await store.flush()
            assert query("SELECT sum(length) FROM events") == [(3,)]
            store.append_event(SampleEvent("last"))
        assert query("SELECT event_id FROM events WHERE event_id = 'last'") == [("last",)]
