"""What every database must do for the store. A backend's tests derive from `StoreConformance` and give `opener`.

    class TestSqlite(StoreConformance):
        @pytest.fixture
        def opener(self, tmp_path: Path) -> Opener:
            return lambda: Store.open_sqlite(tmp_path / "data")

`opener` opens the same database each time, as another process would; `query` runs SQL on it from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from iamd.store import Change, NoAccount, StaleRead, Store, StoreError, Taken
from iamd.store.image import KINDS
from iamd.store.records import Attachment, Membership
from iamd.store.rows import CODECS
from tests.store.samples import (
    ACCOUNT,
    LATER,
    NOW,
    OTHER,
    SAMPLES,
    Gate,
    Opener,
    Query,
    SampleEvent,
    add_user,
    contents,
    indexed,
    new_account,
    on_loop,
    prepared,
    running,
    user,
)


async def same_after_reopening(store: Store, opener: Opener, account_id: str = ACCOUNT) -> None:
    """What is in memory is what a fresh load gives: records, their order, names, indexes and revision."""
    held = await store.load(account_id)
    async with running(opener()) as fresh:
        loaded = await fresh.load(account_id)
        assert contents(loaded) == contents(held)
        assert indexed(loaded) == indexed(held)
        assert loaded.revision == held.revision


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
                    change.records(ACCOUNT).collection(kind).remove(replace(record, **changes))
                )
            )


def as_sets(found: dict[str, list[Any]]) -> dict[str, set[Any]]:
    return {kind: set(records) for kind, records in found.items()}


class Records:
    """Every kind of record, through a reopening."""

    def test_every_kind_has_a_sample(self) -> None:
        assert {kind.name for kind in KINDS} == set(SAMPLES)

    @pytest.mark.parametrize("kind", sorted(SAMPLES))
    @on_loop
    async def test_added_replaced_removed(self, opener: Opener, kind: str) -> None:
        record, changes = SAMPLES[kind]
        account_id = record.account_id

        def account(change: Change) -> Any:
            return (change.create if kind == "accounts" and step == "add" else change.records)(account_id)

        async with prepared(opener) as store:
            step = "add"
            await store.write(lambda change: account(change).collection(kind).add(record))
            await same_after_reopening(store, opener, account_id)
            step = "replace"
            replaced = await store.write(lambda change: account(change).collection(kind).replace(record, **changes))
            await same_after_reopening(store, opener, account_id)
            held = await store.load(account_id)
            assert replaced in list(held.collection(kind))
            await store.write(lambda change: account(change).collection(kind).remove(replaced))
            assert not held.collection(kind)
            if kind != "accounts":
                await same_after_reopening(store, opener, account_id)

    @on_loop
    async def test_an_account_that_was_removed_is_gone(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.write(lambda change: change.records(ACCOUNT).accounts.remove(change.records(ACCOUNT).account))
            assert not store.has_account(ACCOUNT)
            with pytest.raises(NoAccount):
                await store.load(ACCOUNT)
            async with running(opener()) as fresh:
                assert fresh.account_ids() == []
                with pytest.raises(NoAccount):
                    await fresh.load(ACCOUNT)
            await store.write(new_account())
            assert (await store.load(ACCOUNT)).revision == 3

    @on_loop
    async def test_listings_keep_the_order_of_addition(self, opener: Opener) -> None:
        def work(change: Change) -> None:
            records = change.records(ACCOUNT)
            for name in "cab":
                records.attachments.add(Attachment(ACCOUNT, "AIDA1", f"arn:{name}", NOW))
            records.attachments.replace(records.attachments.get("AIDA1/arn:c"), attached=LATER)

        def again(change: Change) -> None:
            attachments = change.records(ACCOUNT).attachments
            attachments.remove(attachments.get("AIDA1/arn:a"))
            attachments.add(Attachment(ACCOUNT, "AIDA1", "arn:a", LATER))

        async with prepared(opener) as store, running(opener()) as other:
            await other.load(ACCOUNT)
            await store.write(work)
            await store.write(again)
            await other.refresh()
            for records in (await store.load(ACCOUNT), await other.load(ACCOUNT)):
                assert [a.policy_arn[-1] for a in records.attachments.where("owner", "AIDA1")] == ["c", "b", "a"]
            await same_after_reopening(store, opener)

    @on_loop
    async def test_one_change_may_add_and_remove_the_same_record(self, opener: Opener) -> None:
        def work(change: Change) -> None:
            users = change.records(ACCOUNT).users
            users.remove(users.replace(users.add(user(1)), name="two"))
            users.add(user(2, "TWO"))

        async with prepared(opener) as store:
            await store.write(work)
            await same_after_reopening(store, opener)


class Names:
    """Names are unique regardless of case, and only then."""

    @pytest.mark.parametrize(
        ("first", "second"), [("Alice", "aLICE"), ("Straße", "STRASSE"), ("Ünal", "üNAL"), ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς")]
    )
    @on_loop
    async def test_names_that_differ_in_case_collide(self, opener: Opener, first: str, second: str) -> None:
        async with prepared(opener) as store:
            await store.write(add_user(1, first))
            with pytest.raises(Taken):
                await store.write(add_user(2, second))
            found = (await store.load(ACCOUNT)).users.named(second)
            assert found is not None
            assert found.name == first

    @on_loop
    async def test_names_that_only_look_alike_do_not(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            for number, name in enumerate(["resume", "résumé", "re\u0301sume\u0301", "user", "user ", "i", "\u0131"]):
                await store.write(add_user(number, name))
            await same_after_reopening(store, opener)

    @on_loop
    async def test_names_can_be_exchanged_in_one_change(self, opener: Opener) -> None:
        def exchange(change: Change) -> None:
            users = change.records(ACCOUNT).users
            one, two = users.named("one"), users.named("two")
            one = users.replace(one, name="three")
            users.replace(two, name="One")
            users.replace(one, name="Two")

        async with prepared(opener) as store, running(opener()) as other:
            await store.write(add_user(1, "one"))
            await store.write(add_user(2, "two"))
            await other.load(ACCOUNT)
            await store.write(exchange)
            await other.refresh()
            for records in (await store.load(ACCOUNT), await other.load(ACCOUNT)):
                assert records.users.named("one") == user(2, "One")
                assert records.users.named("two") == user(1, "Two")
            await same_after_reopening(store, opener)

    @on_loop
    async def test_the_name_of_a_removed_record_is_free(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            first = await store.write(add_user(1, "name"))

            def remove(change: Change) -> None:
                change.records(ACCOUNT).users.remove(first)

            await asyncio.gather(store.write(remove), store.write(add_user(2, "NAME")))
            await same_after_reopening(store, opener)

    @on_loop
    async def test_an_alias_belongs_to_one_account(self, opener: Opener) -> None:
        def alias(account_id: str, name: str) -> Any:
            def work(change: Change) -> None:
                records = change.records(account_id)
                records.accounts.replace(records.account, alias=name)

            return work

        async with prepared(opener) as store, running(opener()) as other:
            await store.write(new_account(OTHER))
            await store.write(alias(ACCOUNT, "corp"))
            await other.refresh()
            assert store.alias_owner("corp") == other.alias_owner("corp") == ACCOUNT
            with pytest.raises(StoreError):
                await store.write(alias(OTHER, "corp"))
            assert (await store.load(OTHER)).account.alias is None
            await store.write(alias(ACCOUNT, "firm"))
            await store.write(alias(OTHER, "corp"))
            await other.refresh()
            assert other.alias_owner("corp") == OTHER


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
            change.records(OTHER).groups.add(replace(SAMPLES["groups"][0], account_id=OTHER))

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
                lambda change: change.records(OTHER).groups.add(replace(SAMPLES["groups"][0], account_id=OTHER))
            )
            await one.write(add_user(2))
            await two.refresh()
            assert len((await two.load(OTHER)).groups) == 1
            gate.opened.set()
            await slow
            assert len((await two.load(ACCOUNT)).users) == 2

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
    async def test_sealed_secrets_open_after_a_restart(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            sealed = store.sealer.seal(b"secret", b"AKIA1")
            token_key = store.keyring.current_token_key
        async with running(opener()) as again:
            assert again.sealer.open(sealed, b"AKIA1") == b"secret"
            assert again.keyring.current_token_key == token_key


class Feed:
    """The change feed, the history in it, and the audit events that go with changes."""

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
    async def test_the_state_of_any_revision_can_be_rebuilt(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as store:
            states = [contents(await store.load(ACCOUNT))]
            for work in changes_of_all_kinds():
                await store.write(work)
                states.append(contents(await store.load(ACCOUNT)))
        async with running(opener()) as fresh:
            records = await fresh.load(ACCOUNT)
            for revision in range(len(states), 1, -1):
                assert as_sets(contents(records)) == as_sets(states[revision - 1])
                undone = query(
                    f"SELECT kind, key, before FROM changes WHERE revision = {revision} ORDER BY position DESC"
                )
                for kind, key, before in undone:
                    records.collection(kind).forget(key)
                    if before is not None:
                        records.collection(kind).load(CODECS[kind].restore(before))
            assert as_sets(contents(records)) == as_sets(states[0])

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
            assert query("SELECT count(*) FROM events") == [(3,)]
            store.append_event(SampleEvent("last"))
        assert query("SELECT event_id FROM events WHERE event_id = 'last'") == [("last",)]


class Memory:
    """Accounts come and go in memory."""

    @on_loop
    async def test_accounts_beyond_the_bound_are_dropped_and_come_back(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.write(new_account(OTHER))
            await store.write(add_user(1))
        async with running(opener()) as store:
            store._images._max_records = 4
            first = await store.load(ACCOUNT)
            await store.load(OTHER)
            assert store.records(ACCOUNT) is None
            again = await store.load(ACCOUNT)
            assert store.records(OTHER) is None
            assert contents(again) == contents(first)
            assert again.generation != first.generation
            await store.write(lambda change: (change.records(ACCOUNT), change.records(OTHER)))

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


class StoreConformance(Records, Names, Changes, Durability, Processes, Keys, Feed, Memory):
    """All of it."""

    __test__ = False

    def __init_subclass__(cls) -> None:
        cls.__test__ = True
