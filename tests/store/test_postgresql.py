"""PostgreSQL passes the suite, and refuses databases that it must not touch."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from iamd.cli.main import main
from iamd.server.bootstrap import first_account
from iamd.settings import load
from iamd.store import SealError, Store, StoreError, opening
from iamd.store.master_key import create_master_key
from iamd.store.postgresql import url as urls
from iamd.store.postgresql.connection import PostgresConnection, connect
from iamd.store.postgresql.opening import recognize
from iamd.store.sql import statements
from tests.postgresql import Cluster
from tests.store.conformance import StoreConformance
from tests.store.samples import ACCOUNT, NOW, Opener, Query, on_loop, prepared, running


def store_at(url: str, key: Path, patience: float = 60) -> Store:
    return Store(opening.postgresql(urls.parse(url), key, patience))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("key") / "master.key"
    file.write_bytes(bytes(range(32)))
    return file


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.empty()


@pytest.fixture
def opener(url: str, key: Path) -> Opener:
    return lambda: store_at(url, key)


@pytest.fixture
def query(url: str) -> Query:
    def run(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return [] if cursor.description is None else cursor.fetchall()

    return run


class TestPostgresql(StoreConformance):
    """The fixtures above are all that it needs."""


def made(cluster: Cluster, statement: str) -> str:
    """A database in which somebody has been before."""
    url = cluster.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
    return url


@on_loop
async def test_servers_that_start_at_once_make_one_account(opener: Opener) -> None:
    async with running(opener()) as one, running(opener()) as two:
        made = await asyncio.gather(*(first_account(store, load({}, {}), NOW) for store in (one, two)))
        assert len(one.account_ids()) == 1
        assert one.account_ids() == two.account_ids()
        assert sum(root is not None for root in made) == 1
        key = next(root for root in made if root is not None).key.id
        for store in (one, two):  # a key that was made elsewhere is known at once
            account_id = await store.load_key(key)
            assert (await store.load(account_id or "")).access_keys.get(key) is not None


@on_loop
async def test_the_database_tells_the_time(opener: Opener) -> None:
    async with running(opener()) as store:
        assert abs(await store.time() - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_engine_on_which_servers_cannot_agree_is_refused() -> None:
    told: Any = SimpleNamespace(info=SimpleNamespace(parameter_status={"crdb_version": "CockroachDB CCL v26.1.0"}.get))
    with pytest.raises(StoreError, match="neither notifications nor advisory locks"):
        recognize(told)


def test_a_database_that_cannot_be_used_is_refused(cluster: Cluster, key: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="tables of another program"):
        store_at(made(cluster, "CREATE TABLE theirs (x INTEGER)"), key)
    with pytest.raises(StoreError, match=r'cannot open the database postgresql://.*"nowhere" does not exist'):
        store_at(cluster.url("nowhere"), key)
    url = cluster.new_database()
    asyncio.run(store_at(url, key)._database.close())
    (tmp_path / "other.key").write_bytes(b"k" * 32)
    with pytest.raises(SealError, match=r"the master key in .*other\.key is not the one"):
        store_at(url, tmp_path / "other.key")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_version VALUES (999, 0)")
    with pytest.raises(StoreError, match="newer iamd"):
        store_at(url, key)


def test_a_new_master_key_is_handed_out_before_the_database_gets_it(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, mine, theirs = cluster.new_database(), tmp_path / "mine.key", tmp_path / "theirs.key"
    create_master_key(mine)
    theirs.write_bytes(mine.read_bytes())
    asyncio.run(store_at(url, mine)._database.close())
    place = ["--database", url, "--master-key-file", str(mine)]
    assert main(["rotate-master-key", *place]) == 2
    assert f"--prepare` puts a new key into {mine} first" in capsys.readouterr().err
    assert mine.read_bytes() == theirs.read_bytes()
    assert main(["rotate-master-key", *place, "--prepare"]) == 0
    asyncio.run(store_at(url, theirs)._database.close())  # the old one counts still
    theirs.write_bytes(mine.read_bytes())
    assert main(["rotate-master-key", *place]) == 0
    for file in (mine, theirs):
        asyncio.run(store_at(url, file)._database.close())
    (old,) = tmp_path.glob("mine.key.*")
    with pytest.raises(SealError, match="is not the one"):
        store_at(url, old)


def test_a_password_is_never_told() -> None:
    for text in (
        "postgresql://me:geheim@db/iamd?sslmode=require",
        "postgres://me@db/iamd?sslmode=require&password=geheim",
        "postgresql://me@db/iamd?sslpassword=geheim&sslmode=require",
    ):
        url = urls.parse(text)
        assert url.has_password
        assert str(url) == "postgresql://me@db/iamd?sslmode=require"
        assert "geheim" not in repr(url)
    for text in ("mysql://me:geheim@db/iamd", "postgresql://me:geheim@[db/iamd", "postgresql://db/iamd?geheim"):
        with pytest.raises(ValueError, match=r"^must be a URL like postgresql://user@host/database$"):
            urls.parse(text)
    for password in ("ge/heim", "x@ge/heim", "g?e=heim", "ge@heim"):
        with pytest.raises(ValueError, match=r"^must have / \? and @ of its password as %2F %3F and %40$"):
            urls.parse(f"postgresql://me:{password}@db/iamd")
    assert urls.parse("postgresql://db/iamd?sslkey=/a+b").parameters == {"sslkey": "/a+b"}


def test_a_url_that_is_none_is_refused_without_its_password(key: Path) -> None:
    with pytest.raises(StoreError, match=r"does not understand the database's URL postgresql://me@db/iamd\?xyz=1$"):
        store_at("postgresql://me:geheim@db/iamd?xyz=1", key)


def test_what_failed_unseen_fails_its_transaction(url: str) -> None:
    with closing(connect(urls.parse(url), writer=1)) as connection:
        for number in (100, 101):
            row = (number, "token", b"", 0)
            with pytest.raises(psycopg.errors.UniqueViolation), connection.writing():
                connection.executemany(statements.ADD_KEY, [row, row])  # nobody looks what came of it
        assert keys_in(connection) == 0
        with connection.writing():
            connection.execute(statements.ADD_KEY, row)
        assert keys_in(connection) == 1


def keys_in(connection: PostgresConnection) -> int:
    return len(connection.execute(statements.KEYRING).fetchall())


def role(cluster: Cluster, url: str, name: str, *granted: str) -> str:
    """The database's URL for a new user, to whom that much is granted."""
    cluster.execute(f"CREATE ROLE {name} LOGIN")
    with psycopg.connect(url, autocommit=True) as connection:
        for each in granted:
            connection.execute(f"GRANT {each} TO {name}".encode())
    return url.replace("postgres@", f"{name}@")


