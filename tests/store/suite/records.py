"""Every kind of record, and the names that are unique."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from iamd.store import Change, NoAccount, StoreError, Taken
from iamd.store.image import KINDS
from iamd.store.records import Attachment
from tests.store.samples import (
    ACCOUNT,
    LATER,
    NOW,
    OTHER,
    SAMPLES,
    Opener,
    add_user,
    new_account,
    on_loop,
    prepared,
    running,
    same_after_reopening,
    user,
)


class Records:
    """Every kind of record, through a reopening."""

    def test_every_kind_has_a_sample(self) -> None:
        assert {kind.name for kind in KINDS} == set(SAMPLES)

    @on_loop
    async def test_every_kind_is_added_replaced_and_removed(self, opener: Opener) -> None:
        def owner(change: Change, kind: str) -> Any:
            return change.records(SAMPLES[kind][0].account_id).collection(kind)

        async with prepared(opener) as store:
            await store.write(lambda change: change.create(OTHER).accounts.add(SAMPLES["accounts"][0]))
            for kind in SAMPLES.keys() - {"accounts"}:
                await store.write(lambda change, kind=kind: owner(change, kind).add(SAMPLES[kind][0]))
            await same_after_reopening(store, opener)
            await same_after_reopening(store, opener, OTHER)
            replaced = {}
            for kind, (record, changes) in SAMPLES.items():
                replaced[kind] = await store.write(
                    lambda change, kind=kind, record=record, changes=changes: owner(change, kind).replace(
                        record, **changes
                    )
                )
            for kind, record in replaced.items():
                assert record in list((await store.load(record.account_id)).collection(kind))
            await same_after_reopening(store, opener)
            await same_after_reopening(store, opener, OTHER)
            for kind, record in replaced.items():
                await store.write(lambda change, kind=kind, record=record: owner(change, kind).remove(record))
            assert (await store.load(ACCOUNT)).size() == 1
            await same_after_reopening(store, opener)
            assert store.account_ids() == [ACCOUNT]

    @on_loop
    async def test_texts_have_any_character(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            for number, text in enumerate(("a\x00b", "a\x1a0b", "a\x1ab\x1a1", "\x00\x1a\x00", "ß\uffff\U0010ffff")):
                await store.write(add_user(number, text))
            assert (await store.load(ACCOUNT)).users.named("a\x1a0b").id == user(1).id
            await same_after_reopening(store, opener)

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
