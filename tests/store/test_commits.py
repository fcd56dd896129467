"""The corners of writing: what happens to a change when something else fails."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from iamd.store import Change, Records, StoreError, waiting
from iamd.store.interface import Conflict
from tests import elsewhere
from tests.store.samples import (
    ACCOUNT,
    OTHER,
    Gate,
    Opener,
    SampleEvent,
    add_user,
    new_account,
    on_loop,
    prepared,
    running,
)


@pytest.fixture
def opener(tmp_path: Path) -> Opener:
    return lambda: elsewhere.open_store(tmp_path)


class Interrupt(BaseException):
    """Stops everything, as KeyboardInterrupt does."""


@on_loop
async def test_a_store_that_was_not_started_takes_no_changes(opener: Opener) -> None:
    store = opener()
    with pytest.raises(StoreError, match="not open"):
        await store.write(new_account())
    await store.close()


@on_loop
async def test_an_interrupted_change_leaves_nothing(opener: Opener) -> None:
    def work(change: Change) -> None:
        add_user(1)(change)
        raise Interrupt

    async with prepared(opener) as store:
        with pytest.raises(Interrupt):
            await store.write(work)
        assert not (await store.load(ACCOUNT)).users
        await store.write(add_user(2))


@on_loop
async def test_what_was_done_before_an_account_had_to_be_loaded_is_done_once(opener: Opener) -> None:
    def work(change: Change) -> None:
        add_user(1)(change)
        change.event(SampleEvent("once"))
        change.records(OTHER)

    async with prepared(opener) as store:
        await store.write(new_account(OTHER))
    async with running(opener()) as store:
        await store.load(ACCOUNT)
        gate = Gate(store)
        gate.opened.set()
        await store.write(work)
        assert (await store.load(ACCOUNT)).revision == 2
        assert [len(group.events) for group in gate.groups] == [1]


@on_loop
async def test_an_account_that_cannot_be_loaded_fails_the_change(opener: Opener) -> None:
    async def unreadable(account_id: str) -> tuple[Records, dict[str, object]]:
        raise StoreError("disk gone")

    async with prepared(opener) as store:
        store._database.load = unreadable  # type: ignore[method-assign,assignment]
        with pytest.raises(StoreError, match="disk gone"):
            await store.write(lambda change: change.records(OTHER))
        await store.write(add_user(1))


@on_loop
async def test_a_conflict_on_an_unreadable_database_fails_the_changes(opener: Opener) -> None:
    def unreadable(records: Records) -> None:
        raise StoreError("disk gone")

    async with prepared(opener) as store:
        gate = Gate(store)
        gate.failure = Conflict(ACCOUNT)
        catch_up = store._database.catch_up
        write = asyncio.create_task(store.write(add_user(1)))
        await gate.reached.wait()
        store._database.catch_up = unreadable  # type: ignore[method-assign]
        gate.opened.set()
        with pytest.raises(StoreError, match="disk gone"):
            await write
        gate.failure, store._database.catch_up = None, catch_up  # type: ignore[method-assign]
        assert not (await store.load(ACCOUNT)).users
        await store.write(add_user(2))


@on_loop
async def test_whatever_fails_where_work_is_done_again_everybody_is_answered(opener: Opener) -> None:
    async def unreadable(account_id: str) -> tuple[Records, dict[str, object]]:
        raise ValueError("a record that is none")

    def out_of_date(records: Records) -> bool:
        return False

    def broken(records: Records) -> bool:
        raise ValueError("news that are none")

    for catch_up in (out_of_date, broken):
        async with running(opener()) as store:
            if not store.has_account(ACCOUNT):
                await store.write(new_account())
            await store.load(ACCOUNT)
            gate = Gate(store)
            gate.failure = Conflict(ACCOUNT)
            writes = [asyncio.create_task(store.write(add_user(number))) for number in (1, 2)]
            await gate.reached.wait()
            before = store._database.load, store._database.catch_up
            store._database.load = unreadable  # type: ignore[method-assign,assignment]
            store._database.catch_up = catch_up  # type: ignore[method-assign]
            gate.opened.set()
            async with asyncio.timeout(10):
                outcomes = await asyncio.gather(*writes, return_exceptions=True)
            assert all("none" in str(outcome) for outcome in outcomes)
            store._database.load, store._database.catch_up = before  # type: ignore[method-assign]
            assert not (await store.load(ACCOUNT)).users


@on_loop
async def test_an_image_that_cannot_be_brought_up_to_date_is_read_anew(opener: Opener) -> None:
    def broken(records: Records) -> bool:
        raise ValueError("news that are none")

    async with prepared(opener) as one, running(opener()) as two:
        await two.load(ACCOUNT)
        await one.write(add_user(1))
        catch_up, two._database.catch_up = two._database.catch_up, broken  # type: ignore[method-assign]
        await two.refresh()
        two._database.catch_up = catch_up  # type: ignore[method-assign]
        assert len((await two.load(ACCOUNT)).users) == 1


@on_loop
async def test_a_refusal_that_cannot_be_recorded_is_a_failure(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(change: Change) -> None:
        change.refused(SampleEvent("refused"))
        raise PermissionError

    monkeypatch.setattr(waiting, "MAX_EVENTS", 0)
    async with prepared(opener) as store:
        with pytest.raises(StoreError, match="cannot be recorded"):
            await store.write(refused)


@on_loop
async def test_a_key_of_an_account_that_was_dropped_is_still_known(opener: Opener) -> None:
    async with prepared(opener) as store:
        assert store.alias_owner("nobody") is None
        store.directory.note_key("AKIA1", ACCOUNT)
        store._images.drop(ACCOUNT)
        assert store.account_of_key("AKIA1") == ACCOUNT


@on_loop
async def test_an_image_that_is_dropped_while_it_is_waited_for_is_loaded_again(opener: Opener) -> None:
    """It may hold a change that was not written, which nobody may see."""
    async with prepared(opener) as store:
        store._images.drop(ACCOUNT)
        waiting = asyncio.create_task(store.load(ACCOUNT))
        while ACCOUNT not in store._loading:
            await asyncio.sleep(0)
        store._loading[ACCOUNT].add_done_callback(lambda _: store._images.drop(ACCOUNT))
        found = await waiting
        assert store._images.get(ACCOUNT) is found