@on_loop
async def test_who_may_not_make_tables_may_use_those_that_are_there(cluster: Cluster, url: str, key: Path) -> None:
    user = role(cluster, url, "uses", "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public")
    async with prepared(lambda: store_at(user, key)) as store:
        assert store.account_ids() == [ACCOUNT]
    empty = role(cluster, cluster.new_database(), "makes_none")
    with pytest.raises(StoreError, match=r"permission denied for schema public: let it belong to the user that iamd"):
        store_at(empty, key)


def test_a_database_that_is_for_reading_is_refused(cluster: Cluster, key: Path) -> None:
    user = role(cluster, cluster.new_database(), "reads")
    cluster.execute("ALTER ROLE reads SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match=r"cannot open the database .*session is read-only$"):
        store_at(user, key)


def test_a_connection_is_as_iamd_needs_it_whatever_its_user_has_set(cluster: Cluster, url: str) -> None:
    wanted = {
        "idle_session_timeout": "0",
        "lock_timeout": "5s",
        "statement_timeout": "1min",
        "idle_in_transaction_session_timeout": "1min",
        "client_encoding": "UTF8",
        "standard_conforming_strings": "on",
        "default_transaction_isolation": "read committed",
        "synchronous_commit": "on",
    }
    others = {
        "client_encoding": "LATIN1",
        "standard_conforming_strings": "off",
        "default_transaction_isolation": "serializable",
        "synchronous_commit": "off",
    }
    user = role(cluster, url, "hurries")
    for name in wanted:
        setting = others.get(name, "300ms")
        cluster.execute(f"ALTER ROLE hurries SET {name} = '{setting}'")
    with closing(connect(urls.parse(user), writer=1)) as connection:
        assert {name: connection.driver.execute(f"SHOW {name}".encode()).fetchone() for name in wanted} == {
            name: (value,) for name, value in wanted.items()
        }
