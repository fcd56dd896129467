"""A database whose schema is of a newer version, while older programs run on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iamd.store import Change, StoreError, migrations
from iamd.store.interface import Group, Usage
from iamd.store.kind import altered
from iamd.store.migrations import LATEST, STEPS
from tests.store.samples import (
    ACCOUNT,
    NOW,
    Opener,
    Query,
    add_user,
    on_loop,
    prepared,
    running,
    same_after_reopening,
    user,
)

# What the next version could add, by the rule.
NEXT = (
    "CREATE TABLE wonders ({position}, account_id TEXT NOT NULL, name TEXT NOT NULL)",
    "ALTER TABLE users ADD COLUMN wonder TEXT",
    "ALTER TABLE accounts ADD COLUMN wonders BIGINT NOT NULL DEFAULT 7",
    "CREATE INDEX users_by_wonder ON users (account_id, wonder)",
)
_UNDONE = (
    "DROP INDEX users_by_wonder",
    "ALTER TABLE accounts DROP COLUMN wonders",
    "ALTER TABLE users DROP COLUMN wonder",
    "DROP TABLE wonders",
    f"DELETE FROM schema_version WHERE version > {LATEST}",
)


def rename(change: Change) -> None:
    users = change.records(ACCOUNT).users
    users.exchange(user(1), altered(user(1), name="renamed"))


async def upgraded(opener: Opener) -> None:
    """A program of the next version comes, migrates and goes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "STEPS", (*STEPS, NEXT))
        patch.setattr(migrations, "LATEST", LATEST + 1)
        async with running(opener()):
            pass


class Upgrades:
    """Programs of two adjacent versions share a database; the second next version is not for them."""

    @pytest.fixture
    def undone(self, query: Query) -> Iterator[None]:
        """Other tests may be given the same database."""
        yield
        for statement in _UNDONE:
            query(statement)

    @pytest.mark.usefixtures("undone")
    @on_loop
    async def test_a_program_goes_on_when_the_next_version_migrates(self, opener: Opener, query: Query) -> None:
        async with prepared(opener) as old:
            await old.write(add_user(1))
            await upgraded(opener)
            assert query("SELECT max(version) FROM schema_version") == [(LATEST + 1,)]
            await old.write(add_user(2))
            # The next version uses what it has added, in a change like any other.
            query(f"UPDATE users SET wonder = 'colossus' WHERE id = '{user(1).id}'")
            query(f"INSERT INTO wonders (account_id, name) VALUES ('{ACCOUNT}', 'colossus')")
            query(
                "INSERT INTO changes (position, account_id, revision, seq, writer, kind, key, time) "
                f"SELECT max(position) + 1, '{ACCOUNT}', 4, 0, 1, 'wonders', 'colossus', max(time) FROM changes"
            )
            query(f"UPDATE revisions SET revision = 4 WHERE account_id = '{ACCOUNT}'")
            await old.refresh()
            assert (await old.load(ACCOUNT)).revision == 4
            await old.write(rename)
            assert query("SELECT wonder FROM users WHERE name = 'renamed'") == [("colossus",)]
            await same_after_reopening(old, opener)  # which opens it, of the version before
            for revision in (5, 4, 3):
                past = await old.past(ACCOUNT, revision)
                assert past.revision == revision
                assert (past.users.named("renamed") is not None) is (revision == 5)
            assert [each.kind for each in await old.history(ACCOUNT, 3)] == ["users"]
            assert old.healthy

    @on_loop
    async def test_the_second_next_version_is_refused(self, opener: Opener, query: Query) -> None:
        def refused() -> pytest.RaisesExc[StoreError]:
            return pytest.raises(StoreError, match=f"schema version {LATEST + 2}.*up to {LATEST} and may use the next")

        async with prepared(opener) as old:
            query(f"INSERT INTO schema_version VALUES ({LATEST + 2}, 0)")
            with refused():  # also when nobody has looked
                await old._database.commit(Group(usage=[(ACCOUNT, "AKIA1", Usage(NOW, "us-east-1", "iam"))]))
            with refused():
                await old.write(add_user(1))
            with refused():
                await old.refresh()
            assert not old.healthy
            with refused():
                opener()
            query(f"DELETE FROM schema_version WHERE version = {LATEST + 2}")
