"""From SQLite to PostgreSQL: everything arrives, and is usable there; what must not be moved is refused."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from iamd.cli.main import main
from iamd.store import Store, opening
from iamd.store.postgresql import url as urls
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
    prepared,
    running,
    user,
)
from tests.store.suite.denials import Refusal


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


def test_everything_arrives_and_goes_on(folder: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    url = cluster.new_database()
    assert move(folder, url) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["database"] == url
    assert (told["rows"]["accounts"], told["rows"]["events"], told["rows"]["keyring"]) == (2, 1, 2)

    async def compare() -> None:
        moved = Store(opening.postgresql(urls.parse(url), folder / "master.key"))
        async with running(Store.open_sqlite(folder)) as old, running(moved) as new:
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

    def refusal(folder: Path = folder, url: str = url) -> str:
        assert move(folder, url) == 2
        return capsys.readouterr().err

    assert "has a password" in refusal(url="postgresql://me:geheim@db/iamd")
    assert "must be a URL" in refusal(url="mysql://db/iamd")
    assert "there is no database" in refusal(folder / "none")
    with closing(sqlite3.connect(folder / "iamd.db")) as connection:
        connection.execute("SELECT count(*) FROM users").fetchall()
        assert "is in use" in refusal()
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
    assert "is not empty" in refusal()
