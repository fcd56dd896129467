"""From SQLite to PostgreSQL: everything arrives, and is usable there; what must not be moved is refused."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from iamd.cli.main import main
from iamd.store import Change, Records, Store, StoreError, opening
from iamd.store.interface import Usage
from iamd.store.migrations import LATEST
from iamd.store.postgresql import copying, moving
from iamd.store.postgresql import url as urls
from iamd.store.sqlite import notes
from iamd.store.sqlite.connection import connect
from tests.postgresql import Cluster
from tests.store.samples import (
    ACCOUNT,
    LATER,
    NOW,
    OTHER,
    SAMPLES,
    SampleEvent,
    add_user,
    contents,
    indexed,
    on_loop,
    prepared,
    running,
    until,
    user,
)
from tests.store.suite.denials import Refusal

pytestmark = pytest.mark.embedded("it comes from a file")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with records of every kind, history, events and what belongs to these."""

    async def fill() -> None:
        async with prepared(lambda: Store.open_sqlite(tmp_path)) as store:
            await store.write(lambda change: change.create(OTHER).accounts.add(SAMPLES["accounts"][0]))
            for kind in SAMPLES.keys() - {"accounts"}:
                await store.write(
                    lambda change, kind=kind: change.records(ACCOUNT).collection(kind).add(SAMPLES[kind][0])
                )
            await store.write(lambda change: change.records(ACCOUNT).users.replace(SAMPLES["users"][0], name="zoë"))
            store.append_event(SampleEvent("read"))
            store.used(ACCOUNT, "AKIA1", LATER, "us-east-1", "iam")
            store.denied(ACCOUNT, NOW, Refusal("a", {"d1": "one"}))

    asyncio.run(fill())
    return tmp_path


def move(folder: Path, url: str) -> int:
    return main(["migrate", "--data-dir", str(folder), "--to", url, "--json"])


