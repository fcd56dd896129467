"""SQLite passes the suite, and refuses files that it must not touch."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from iamd.store import SealError, Store, StoreError
from iamd.store.interface import Listed
from iamd.store.sqlite import SqliteDatabase, notes
from tests.store.conformance import StoreConformance
from tests.store.samples import (
    ACCOUNT,
    Gate,
    Opener,
    Query,
    SampleEvent,
    add_user,
    contents,
    new_account,
    on_loop,
    prepared,
    running,
)


@pytest.fixture
def opener(tmp_path: Path) -> Opener:
    return lambda: Store.open_sqlite(tmp_path / "data")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The file of the master key."""
    return tmp_path / "data" / "master.key"


@pytest.fixture
def query(tmp_path: Path) -> Query:
    def run(sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(tmp_path / "data" / "iamd.db", isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    return run


class TestSqlite(StoreConformance):
    """The fixtures above are all that it needs."""


@on_loop
async def make(directory: Path) -> None:
    async with prepared(lambda: Store.open_sqlite(directory)) as store:
        await store.write(add_user(1))


def test_directory_database_and_key_are_for_their_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "data"
    make(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert sorted(file.name for file in directory.iterdir()) == ["iamd.db", "iamd.db-open", "master.key"]
    for file in directory.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_what_root_locks_is_for_the_owner_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that root runs, and that are killed, leave no file that a server of another user cannot open."""
    given: list[tuple[str, int, int]] = []

    def chown(descriptor: int, user: int, group: int) -> None:
        given.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, user, group))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", chown)
    lock, folder = notes.lock(tmp_path / "iamd.db"), tmp_path.stat()
    assert lock.take()
    lock.release()
    assert lock.take()  # it is there already
    lock.release()
    assert given == [("iamd.db-moving", folder.st_uid, folder.st_gid)]


def test_commits_are_synced(tmp_path: Path) -> None:
    store = Store.open_sqlite(tmp_path / "data")
    database = store._database
    assert isinstance(database, SqliteDatabase)
    assert database._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    asyncio.run(database.close())


def text(file: Path) -> None:
    file.write_bytes(b"This is no database at all. " * 100)


def foreign(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE theirs (x)")


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xa5" * 4096
    file.write_bytes(content)


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:10_000])


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (999, 0)")
        connection.commit()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (text, "not a database"),
        (foreign, "another program"),
        (damaged, "damaged|malformed"),
        (truncated, "damaged|malformed"),
        (newer, "newer iamd"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_left_alone(tmp_path: Path, spoil: Any, words: str) -> None:
    make(tmp_path)
    file = tmp_path / "iamd.db"
    if spoil is foreign:
        file.unlink()
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=words):
        Store.open_sqlite(tmp_path)
    assert file.read_bytes() == before


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write"):
        Store.open_sqlite(tmp_path / "file" / "data")
    (tmp_path / "data" / "iamd.db").mkdir(parents=True)
    (tmp_path / "key").write_bytes(bytes(32))
    with pytest.raises(StoreError, match="cannot write the database"):
        Store.open_sqlite(tmp_path / "data", tmp_path / "key")


def test_another_master_key_is_refused(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "other.key").write_bytes(b"k" * 32)
    with pytest.raises(SealError, match=r"the master key in .*other\.key is not the one"):
        Store.open_sqlite(tmp_path, tmp_path / "other.key")


def test_a_lost_master_key_is_not_replaced(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "master.key").unlink()
    with pytest.raises(StoreError, match="cannot read the master key file"):
        Store.open_sqlite(tmp_path)
    assert not (tmp_path / "master.key").exists()


@on_loop
async def test_a_full_disk_fails_the_writes_and_loses_nothing(opener: Opener) -> None:
    async with prepared(opener) as store:
        await store.write(add_user(1))
        database = store._database
        assert isinstance(database, SqliteDatabase)
        pages = database._writer.execute("PRAGMA page_count").fetchone()[0]
        database._writer.execute(f"PRAGMA max_page_count = {pages}")
        outcomes = await asyncio.gather(
            *(store.write(add_user(number, "x" * 10_000 + str(number))) for number in range(2, 8)),
            return_exceptions=True,
        )
        assert all(isinstance(outcome, StoreError) for outcome in outcomes)
        assert "full" in str(outcomes[0])
        database._writer.execute("PRAGMA max_page_count = 1000000")
        assert len((await store.load(ACCOUNT)).users) == 1
        await store.write(add_user(9))
        async with running(opener()) as fresh:
            assert contents(await fresh.load(ACCOUNT)) == contents(await store.load(ACCOUNT))


@on_loop
async def test_what_others_changed_is_not_missed_because_it_could_not_be_read_at_once(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told once that they did."""

    def broken(*_: object) -> Any:
        raise StoreError("cannot read the database: disk I/O error")

    async with prepared(opener) as one, running(opener()) as two:
        await two.load(ACCOUNT)
        await one.write(add_user(1))
        with monkeypatch.context() as patched:
            patched.setattr(two._database, "catch_up", broken)
            await two.refresh()
            with pytest.raises(StoreError, match="disk I/O error"):
                await two.load(ACCOUNT)
        await two.refresh()
        assert len((await two.load(ACCOUNT)).users) == 1


@on_loop
async def test_a_file_cannot_be_reset(opener: Opener) -> None:
    async with prepared(opener) as store:
        with pytest.raises(StoreError, match="in memory"):
            await store.reset()
        assert len((await store.load(ACCOUNT)).accounts) == 1


@on_loop
async def test_memory_works_like_a_file_and_can_be_reset() -> None:
    async with prepared(lambda: Store.open_sqlite(None)) as store:
        token_key = store.keyring.token_keys
        await asyncio.gather(*(store.write(add_user(number)) for number in range(50)))
        store.append_event(SampleEvent("read"))
        store.used(ACCOUNT, "AKIA1", SampleEvent("x").time, "us-east-1", "iam")
        await store.refresh()
        store._images.drop(ACCOUNT)
        assert len((await store.load(ACCOUNT)).users) == 50
        await store.reset()
        assert store.account_ids() == []
        assert store.last_used(ACCOUNT, "AKIA1") is None
        assert store.keyring.token_keys == token_key
        await store.write(new_account())
        records = await store.load(ACCOUNT)
        assert (len(records.users), records.revision) == (0, 1)


@on_loop
async def test_a_reset_waits_for_what_is_under_way() -> None:
    async with prepared(lambda: Store.open_sqlite(None)) as store:
        gate = Gate(store)
        write = asyncio.create_task(store.write(add_user(1)))
        await gate.reached.wait()
        reset = asyncio.create_task(store.reset())
        await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.gather(write, reset)
        assert store.account_ids() == []


@on_loop
async def test_accounts_that_are_listed_during_a_reset_are_gone() -> None:
    async with prepared(lambda: Store.open_sqlite(None)) as store:
        listed = store._database.accounts

        async def slowly() -> Mapping[str, Listed]:
            found = await listed()
            if found:
                await store.reset()
            return found

        store._database.accounts = slowly  # type: ignore[method-assign]
        await store.relist()
        assert store.account_ids() == []
