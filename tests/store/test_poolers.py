"""A pooler before PostgreSQL may hand out sessions; one that hands out transactions is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from iamd.cli.main import main
from iamd.store import Store, StoreError, opening
from iamd.store.postgresql import connection, follower, pooler
from iamd.store.postgresql import standby as standbys
from iamd.store.postgresql import url as urls
from tests.pgbouncer import Pooler, pooling
from tests.postgresql import Cluster, standby_of
from tests.store.samples import ACCOUNT, add_user, new_account, on_loop, running, until

Opened = Callable[..., Store]
ROUND_ROBIN = {"server_round_robin": "1", "min_pool_size": "3"}


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    key = tmp_path / "master.key"
    key.write_bytes(bytes(range(32)))

    def store(url: str, standby: str | None = None) -> Store:
        return Store(opening.postgresql(urls.parse(url), key, 60, None if standby is None else urls.parse(standby)))

    return store


@pytest.fixture
def database(cluster: Cluster) -> str:
    return name_in(cluster.empty())


@pytest.fixture(scope="module")
def sessions(cluster: Cluster) -> Iterator[Pooler]:
    with pooling(cluster, pool_mode="session") as made:
        yield made


def has(store: Store, number: int) -> bool:
    """Whether a user is known of that number."""
    records = store.records(ACCOUNT)
    return records is not None and len(list(records.users)) > number


def name_in(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("settings", [{}, {"default_pool_size": "1"}, ROUND_ROBIN], ids=["pool", "one", "in-turn"])
def test_a_pooler_of_transactions_is_refused(
    opened: Opened, cluster: Cluster, database: str, mode: str, settings: dict[str, str]
) -> None:
    with pooling(cluster, pool_mode=mode, **settings) as pooler:
        url = pooler.url(database)
        for _ in range(5):  # however many sessions it has by now
            with pytest.raises(StoreError, match=r"pooler .*Set its pool mode to session .*or name PostgreSQL itself"):
                opened(url)
            with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url, autocommit=True) as two:
                one.execute("SELECT 1")
                two.execute("SELECT 1")
        left = "SELECT name FROM pg_settings WHERE source = 'session' AND name LIKE '%timeout%'"
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute(left).fetchall() == []  # others use its sessions


def test_commands_say_so(cluster: Cluster, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "master.key").write_bytes(bytes(range(32)))
    with pooling(cluster, pool_mode="transaction") as pooler:
        place = ["--database", pooler.url(database), "--master-key-file", str(tmp_path / "master.key")]
        assert main(["migrate", *place]) == 2
    assert "Set its pool mode to session" in capsys.readouterr().err


@on_loop
async def test_servers_agree_behind_a_pooler_of_sessions(
    opened: Opened, sessions: Pooler, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STAND_AGAIN", 0.05)
    monkeypatch.setattr(follower, "POLL_SECONDS", 30.0)  # notifications alone tell in time
    url = sessions.url(database)
    async with running(opened(url)) as one, running(opened(url)) as two:
        await one.write(new_account())
        await two.load(ACCOUNT)
        for number in range(10):  # often enough for what is prepared
            await one.write(add_user(number))
            await until(lambda number=number: two.look() or has(two, number))
        monkeypatch.setattr(follower, "POLL_SECONDS", 0.05)
        await until(lambda: one.lead() > 0)
        assert two.lead() == 0
    async with running(opened(url)) as three:
        await until(lambda: three.lead() > 0)


def test_what_is_left_in_a_session_is_removed(cluster: Cluster, database: str) -> None:
    """A pooler may hand sessions on as it gets them back."""
    with pooling(cluster, pool_mode="session", server_reset_query="", default_pool_size="2") as pooler:
        for _ in range(3):
            with closing(connection.connect(urls.parse(pooler.url(database)), 1)) as made:
                held = made.driver.execute(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
                ).fetchone()
                hears = made.driver.execute("SELECT count(*) FROM pg_listening_channels()").fetchone()
                idle = made.driver.execute("SHOW idle_session_timeout").fetchone()
                assert (held, hears, idle) == ((0,), (0,), ("0",))
                for _ in range(10):
                    made.time()  # is prepared
                assert made.listen()
                assert made.lead()


@on_loop
async def test_a_pooler_that_hands_out_transactions_from_now_on_is_noticed(
    opened: Opened, cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "POLL_SECONDS", 0.05)
    with pooling(cluster, pool_mode="session") as pooler, ExitStack() as others:
        async with running(opened(pooler.url(database))) as store:
            await store.write(new_account())
            await until(lambda: store.lead() > 0)
            pooler.reload(pool_mode="transaction")
            with capture_logs() as logs:

                def noticed() -> bool:
                    """Let another client have in a transaction what was free last, for a while."""
                    other = psycopg.connect(pooler.url(database))
                    other.execute("SELECT 1")
                    others.close()
                    others.enter_context(other)
                    return any("Set its pool mode" in str(each) for each in logs)

                await until(noticed)  # perhaps after something else failed
            assert store.lead() == 0
            with pytest.raises(StoreError, match="Set its pool mode to session"):
                await store.write(add_user(1))


@on_loop
async def test_a_standby_is_read_behind_a_pooler_of_sessions(
    opened: Opened, cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standbys, "LAG_SECONDS", 30.0)
    cluster.execute(f"ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'")
    standby = standby_of(cluster, synchronous=False)
    try:
        for mode in ("session", "transaction"):
            read = standbys.READS.labels("standby")._value.get()
            with pooling(standby, pool_mode=mode) as pooler, capture_logs() as logs:
                async with running(opened(cluster.url(database), pooler.url(database))) as store:
                    if mode == "session":
                        await store.write(new_account())
                    assert await store.history(ACCOUNT) is not None
                    await store._database.load(ACCOUNT)
            has_read = standbys.READS.labels("standby")._value.get() > read
            assert has_read == (mode == "session")
            assert any("Set its pool mode" in str(each) for each in logs) == (mode == "transaction")
    finally:
        standby.kill()


def test_a_pooler_without_a_session_to_spare_is_not_waited_for(
    cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooler, "PATIENCE", 0.2)
    refused = pytest.raises(psycopg.OperationalError, match="default_pool_size")
    with pooling(cluster, pool_mode="session", default_pool_size="1") as made, refused:
        connection.connect(urls.parse(made.url(database)), 1)


def test_nothing_is_asked_of_postgresql_itself(
    cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    connects = psycopg.connect

    def connected(*args: Any, **kwargs: Any) -> Any:
        made.append(args)
        return connects(*args, **kwargs)

    monkeypatch.setattr(psycopg, "connect", connected)
    with closing(connection.connect(urls.parse(cluster.url(database)), 1)):
        assert len(made) == 1
