"""`iamd rewind`: accounts put back as they stood, as a change like any other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.cli.main import main
from iamd.store import Change, Records
from iamd.store.kinds.trails import TrailDelivery
from iamd.store.records import Account, InlinePolicy, User
from iamd.store.rewinding import put_back
from tests import elsewhere

ONE, TWO = "111111111111", "222222222222"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def user(id: str, name: str, path: str = "/") -> User:
    return User(ONE, id, name, path, NOW)


def changes(folder: Path, *works: Callable[[Change], Any]) -> None:
    async def perform() -> None:
        store = elsewhere.open_store(folder)
        await store.start()
        for work in works:
            await store.write(work)
        await store.close()

    asyncio.run(perform())


def looked(folder: Path, account_id: str = ONE) -> Records:
    async def look() -> Records:
        store = elsewhere.open_store(folder)
        await store.start()
        records = await store.load(account_id)
        await store.close()
        return records

    return asyncio.run(look())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """At revision 2: ann and bob; since then ann is removed, bob has become ann, cleo was made and may everything."""

    def account(change: Change) -> None:
        change.create(ONE).accounts.add(Account(ONE, NOW))

    def people(change: Change) -> None:
        users = change.records(ONE).users
        users.add(user("AIDA1", "ann"))
        users.add(user("AIDA2", "bob"))

    def mischief(change: Change) -> None:
        records = change.records(ONE)
        ann, bob = records.users.get("AIDA1"), records.users.get("AIDA2")
        assert ann is not None
        assert bob is not None
        records.users.remove(ann)
        records.users.replace(bob, name="ann")
        records.users.add(user("AIDA3", "cleo"))
        records.inline.add(InlinePolicy(ONE, "AIDA3", "all", "{}"))
        records.trail_deliveries.add(TrailDelivery(ONE, "us-east-1/t", 7))

    changes(tmp_path, account, people, mischief)
    return tmp_path


def rewind(folder: Path, *flags: str) -> int:
    return main(["rewind", *flags, "--data-dir", str(folder)])


def names(records: Records) -> dict[str, str]:
    return {each.id: each.name for each in records.users}


def test_what_was_done_since_is_taken_back_in_one_recorded_change(folder: Path, capsys) -> None:
    assert rewind(folder, "2", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"accounts": {ONE: {"users": 3, "inline_policies": 1}}, "planned": False}
    records = looked(folder)
    assert names(records) == {"AIDA1": "ann", "AIDA2": "bob"}
    assert not list(records.inline)
    assert records.users.named("bob") is records.users.get("AIDA2")
    assert len(records.trail_deliveries) == 1  # what has been delivered has been
    assert records.revision == 4
    assert main(["audit", "search", "--json", "--name", "RewindAccount", "--data-dir", str(folder)]) == 0
    (event,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert event["additionalEventData"] == {"asOf": "2", "changed": {"users": 3, "inline_policies": 1}}


def test_a_rewind_can_be_taken_back(folder: Path) -> None:
    before = names(looked(folder))
    assert rewind(folder, "2") == 0
    assert rewind(folder, "3") == 0
    assert names(looked(folder)) == before


def test_a_plan_changes_nothing(folder: Path, capsys) -> None:
    before = looked(folder).revision
    assert rewind(folder, "2", "--plan") == 0
    assert capsys.readouterr().out == f"{ONE}  would change: 3 users, 1 inline policies\n"
    assert looked(folder).revision == before
    assert "AIDA3" in names(looked(folder))


def test_an_account_that_there_was_not_is_closed(folder: Path) -> None:
    at = datetime.now(UTC)
    changes(folder, lambda change: change.create(TWO).accounts.add(Account(TWO, NOW)))
    assert rewind(folder, at.isoformat()) == 0
    assert looked(folder, TWO).account.closed is not None
    assert looked(folder).account.closed is None


def test_aliases_become_what_they_were(folder: Path) -> None:
    """They are unique over all accounts, also over one that is closed; they may have been exchanged."""
    three = "333333333333"

    def alias(account_id: str, alias: str | None) -> Callable[[Change], Any]:
        def work(change: Change) -> None:
            accounts = change.records(account_id).accounts
            accounts.replace(change.records(account_id).account, alias=alias)

        return work

    changes(folder, lambda change: change.create(TWO).accounts.add(Account(TWO, NOW, alias="blue")), alias(ONE, "red"))
    at = datetime.now(UTC)
    changes(folder, alias(ONE, None), alias(TWO, "red"), alias(ONE, "blue"), alias(TWO, None))
    changes(
        folder,
        lambda change: change.create(three).accounts.add(Account(three, NOW, "", "red@x", "red", organization=ONE)),
    )
    assert rewind(folder, at.isoformat()) == 0
    assert [looked(folder, each).account.alias for each in (ONE, TWO, three)] == ["red", "blue", None]
    account = looked(folder, three).account
    assert (account.email, account.organization) == ("", None)  # ONE has no organization that tells of it
    changes(folder, alias(ONE, None), alias(TWO, "red"), alias(ONE, "blue"))
    assert rewind(folder, at.isoformat()) == 0
    assert [looked(folder, each).account.alias for each in (ONE, TWO)] == ["red", "blue"]


@pytest.mark.parametrize(
    ("when", "said"),
    [("2999-01-01T00:00:00Z", "still to come"), ("1999-01-01T00:00:00Z", "no account then"), ("9", "revision 9")],
)
def test_what_cannot_be_done_is_said(folder: Path, capsys, when: str, said: str) -> None:
    assert rewind(folder, when) == 2
    assert said in capsys.readouterr().err


_people = st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), st.sampled_from(["ann", "bob", "cleo", "dan", "eve"]))
_distinct = _people.filter(lambda found: len(set(found.values())) == len(found))


@given(_distinct, _distinct)
@settings(max_examples=60)
def test_any_names_become_what_they_were(now: dict[str, str], then: dict[str, str]) -> None:
    """Names may have passed from one user to another in any way."""
    images = []
    for people in (now, then):
        records = Records(ONE)
        records.accounts.add(Account(ONE, NOW))
        for id, name in people.items():
            records.users.add(user(id, name))
        images.append(records)
    put_back(*images, NOW)
    assert names(images[0]) == then
    assert all(images[0].users.named(name) is images[0].users.get(id) for id, name in then.items())
