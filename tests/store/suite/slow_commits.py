"""A commit that takes long, without which reads go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from iamd.store import Change, StaleRead, Store
from iamd.store.errors import NotWritten
from iamd.store.kind import altered
from tests.store.samples import (
    ACCOUNT,
    OTHER,
    SAMPLES,
    Gate,
    Opener,
    add_user,
    new_account,
    on_loop,
    prepared,
    running,
    same_after_reopening,
    until,
    user,
)


async def begun(
    store: Store, work: Callable[[Change], object] | None = None, *, behind: bool = False
) -> tuple[Gate, asyncio.Task[object]]:
    """As `slow`, and about to be set aside."""
    await store.load(ACCOUNT)
    store._database.reads_wait = 0.0
    gate = Gate(store, behind)
    change = asyncio.create_task(store.write(work or add_user(1)))
    await gate.reached.wait()
    return gate, change


@asynccontextmanager
async def slow(
    store: Store, work: Callable[[Change], object] | None = None, *, behind: bool = False
) -> AsyncIterator[tuple[Gate, asyncio.Task[object]]]:
    """A change, by default the addition of a user, whose commit has been set aside: before the database had it, or
    behind that."""
    gate, change = await begun(store, work, behind=behind)
    try:
        await until(lambda: not store.unsettled)
        yield gate, change
    finally:
        gate.opened.set()
        await asyncio.wait({change})


def users(store: Store) -> list[str]:
    image = store.records(ACCOUNT)
    assert image is not None
    return [found.id for found in image.users]


def remove_first(change: Change) -> None:
    change.records(ACCOUNT).users.remove(user(1))


class SlowCommits:
    """The images are as they were before, until it is known how the commit ended."""

    @on_loop
    async def test_reads_go_on_without_it_and_see_it_afterwards(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            async with slow(store) as (gate, change):
                await store.settled()
                assert users(store) == []
                assert (await store.load(ACCOUNT)).revision == 1
                gate.opened.set()
                await change
                assert users(store) == [user(1).id]
                assert (await store.load(ACCOUNT)).revision == 2
            await same_after_reopening(store, opener)

    @on_loop
    async def test_a_read_that_saw_it_reads_again(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            gate, change = await begun(store)
            with pytest.raises(StaleRead):
                await store.settled()
            gate.opened.set()
            await change

    @on_loop
    async def test_changes_wait_for_its_end(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            gate, first = await begun(store)
            behind = asyncio.create_task(store.write(add_user(2)))  # executed on top of it, if it comes soon enough
            await until(lambda: not store.unsettled)
            later = asyncio.create_task(store.write(add_user(3)))
            assert users(store) == []
            gate.opened.set()
            await asyncio.gather(first, behind, later)
            assert set(users(store)) == {user(number).id for number in (1, 2, 3)}
            await same_after_reopening(store, opener)

    @on_loop
    async def test_what_was_not_written_is_in_no_image(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            async with slow(store) as (gate, change):
                gate.failure = NotWritten("no")
                gate.opened.set()
                with pytest.raises(NotWritten):
                    await change
            assert users(store) == []
            gate.failure = None
            await store.write(add_user(2))
            assert users(store) == [user(2).id]
            await same_after_reopening(store, opener)

    @on_loop
    async def test_what_it_removes_is_there_until_it_is_done(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            for number in (1, 2, 3):
                await store.write(add_user(number))
            async with slow(store, remove_first) as (gate, change):
                assert set(users(store)) == {user(number).id for number in (1, 2, 3)}
                gate.opened.set()
                await change
            await same_after_reopening(store, opener)

    @on_loop
    async def test_another_process_was_faster(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two, slow(two) as (gate, change):
            await one.write(add_user(2))
            await one.write(new_account(OTHER))
            await two.refresh()
            assert two.has_account(OTHER)
            gate.opened.set()
            await change
            assert users(two) == [user(2).id, user(1).id]
            await same_after_reopening(two, opener)

    @on_loop
    async def test_another_process_came_behind_it(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two, slow(two, behind=True) as (gate, change):
            await one.write(add_user(2))
            await two.refresh()
            gate.opened.set()
            await change
            assert users(two) == [user(1).id, user(2).id]
            await same_after_reopening(two, opener)

    @on_loop
    async def test_reads_wait_for_it_where_it_hides_what_another_process_did(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two, slow(two) as (gate, change):
            await one.write(add_user(2))
            await two.refresh()
            assert two.unsettled
            read = asyncio.create_task(two.settled())
            await asyncio.sleep(0)
            gate.opened.set()
            with pytest.raises(StaleRead):
                await read
            assert user(2).id in users(two)
            await change

    @on_loop
    async def test_who_has_to_hear_of_others_waits_for_its_end(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            gate = Gate(two)
            two._database.reads_wait = 0.1  # this waits already then
            change = asyncio.create_task(two.write(add_user(1)))
            await gate.reached.wait()
            hearing = asyncio.create_task(two.hear())
            await until(lambda: not two.unsettled)
            await one.write(add_user(2))
            assert not hearing.done()
            gate.opened.set()
            await hearing
            assert user(2).id in users(two)
            await change

    @on_loop
    async def test_others_changes_of_other_accounts_are_seen(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(new_account(OTHER))
            await two.load(OTHER)
            async with slow(two) as (gate, change):
                await one.write(
                    lambda made: made.records(OTHER).groups.add(altered(SAMPLES["groups"][0], account_id=OTHER))
                )
                await two.refresh()
                assert len((await two.load(OTHER)).groups) == 1
                gate.opened.set()
                await change

    @on_loop
    async def test_closing_commits_it_and_what_waited_behind_it(self, opener: Opener) -> None:
        store = opener()
        await store.start()
        await store.write(new_account())
        async with slow(store) as (gate, change):
            behind = asyncio.create_task(store.write(add_user(2)))
            await asyncio.sleep(0)
            closing = asyncio.create_task(store.close())
            await asyncio.sleep(0)
            gate.opened.set()
            await asyncio.gather(change, behind, closing)
        async with running(opener()) as reopened:
            await reopened.load(ACCOUNT)
            assert set(users(reopened)) == {user(1).id, user(2).id}
