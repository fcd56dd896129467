"""Changes: all or nothing, durable before they are told; keys; what is held in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import astuple

from iamd.store import Change, NoAccount, SealError, StoreError, Taken
from iamd.store.interface import Access, Group, Usage
from iamd.store.kind import altered
from iamd.store.master_key import add_master_key, retire_master_keys
from iamd.store.records import AccessKey, Membership
from iamd.store.sql import keys
from tests.store.samples import (
    ACCOUNT,
    LATER,
    NOW,
    OTHER,
    SAMPLES,
    Gate,
    Opener,
    SampleEvent,
    add_user,
    contents,
    new_account,
    on_loop,
    prepared,
    running,
    same_after_reopening,
    user,
)


class Changes:
    """One change is one revision, all or nothing."""

    @on_loop
    async def test_a_failed_change_leaves_nothing(self, opener: Opener) -> None:
        def work(change: Change) -> None:
            records = change.records(ACCOUNT)
            records.users.replace(records.users.named("one"), name="other")
            records.users.add(user(2))
            records.memberships.add(Membership(ACCOUNT, "AGPA1", "AIDA1", NOW))
            change.event(SampleEvent("never"))
            raise LookupError("no")

        async with prepared(opener) as store:
            await store.write(add_user(1, "one"))
            before = contents(await store.load(ACCOUNT))
            with pytest.raises(LookupError, match="no"):
                await store.write(work)
            records = await store.load(ACCOUNT)
            assert contents(records) == before
            assert records.revision == 2
            await same_after_reopening(store, opener)

    @on_loop
    async def test_each_change_is_the_next_revision_of_its_accounts(self, opener: Opener) -> None:
        def both(change: Change) -> None:
            change.records(ACCOUNT).users.add(user(1))
            change.records(OTHER).groups.add(altered(SAMPLES["groups"][0], account_id=OTHER))

        async with prepared(opener) as store:
            await store.write(new_account(OTHER))
            await store.write(lambda change: len(change.records(ACCOUNT).users))
            assert (await store.load(ACCOUNT)).revision == 1
            await store.write(both)
            assert ((await store.load(ACCOUNT)).revision, (await store.load(OTHER)).revision) == (2, 2)

    @on_loop
    async def test_a_change_answers_what_its_work_returns(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            assert await store.write(add_user(7)) == user(7)

    @on_loop
    async def test_an_account_is_created_once(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            with pytest.raises(Taken):
                await store.write(new_account())
            await store.write(new_account(OTHER))
            assert store.account_ids() == [ACCOUNT, OTHER]
            assert store.has_account(OTHER)
            async with running(opener()) as fresh:
                assert fresh.account_ids() == [ACCOUNT, OTHER]
                assert fresh.has_account(OTHER)
                assert fresh.records(OTHER) is None

    @on_loop
    async def test_an_unknown_account_is_refused(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            with pytest.raises(NoAccount):
                await store.load("000000000000")
            with pytest.raises(NoAccount):
                await store.write(lambda change: change.records("000000000000"))
            assert store.records("000000000000") is None
            assert not store.has_account("000000000000")

    @on_loop
    async def test_a_change_loads_what_it_needs(self, opener: Opener) -> None:
        def both(change: Change) -> int:
            change.records(ACCOUNT).users.add(user(1))
            return len(change.records(OTHER).accounts)

        async with prepared(opener) as store:
            await store.write(new_account(OTHER))
        async with running(opener()) as store:
            assert await store.write(both) == 1
            assert (await store.load(ACCOUNT)).revision == 2

    @on_loop
    async def test_many_changes_share_a_commit(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            gate = Gate(store)
            first = asyncio.create_task(store.write(add_user(0)))
            await gate.reached.wait()
            others = [asyncio.create_task(store.write(add_user(number))) for number in range(1, 20)]
            await asyncio.sleep(0)
            assert not first.done()
            gate.opened.set()
            await asyncio.gather(first, *others)
            assert [len(group.changes) for group in gate.groups] == [1, 19]
            assert (await store.load(ACCOUNT)).revision == 21
            await same_after_reopening(store, opener)

    @on_loop
    async def test_a_caller_that_has_gone_away_stops_nothing(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            gate = Gate(store)
            gone = asyncio.create_task(store.write(add_user(1)))
            await gate.reached.wait()
            stays = asyncio.create_task(store.write(add_user(2)))
            gone.cancel()
            gate.opened.set()
            await stays
            assert len((await store.load(ACCOUNT)).users) == 2
            await same_after_reopening(store, opener)


class Durability:
    """Nothing is told that could still be taken back."""

    @on_loop
    async def test_a_read_that_saw_a_change_waits_for_its_commit(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.settled()
            gate = Gate(store)
            write = asyncio.create_task(store.write(add_user(1)))
            await gate.reached.wait()
            assert len((await store.load(ACCOUNT)).users) == 1
            read = asyncio.create_task(store.settled())
            await asyncio.sleep(0)
            assert not read.done()
            gate.opened.set()
            await read
            await write
            await store.settled()

    @on_loop
    async def test_a_refusal_that_saw_a_change_waits_for_its_commit(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            gate = Gate(store)
            write = asyncio.create_task(store.write(add_user(1, "name")))
            await gate.reached.wait()
            refused = asyncio.create_task(store.write(add_user(2, "name")))
            await asyncio.sleep(0)
            assert not refused.done()
            gate.opened.set()
            with pytest.raises(Taken):
                await refused
            await write

    @on_loop
    async def test_a_failed_commit_fails_everyone_who_saw_it(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            gate = Gate(store)
            gate.failure = StoreError("disk full")
            waiting = [asyncio.create_task(store.write(add_user(1)))]
            await gate.reached.wait()
            waiting.append(asyncio.create_task(store.write(add_user(2))))
            waiting.append(asyncio.create_task(store.settled()))
            await asyncio.sleep(0)
            gate.opened.set()
            for outcome in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(outcome, StoreError)
            gate.failure = None
            assert not (await store.load(ACCOUNT)).users
            await store.write(add_user(3))
            await same_after_reopening(store, opener)

    @on_loop
    async def test_closing_commits_what_is_under_way_and_takes_no_more(self, opener: Opener) -> None:
        store = opener()
        await store.start()
        await store.write(new_account())
        writes = [asyncio.create_task(store.write(add_user(number))) for number in range(10)]
        await asyncio.sleep(0)
        await store.close()
        await asyncio.gather(*writes)
        assert not store.healthy
        with pytest.raises(StoreError):
            await store.write(add_user(11))
        async with running(opener()) as fresh:
            assert len((await fresh.load(ACCOUNT)).users) == 10


class Keys:
    """Access keys and the accounts they belong to."""

    @on_loop
    async def test_a_key_leads_to_its_account(self, opener: Opener) -> None:
        key = SAMPLES["access_keys"][0]
        async with prepared(opener) as store:
            await store.write(lambda change: change.records(ACCOUNT).access_keys.add(key))
            assert await store.load_key(key.id) == ACCOUNT
            assert store.account_of_key(key.id) == ACCOUNT
            assert await store.load_key("AKIAUNKNOWN") is None
            await store.write(lambda change: change.records(ACCOUNT).access_keys.remove(key))
            assert store.account_of_key(key.id) is None
            assert await store.load_key(key.id) is None

    @on_loop
    async def test_a_cold_key_is_looked_up(self, opener: Opener) -> None:
        key = SAMPLES["access_keys"][0]
        async with prepared(opener) as store:
            await store.write(lambda change: change.records(ACCOUNT).access_keys.add(key))
        async with running(opener()) as store:
            assert store.account_of_key(key.id) is None
            assert await store.load_key(key.id) == ACCOUNT
            assert store.account_of_key(key.id) == ACCOUNT
            assert store.records(ACCOUNT) is None

    @on_loop
    async def test_last_uses_survive(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.load(ACCOUNT)
            assert store.last_used(ACCOUNT, "AKIA1") is None
            store.used(ACCOUNT, "AKIA1", NOW, "us-east-1", "iam")
            store.used(ACCOUNT, "AKIA1", LATER, "eu-west-1", "sts")
            used = store.last_used(ACCOUNT, "AKIA1")
            assert used is not None
            assert (used.time, used.region, used.service) == (LATER, "eu-west-1", "sts")
        async with running(opener()) as late:
            await late.load(ACCOUNT)
            assert late.last_used(ACCOUNT, "AKIA1") == used
            late.used(ACCOUNT, "AKIA1", NOW, "us-east-1", "iam")  # an older use, written later
        async with running(opener()) as last:
            await last.load(ACCOUNT)
            assert last.last_used(ACCOUNT, "AKIA1") == used

    @on_loop
    async def test_of_uses_that_are_written_at_once_the_newest_counts(self, opener: Opener) -> None:
        at = (LATER, NOW)  # as another program may hand them over: of one key twice, in any order
        async with prepared(opener) as store:
            await store._database.commit(
                Group(
                    usage=[(ACCOUNT, f"AKIA{n}", Usage(time, "us-east-1", "iam")) for n in range(90) for time in at],
                    accesses=[
                        (ACCOUNT, Access("AIDA1", "iam", f"Get{n}", time, "x")) for n in range(90) for time in at
                    ],
                )
            )
        async with running(opener()) as store:
            await store.load(ACCOUNT)
            used = [store.last_used(ACCOUNT, f"AKIA{n}") for n in range(90)]
            assert used == [Usage(LATER, "us-east-1", "iam")] * 90
            attempts = {each.action: each.time for each in await store.accesses(ACCOUNT)}
            assert attempts == {f"Get{n}": LATER for n in range(90)}

    @on_loop
    async def test_last_attempts_survive_and_the_newest_counts(self, opener: Opener) -> None:
        def attempt(action: str, when: datetime, region: str = "us-east-1") -> Access:
            return Access("AIDA1", "iam", action, when, region)

        async with prepared(opener) as store:
            store.accessed(ACCOUNT, *astuple(attempt("GetUser", NOW)))
            store.accessed(ACCOUNT, *astuple(attempt("GetUser", LATER, "eu-west-1")))
            store.accessed(ACCOUNT, *astuple(attempt("ListUsers", NOW)))
            store.accessed(OTHER, *astuple(attempt("GetRole", NOW)))
            expected = [attempt("GetUser", LATER, "eu-west-1"), attempt("ListUsers", NOW)]
            assert await store.accesses(ACCOUNT) == expected
        async with running(opener()) as late:
            late.accessed(ACCOUNT, *astuple(attempt("GetUser", NOW)))  # an older one, written later
            assert await late.accesses(ACCOUNT) == expected

    @on_loop
    async def test_sealed_secrets_open_after_a_restart(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            sealed = store.sealer.seal(b"secret", b"AKIA1")
            token_key = store.keyring.token_keys
        async with running(opener()) as again:
            assert again.sealer.open(sealed, b"AKIA1") == b"secret"
            assert again.keyring.token_keys == token_key

    @on_loop
    async def test_a_new_token_key_is_taken_up_by_other_processes(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            (first,) = one.keyring.token_keys
            told: list[int] = []
            two.on_new_keys = lambda keyring: told.append(keyring.newest)
            await one.rotate_token_key(datetime(2000, 1, 1, tzinfo=UTC))
            assert len(one.keyring.token_keys) == 2
            await two.refresh()
            assert told == [one.keyring.newest]
            assert two.keyring.token_keys == one.keyring.token_keys
            await two.rotate_token_key(datetime(2100, 1, 1, tzinfo=UTC))  # since when the first sealed nothing
            assert len(two.keyring.token_keys) == 2
            assert first not in two.keyring.token_keys

    @on_loop
    async def test_a_new_master_key_is_taken_up_by_processes_that_have_it(
        self, opener: Opener, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "_AGAIN_SECONDS", 0)
        async with prepared(opener) as one, running(opener()) as two:
            old, before = key.read_bytes(), one.sealer.seal(b"before", b"AKIA1")
            add_master_key(key)
            both = key.read_bytes()
            async with running(opener()) as exchanging:
                key.write_bytes(old)  # the new one has not come to the other machines yet
                await exchanging.rotate_master_key()
                await exchanging.rotate_master_key()  # it was done already
                after = exchanging.sealer.seal(b"after", b"AKIA2")
                await two.refresh()
                with pytest.raises(SealError, match="is not the one"):
                    await two.rotate_token_key(datetime(2000, 1, 1, tzinfo=UTC))
                assert two.sealer.open(before, b"AKIA1") == b"before"
                with pytest.raises(SealError, match="not in the keyring"):
                    two.sealer.open(after, b"AKIA2")
                key.write_bytes(both)
                (kept,) = retire_master_keys(key)
                for store in (one, two, exchanging):
                    await store.refresh()
                    assert store.sealer.open(after, b"AKIA2") == b"after"
                assert one.keyring.token_keys == two.keyring.token_keys == exchanging.keyring.token_keys
        async with running(opener()) as again:
            assert again.sealer.open(before, b"AKIA1") == b"before"
        key.write_bytes(kept.read_bytes())
        with pytest.raises(SealError, match="is not the one that this database's keys are wrapped with: that was"):
            opener()


class Memory:
    """Accounts come and go in memory."""

    @on_loop
    async def test_accounts_beyond_the_bound_are_dropped_and_come_back(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.write(new_account(OTHER))
            await store.write(add_user(1))
        async with running(opener()) as store:
            store._images._max_bytes = 40_000
            first = await store.load(ACCOUNT)
            await store.load(OTHER)
            assert store.records(ACCOUNT) is None
            again = await store.load(ACCOUNT)
            assert store.records(OTHER) is None
            assert contents(again) == contents(first)
            assert again.generation != first.generation
            await store.write(lambda change: (change.records(ACCOUNT), change.records(OTHER)))

    @on_loop
    async def test_a_key_is_found_in_the_account_that_its_id_tells_without_the_database(self, opener: Opener) -> None:
        key = AccessKey(ACCOUNT, "AKIA1", ACCOUNT, b"sealed", NOW)
        async with prepared(opener) as store:
            await store.write(lambda change: change.records(ACCOUNT).access_keys.add(key))
        async with running(opener()) as store:
            assert store.key_of(ACCOUNT, key.id) is None  # the account is not in memory
            found = await store.load(ACCOUNT), key
            assert store.key_at_hand(key.id) is None
            assert store.key_of(ACCOUNT, "AKIA2") is None
            assert store.key_of(ACCOUNT, key.id) == found == store.key_at_hand(key.id)

    @on_loop
    async def test_an_account_is_loaded_once_for_all_who_wait(self, opener: Opener) -> None:
        async with prepared(opener):
            pass
        async with running(opener()) as store:
            found = await asyncio.gather(*(store.load(ACCOUNT) for _ in range(5)))
            assert all(image is found[0] for image in found)

    @on_loop
    async def test_a_load_sees_what_is_committed_meanwhile(self, opener: Opener) -> None:
        async with prepared(opener) as one, running(opener()) as two:
            load = two._database.load

            async def overtaken(account_id: str) -> Any:
                loaded = await load(account_id)
                await one.write(add_user(1))
                await two.refresh()
                return loaded

            two._database.load = overtaken  # type: ignore[method-assign]
            assert len((await two.load(ACCOUNT)).users) == 1
