"""The past: the image of any revision and time that is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iamd.store import Change
from iamd.store.errors import NotKept
from iamd.store.kind import altered
from tests.store.samples import (
    ACCOUNT,
    OTHER,
    SAMPLES,
    Opener,
    Query,
    add_user,
    contents,
    indexed,
    new_account,
    on_loop,
    prepared,
    running,
    user,
)

EVER = datetime(2100, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def changes_of_all_kinds() -> Iterator[Callable[[Change], Any]]:
    """Changes that add, then replace, then remove a record of every kind."""
    for kind, (record, changes) in SAMPLES.items():
        if kind != "accounts":
            yield lambda change, kind=kind, record=record: change.records(ACCOUNT).collection(kind).add(record)
            yield (
                lambda change, kind=kind, record=record, changes=changes: (
                    change.records(ACCOUNT).collection(kind).replace(record, **changes)
                )
            )
            yield (
                lambda change, kind=kind, record=record, changes=changes: (
                    change.records(ACCOUNT).collection(kind).remove(altered(record, **changes))
                )
            )


def as_sets(found: dict[str, list[Any]]) -> dict[str, set[Any]]:
    return {kind: set(records) for kind, records in found.items()}


def dated(query: Query) -> None:
    """Make revision N as old as N seconds after 1970."""
    query(f"UPDATE changes SET time = revision * {SECOND}")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class History:
    """Images of the past."""

    @on_loop
    async def test_the_state_of_any_revision_is_rebuilt(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            states = [contents(await store.load(ACCOUNT))]
            for work in changes_of_all_kinds():
                await store.write(work)
                states.append(contents(await store.load(ACCOUNT)))
            dated(query)
            for revision, state in enumerate(states, 1):
                past = await store.past(ACCOUNT, (revision, at(revision), at(revision + 0.9))[revision % 3])
                assert as_sets(contents(past)) == as_sets(state)
                assert past.revision == revision
            present = await store.load(ACCOUNT)
            assert indexed(await store.past(ACCOUNT, len(states))) == indexed(present)
            assert contents(present) == states[-1]

    @on_loop
    async def test_before_the_account_there_is_nothing(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            dated(query)
            for when in (0, at(0.5)):
                past = await store.past(ACCOUNT, when)
                assert (past.size(), past.revision) == (0, 0)
            assert (await store.past(OTHER, EVER)).size() == 0
            with pytest.raises(NotKept, match="no revision 2: its last one is 1"):
                await store.past(ACCOUNT, 2)

    @on_loop
    async def test_changes_are_told_with_their_times(self, opener: Opener) -> None:
        before = datetime.now(UTC)
        async with prepared(opener) as store:
            await store.write(add_user(1))
            await store.write(lambda change: change.records(ACCOUNT).users.remove(user(1)))
            touched = await store.history(ACCOUNT, 1)
            assert [(each.revision, each.kind, each.key, each.before is None) for each in touched] == [
                (3, "users", user(1).id, False),
                (2, "users", user(1).id, True),
            ]
            assert before <= touched[1].time <= touched[0].time <= datetime.now(UTC)

    @on_loop
    async def test_what_is_forgotten_cannot_be_asked_for(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            await store.write(new_account(OTHER))
            for number in range(2, 6):
                await store.write(add_user(number))
            dated(query)
            await store.forget(at(3.5))
            assert query(f"SELECT min(revision) FROM changes WHERE account_id = '{ACCOUNT}'") == [(3,)]
            assert query(f"SELECT min(revision) FROM changes WHERE account_id = '{OTHER}'") == [(1,)]
            assert len((await store.past(ACCOUNT, at(3.5))).users) == 2
            assert len((await store.past(ACCOUNT, 2)).users) == 1
            with pytest.raises(NotKept, match="revision 1 of account 123456789012 is no longer kept: the oldest is 2"):
                await store.past(ACCOUNT, 1)
            with pytest.raises(NotKept, match="does not go back to 1970-01-01T00:00:02Z"):
                await store.past(ACCOUNT, at(2))

    @on_loop
    async def test_a_clock_that_was_set_back_has_nothing_forgotten_early(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            for number in range(2, 8):
                await store.write(add_user(number))
            dated(query)
            query(f"UPDATE changes SET time = {SECOND} WHERE revision = 6")
            await store.forget(at(3.5))
            assert query("SELECT min(revision) FROM changes") == [(3,)]
            await store.forget(at(6.5))
            assert query("SELECT min(revision) FROM changes") == [(6,)]

    @on_loop
    async def test_the_newest_change_is_never_forgotten(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            await store.write(add_user(1))
            await store.forget(EVER + timedelta(days=1))
            assert query("SELECT revision FROM changes") == [(2,)]
            assert contents(await store.past(ACCOUNT, EVER)) == contents(await store.load(ACCOUNT))

    @on_loop
    async def test_a_process_that_missed_what_is_forgotten_has_what_there_is(
        self, opener: Opener, query: Query
    ) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            for number in range(1, 4):
                await one.write(add_user(number))
            await one.forget(EVER)
            await two.refresh()
            assert contents(await two.load(ACCOUNT)) == contents(await one.load(ACCOUNT))

    @on_loop
    async def test_a_writer_that_missed_what_is_forgotten_does_its_work_on_what_there_is(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            for number in range(1, 4):
                await one.write(add_user(number))
            await one.forget(EVER)
            await two.write(add_user(4))
            await one.refresh()
            assert len((await one.load(ACCOUNT)).users) == 4