def test_everything_arrives_and_goes_on(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    url = cluster.new_database()
    copy = tmp_path_factory.mktemp("before") / "data"
    shutil.copytree(folder, copy)
    assert move(folder, url) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["database"] == url
    assert (told["rows"]["accounts"], told["rows"]["events"], told["rows"]["keyring"]) == (2, 1, 2)

    async def compare() -> None:
        moved = Store(opening.postgresql(urls.parse(url), folder / "master.key"))
        async with running(Store.open_sqlite(copy)) as old, running(moved) as new:
            sealed = old.sealer.seal(b"secret", b"AKIA1")
            assert new.sealer.open(sealed, b"AKIA1") == b"secret"
            assert new.account_ids() == old.account_ids()
            for account_id in old.account_ids():
                before, after = await old.load(account_id), await new.load(account_id)
                assert contents(after) == contents(before)
                assert indexed(after) == indexed(before)
                assert after.revision == before.revision
                assert await new.history(account_id) == await old.history(account_id)
            assert new.last_used(ACCOUNT, "AKIA1") == old.last_used(ACCOUNT, "AKIA1")
            assert await new.denial("a", lambda record: ["d1"]) == await old.denial("a", lambda record: ["d1"])
            await new.write(add_user(7))
            new.append_event(SampleEvent("later"))
            await new.flush()
            assert [run.event_id for run in await new.runs_behind(0, 10)] == ["read", "later"]
            assert list((await new.load(ACCOUNT)).users)[-1] == user(7)

    asyncio.run(compare())
    place = ["--database", url, "--master-key-file", str(folder / "master.key"), "--json"]
    assert main(["rotate-keys", *place]) == 0
    assert json.loads(capsys.readouterr().out) == {"tokenKeys": 2}
    assert main(["history", "--account", ACCOUNT, *place]) == 0
    assert "users user7 added" in capsys.readouterr().out
    assert main(["migrate", *place]) == 0
    assert json.loads(capsys.readouterr().out)["database"] == url
    assert main(["backup", str(folder / "copy"), *place]) == 2
    assert "the database is on a server" in capsys.readouterr().err


def test_what_must_not_be_moved_is_refused(folder: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    url = cluster.new_database()
    other = folder / "other"
    shutil.copytree(folder, other)

    def refusal(folder: Path = folder, url: str = url) -> str:
        assert move(folder, url) == 2
        return capsys.readouterr().err

    assert "has a password" in refusal(url="postgresql://me:geheim@db/iamd")
    assert "must be a URL" in refusal(url="mysql://db/iamd")
    assert "there is no database" in refusal(folder / "none")
    held = notes.lock(folder / "iamd.db")
    assert held.take()
    assert "is being moved by another process" in refusal()
    held.release()
    with closing(sqlite3.connect(folder / "iamd.db")) as connection:
        connection.execute("UPDATE policies SET last_version = 3000000000")
        connection.commit()
    assert "cannot write the database" in refusal()  # PostgreSQL's integers have 32 bits
    with psycopg.connect(url) as target:
        assert target.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone() == (0,)
    with closing(sqlite3.connect(folder / "iamd.db")) as connection:
        connection.execute("UPDATE policies SET last_version = 1")
        connection.commit()
    assert move(folder, url) == 0
    capsys.readouterr()
    assert f"iamd.db was moved to {url}: start iamd on that database" in refusal(url=cluster.new_database())
    assert "is not empty" in refusal(other)


def test_a_database_that_a_newer_version_changes_meanwhile_is_not_moved(
    folder: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it adds would not arrive."""
    url = cluster.new_database()

    def while_copied(*args: Any) -> None:
        with closing(sqlite3.connect(folder / "iamd.db")) as connection, connection:
            connection.execute("INSERT OR IGNORE INTO schema_version VALUES (?, 0)", (LATEST + 1,))
        copying.copy(*args)

    monkeypatch.setattr(moving, "copy", while_copied)
    assert move(folder, url) == 2
    assert "a newer iamd has changed its schema meanwhile" in capsys.readouterr().err
    opened(folder)


@pytest.mark.parametrize("cut", ["before the file is marked", "before the database counts"])
def test_what_is_cut_off_in_the_end_leaves_one_of_the_two_and_is_done_again(
    folder: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    """Were both used, changes in one would be missing in the other."""
    url = cluster.new_database()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def users_there() -> int:
        async def look() -> int:
            async with running(Store(opening.postgresql(urls.parse(url), folder / "master.key"))) as store:
                return len((await store.load(ACCOUNT)).users)

        return asyncio.run(look())

    with monkeypatch.context() as patched:
        if cut == "before the file is marked":
            patched.setattr(notes, "mark", full)
        else:
            patched.setattr(moving, "_ARRIVED", "SELECT 1 / (%s - 1000001)")
        assert move(folder, url) == 2
    capsys.readouterr()
    with pytest.raises(StoreError, match="is being moved here"):
        users_there()
    if cut == "before the file is marked":
        asyncio.run(written(folder))
    else:
        with pytest.raises(StoreError, match="was moved to"):
            opened(folder)
    assert move(folder, url) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["accounts"] == 2
    assert users_there() == (2 if cut == "before the file is marked" else 1)
    assert move(folder, url) == 2
    assert f"everything was moved to {url}" in capsys.readouterr().err


async def written(folder: Path) -> None:
    async with running(Store.open_sqlite(folder)) as store:
        await store.write(add_user(7))


class Users:
    """Adds users, changes them and removes some, until it is refused; knows what was acknowledged."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}  # by user: 1 added, 2 changed, 3 removed
        self._numbers = count()

    async def work(self, store: Store) -> None:
        with suppress(StoreError):
            while True:
                number = next(self._numbers)
                await self._does(store, number, 1, add_user(number))
                await self._does(store, number, 2, partial(rename, user(number).id))
                store.used(ACCOUNT, user(number).id, NOW, "us-east-1", "iam")
                if number == 1:
                    await store.flush()
                if number % 3 == 0:
                    await self._does(store, number, 3, partial(remove, user(number).id))

    async def _does(self, store: Store, number: int, step: int, work: Any) -> None:
        await store.write(work)
        self.last[user(number).id] = step

    def missing(self, records: Records) -> list[str]:
        """The users that are not as was acknowledged; one more step may have been taken."""
        found = {each.id: 2 if each.path == "/moved/" else 1 for each in records.users}
        return [id for id, step in self.last.items() if found.get(id, 3) not in (step, step + 1)]


def rename(id: str, change: Change) -> None:
    users = change.records(ACCOUNT).users
    users.replace(users.get(id), path="/moved/")


def remove(id: str, change: Change) -> None:
    users = change.records(ACCOUNT).users
    users.remove(users.get(id))


@on_loop
async def test_servers_go_on_until_everything_has_arrived(tmp_path: Path, cluster: Cluster) -> None:
    """What was acknowledged meanwhile is there; afterwards everything is refused."""
    url, users, key = urls.parse(cluster.new_database()), Users(), tmp_path / "master.key"
    async with prepared(lambda: Store.open_sqlite(tmp_path)):
        pass
    servers = [Store.open_sqlite(tmp_path) for _ in range(2)]
    try:
        await asyncio.gather(*(store.start() for store in servers))
        workers = [asyncio.create_task(users.work(store)) for store in servers * 2]
        await until(lambda: len(users.last) > 50)
        await asyncio.gather(*(store.flush() for store in servers))  # uses, which may take a second by themselves
        begun = len(users.last)
        rows, seconds = await asyncio.to_thread(opening.to_postgresql, tmp_path / "iamd.db", url, key)
        await asyncio.wait(workers)
        assert len(users.last) > begun
        assert seconds > 0
        for store in servers:
            with pytest.raises(StoreError, match="was moved elsewhere"):
                await store.refresh()
            assert not store.healthy
    finally:
        for store in servers:
            with suppress(StoreError):  # what was not written yet will never be
                await store.close()
    async with running(Store(opening.postgresql(url, key))) as new:
        records = await new.load(ACCOUNT)
        assert users.missing(records) == []
        assert len(records.users) == rows["users"]
        assert new.last_used(ACCOUNT, user(1).id) == Usage(NOW, "us-east-1", "iam")
        await new.write(add_user(1_000_000))


@on_loop
async def opened(folder: Path) -> None:
    async with running(Store.open_sqlite(folder)):
        pass


def test_what_a_killed_move_left_is_cleared_away(folder: Path) -> None:
    def left() -> int:
        with closing(sqlite3.connect(folder / "iamd.db")) as connection:
            named = "SELECT count(*) FROM sqlite_master WHERE name LIKE 'moving%'"
            return int(connection.execute(named).fetchone()[0])

    with closing(connect(folder / "iamd.db")) as connection:
        notes.begin(connection)
    held = notes.lock(folder / "iamd.db")
    assert held.take()
    opened(folder)
    assert left() > 3
    held.release()
    opened(folder)
    assert left() == 0
