"""Two processes on one database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from iamd.store import Change, StaleRead, Store, Taken
from iamd.store.interface import Listed
from iamd.store.kind import altered
from iamd.store.records import Account
from tests.store.samples import (
    ACCOUNT,
    NOW,
    OTHER,
    SAMPLES,
    Gate,
    Opener,
    add_user,
    contents,
    new_account,
    on_loop,
    prepared,
    running,
    same_after_reopening,
    until,
    user,
)


class Processes:
    """Two stores on one database, as two processes have it."""

    @on_loop
    async def test_each_sees_what_the_other_did(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            for number in range(0, 10, 2):
                await one.write(add_user(number))
                await two.refresh()
                assert user(number) in list((await two.load(ACCOUNT)).users)
                await two.write(add_user(number + 1))
                await one.refresh()
                assert user(number + 1) in list((await one.load(ACCOUNT)).users)
            assert contents(await one.load(ACCOUNT)) == contents(await two.load(ACCOUNT))
            await same_after_reopening(one, opener)

    @on_loop
    async def test_one_leads_at_a_time(self, opener: Opener) -> None:
        async with prepared(opener) as watching, running(opener()) as two:
            async with running(opener()) as one:
                await until(lambda: one.lead() > 0)
                for store in (two, watching):
                    assert store.lead() == 0
                    await store.refresh()
                    assert store.lead() == 0
                assert one.lead() > 0
            await until(lambda: two.lead() + watching.lead() > 0)
            await asyncio.gather(two.refresh(), watching.refresh())
            assert min(two.lead(), watching.lead()) == 0

    @on_loop
    async def test_the_slower_of_two_writers_does_its_work_again(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            gate = Gate(two)
            slow = asyncio.create_task(two.write(add_user(1)))
            await gate.reached.wait()
            queued = asyncio.create_task(two.write(add_user(2)))
            read = asyncio.create_task(two.settled())
            await asyncio.sleep(0)
            await one.write(add_user(3))
            gate.opened.set()
            with pytest.raises(StaleRead):
                await read
            await asyncio.gather(slow, queued)
            held = await two.load(ACCOUNT)
            assert [found.id for found in held.users] == [user(3).id, user(1).id, user(2).id]
            assert held.revision == 4
            await one.refresh()
            assert contents(await one.load(ACCOUNT)) == contents(held)
            await same_after_reopening(two, opener)

    @on_loop
    async def test_work_done_again_may_come_out_otherwise(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            gate = Gate(two)
            slow = asyncio.create_task(two.write(add_user(1, "name")))
            await gate.reached.wait()
            await one.write(add_user(2, "NAME"))
            gate.opened.set()
            with pytest.raises(Taken):
                await slow
            await same_after_reopening(two, opener)

    @on_loop
    async def test_a_change_elsewhere_is_seen_while_one_is_under_way(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(new_account(OTHER))
            await two.load(OTHER)
            await two.load(ACCOUNT)
            gate = Gate(two)
            slow = asyncio.create_task(two.write(add_user(1)))
            await gate.reached.wait()
            await one.write(
                lambda change: change.records(OTHER).groups.add(altered(SAMPLES["groups"][0], account_id=OTHER))
            )
            await one.write(add_user(2))
            await two.refresh()
            assert len((await two.load(OTHER)).groups) == 1
            gate.opened.set()
            await slow
            assert len((await two.load(ACCOUNT)).users) == 2

    @on_loop
    async def test_a_change_elsewhere_that_is_heard_before_our_own_is_answered_is_seen(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await two.load(ACCOUNT)
            gate = Gate(two, behind=True)
            slow = asyncio.create_task(two.write(add_user(1)))
            await gate.reached.wait()
            await one.write(add_user(2))
            await two.refresh()
            gate.opened.set()
            await slow
            await two.refresh()
            assert [found.id for found in (await two.load(ACCOUNT)).users] == [user(1).id, user(2).id]

    @on_loop
    async def test_a_read_behind_the_next_change_does_not_pass_it_over_either(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(new_account(OTHER))
            await two.load(OTHER)
            await two.load(ACCOUNT)
            two._database.reads_wait = None
            gate = Gate(two, behind=True)
            slow = asyncio.create_task(two.write(add_user(1)))
            await gate.reached.wait()
            behind = asyncio.create_task(two.write(lambda change: renamed(change, OTHER, "theirs")))
            await until(lambda: two._committer.undurable(OTHER))
            await one.write(add_user(2))
            await two.refresh()
            read = asyncio.create_task(two.settled())
            await asyncio.sleep(0)
            gate.opened.set()
            with pytest.raises(StaleRead):
                await read
            await asyncio.gather(slow, behind)

    @on_loop
    async def test_a_change_behind_our_own_is_not_refused_for_what_others_have_changed(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(add_user(9, "name"))
            await two.load(ACCOUNT)
            two._database.reads_wait = None
            gate = Gate(two, behind=True)
            slow = asyncio.create_task(two.write(add_user(1)))
            await gate.reached.wait()
            await one.write(lambda change: change.records(ACCOUNT).users.remove(user(9, "name")))
            behind = asyncio.create_task(two.write(add_user(2, "name")))  # begun when the other one was done
            await until(lambda: bool(two._committer._filling.entries))
            gate.opened.set()
            await asyncio.gather(slow, behind)
            assert {found.id for found in (await two.load(ACCOUNT)).users} == {user(1).id, user(2).id}
            await same_after_reopening(two, opener)

    @on_loop
    async def test_many_writers_lose_nothing(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            stores = (one, two)
            await asyncio.gather(*(stores[number % 2].write(add_user(number)) for number in range(60)))
            await one.refresh()
            await two.refresh()
            held = await one.load(ACCOUNT)
            assert len(held.users) == 60
            assert held.revision == 61
            assert contents(held) == contents(await two.load(ACCOUNT))
            await same_after_reopening(one, opener)

    @on_loop
    async def test_accounts_of_others_are_known(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(new_account(OTHER))
            await two.refresh()
            assert two.has_account(OTHER)
            assert two.account_ids() == [ACCOUNT, OTHER]

    @on_loop
    async def test_an_account_that_is_made_while_others_are_listed_is_known(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            listed = store._database.accounts
            calls = 0

            async def slowly() -> Mapping[str, Listed]:
                nonlocal calls
                calls += 1
                found = await listed()
                if calls == 1:
                    await store.write(new_account(OTHER))
                return found

            store._database.accounts = slowly  # type: ignore[method-assign]
            await store.relist()
            assert store.account_ids() == [ACCOUNT, OTHER]

    @on_loop
    async def test_a_change_of_permissions_elsewhere_is_a_new_generation(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            held = await two.load(ACCOUNT)
            first = held.generation
            await one.write(add_user(1))
            await two.refresh()
            assert held.generation == first
            await one.write(lambda change: change.records(ACCOUNT).attachments.add(SAMPLES["attachments"][0]))
            await two.refresh()
            assert held.generation != first

    @on_loop
    async def test_an_address_is_given_once(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(holding(one, OTHER, email="Ann@example.com"))
            with pytest.raises(Taken):  # has not looked at the database since
                await two.write(holding(two, "333333333333", email="ann@example.com"))
            assert two.email_owner("ann@example.com") == OTHER
            assert not two.has_account("333333333333")
            await two.write(holding(two, "333333333333", email="bob@example.com"))
            await one.refresh()
            assert one.email_owner("bob@example.com") == "333333333333"

    @on_loop
    async def test_an_address_is_given_once_when_two_want_it_at_once(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            wanted = [
                one.write(holding(one, OTHER, email="ÄNN@example.com")),
                two.write(holding(two, "333333333333", email="änn@example.com")),
            ]
            outcomes = await asyncio.gather(*wanted, return_exceptions=True)
            assert sorted(map(repr, outcomes)) == ["None", "Taken()"]

    @on_loop
    async def test_an_alias_that_an_account_in_memory_got_elsewhere_is_taken(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(holding(one, OTHER))
            await two.refresh()
            await two.load(OTHER)
            await one.write(lambda change: renamed(change, OTHER, "ours"))
            with pytest.raises(Taken):
                await two.write(holding(two, "333333333333", alias="ours"))
            await two.write(holding(two, "333333333333", alias="theirs"))

    @on_loop
    async def test_an_alias_is_handed_over_within_a_group(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            await one.write(holding(one, OTHER, alias="ours"))
            await two.refresh()

            def hand_over(change: Change) -> None:
                renamed(change, OTHER, None)
                renamed(change, ACCOUNT, "ours")

            await two.write(hand_over)
            await one.refresh()
            assert one.alias_owner("ours") == ACCOUNT


def holding(store: Store, account_id: str, email: str = "", alias: str | None = None) -> Callable[[Change], None]:
    """Make an account with an address and an alias, unless an account has them."""

    def work(change: Change) -> None:
        if (email and store.email_owner(email)) or (alias and store.alias_owner(alias)):
            raise Taken
        change.create(account_id).accounts.add(Account(account_id, NOW, email=email, alias=alias))

    return work


def renamed(change: Change, account_id: str, alias: str | None) -> None:
    records = change.records(account_id)
    records.accounts.replace(records.account, alias=alias)
