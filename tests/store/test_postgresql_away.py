"""PostgreSQL goes away, comes back, and comes back as something else: nothing acknowledged is lost, nothing stale stays."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from iamd.store import Store, StoreError, opening
from iamd.store.errors import NotWritten, StaleRead
from iamd.store.postgresql import connection, database, follower, session
from iamd.store.postgresql import url as urls
from iamd.store.postgresql.database import PostgresDatabase
from iamd.store.sql import feed
from tests import postgresql
from tests.postgresql import Cluster
from tests.store.samples import (
    ACCOUNT,
    Opener,
    SampleEvent,
    add_user,
    on_loop,
    prepared,
    running,
    same_after_reopening,
    until,
    user,
)

PATIENCE = 0.3


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    yield cluster.empty()
    cluster.start()


@pytest.fixture
def opener(url: str, tmp_path: Path) -> Opener:
    key = tmp_path / "master.key"
    key.write_bytes(bytes(range(32)))
    return lambda patience=60.0: Store(opening.postgresql(urls.parse(url), key, patience))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is not tried for long."""
    monkeypatch.setattr(session, "PATIENCE", PATIENCE)
    monkeypatch.setattr(follower, "_PATIENCE", PATIENCE)
    monkeypatch.setattr(connection, "STAND_AGAIN", 0.05)
    monkeypatch.setattr(follower, "POLL_SECONDS", 0.1)


async def written(store: Store, number: int) -> None:
    """Add a user, as a client does that tries again."""
    while True:
        try:
            await store.write(add_user(number))
        except StoreError:
            await asyncio.sleep(0.01)
        else:
            return


def cut(url: str) -> None:
    """Break all connections to the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def lose_the_last_change(url: str) -> None:
    """As in a failover to a server that was behind."""
    cut(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "DELETE FROM users; DELETE FROM changes WHERE revision = 2; UPDATE revisions SET revision = 1"
        )


class Breaking:
    """A connection that breaks at its next COMMIT, before or after the server did it."""

    broken = False

    def __init__(self, driver: psycopg.Connection[Any], *, commits: bool) -> None:
        self._driver = driver
        self._commits = commits

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        if statement != "COMMIT":
            return self._driver.execute(statement, parameters)
        if self._commits:
            self._driver.execute(statement)
        self._driver.close()
        self.broken = True
        raise psycopg.OperationalError("the connection broke")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


@on_loop
async def test_reads_go_on_and_changes_are_refused_while_the_server_is_away(opener: Opener, cluster: Cluster) -> None:
    async with prepared(opener) as store:
        await store.write(add_user(1))
        held = await store.load(ACCOUNT)
        cluster.kill()
        with pytest.raises(StoreError, match="cannot read the database postgresql://"):
            await store.write(add_user(2))
        store.append_event(SampleEvent("read"))
        assert not store.look()
        assert store.records(ACCOUNT) is held
        assert store.healthy
        cluster.start()
        await written(store, 2)
        await until(lambda: store.healthy)
        await same_after_reopening(store, opener)


@on_loop
async def test_a_change_that_surely_was_not_written_leaves_what_is_in_memory(opener: Opener, cluster: Cluster) -> None:
    async with prepared(opener) as store:
        held = await store.load(ACCOUNT)
        follow = store._database.follow

        async def kill() -> None:
            await follow()
            cluster.kill()  # between the look at what others did and the commit

        store._database.follow = kill  # type: ignore[method-assign]
        with pytest.raises(NotWritten, match="cannot write the database"):
            await store.write(add_user(1))
        store._database.follow = follow  # type: ignore[method-assign]
        assert store.records(ACCOUNT) is held
        assert (len(held.users), held.revision) == (0, 1)
        cluster.start()
        await written(store, 1)


@on_loop
async def test_who_loses_the_connection_leads_no_more(opener: Opener, url: str, cluster: Cluster) -> None:
    async with prepared(opener) as one, running(opener()) as two:
        await until(lambda: one.lead() > 0)
        assert two.lead() == 0
        cluster.kill()
        await until(lambda: one.lead() == 0)
        cluster.start()
        await until(lambda: one.lead() + two.lead() > 0)
        for _ in range(3):
            await asyncio.gather(one.refresh(), two.refresh())
            assert min(one.lead(), two.lead()) == 0


@on_loop
async def test_a_leader_whose_connection_breaks_while_it_looks_leads_no_more(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between what it hears, which is that it leads, and what it reads then."""
    broke, mended = threading.Event(), threading.Event()
    read, connect = feed.news, session.connect

    def news(connection: Any, *given: Any) -> Any:
        if not broke.is_set():
            connection.driver.close()
            broke.set()
        return read(connection, *given)

    def connected(*given: Any) -> Any:
        assert mended.wait(10)
        return connect(*given)

    async with prepared(opener) as one, running(opener()) as two:
        await until(lambda: one.lead() > 0)
        await one.load(ACCOUNT)
        monkeypatch.setattr(feed, "news", news)
        await two.load(ACCOUNT)
        with monkeypatch.context() as patched:
            patched.setattr(session, "connect", connected)
            await two.write(add_user(1))
            await asyncio.to_thread(broke.wait, 10)
            async with asyncio.timeout(follower.SILENCE_SECONDS / 2):
                await until(lambda: one.lead() == 0)
            mended.set()
        await one.refresh()
        assert user(1) in list((await one.load(ACCOUNT)).users)
        await until(lambda: one.lead() + two.lead() > 0)


@on_loop
async def test_a_leader_that_does_nothing_is_replaced(
    opener: Opener, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its machine hangs: the server ends its session, later than it holds itself for the leader."""
    monkeypatch.setattr(connection, "LEADER_IDLE_SECONDS", 1)
    monkeypatch.setattr(follower, "LEASE_SECONDS", 0.5)
    async with prepared(opener) as one, running(opener()) as two:
        await until(lambda: one.lead() > 0)
        looking = one._database._follower._running  # type: ignore[attr-defined]
        looking.cancel()
        await until(lambda: two.lead() > 0 or one.lead() == 0)
        assert two.lead() == 0
        await until(lambda: two.lead() > 0)
        assert one.lead() == 0


@on_loop
async def test_decisions_wait_for_a_change_no_longer_than_so(
    opener: Opener, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "COMMIT_SECONDS", 0.2)
    async with prepared(opener) as store:
        with psycopg.connect(url) as other:
            other.execute("SELECT version FROM schema_version WHERE version = 1 FOR UPDATE")
            change = asyncio.create_task(store.write(add_user(1)))
            await until(lambda: store.unsettled)
            with pytest.raises(StaleRead):
                await store.settled()
            assert len((await store.load(ACCOUNT)).users) == 0
            with pytest.raises(NotWritten, match=r"has not taken the change within 0\.2 seconds"):
                await change
        await written(store, 2)
        assert [found.id for found in (await store.load(ACCOUNT)).users] == [user(2).id]
        await same_after_reopening(store, opener)


@on_loop
async def test_a_change_that_was_given_up_while_it_was_written_is_not_committed(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the packets of its statements come late."""
    monkeypatch.setattr(database, "COMMIT_SECONDS", 0.2)
    told, write = threading.Event(), database.writing.write

    def late(*given: Any) -> Any:
        written = write(*given)
        assert told.wait(20)
        return written

    async with prepared(opener) as store:
        with monkeypatch.context() as patched:
            patched.setattr(database.writing, "write", late)
            with pytest.raises(NotWritten, match=r"has not taken the change within 0\.2 seconds"):
                await store.write(add_user(1))
        told.set()
        await written(store, 2)
        await store.refresh()
        assert [found.id for found in (await store.load(ACCOUNT)).users] == [user(2).id]
        await same_after_reopening(store, opener)


@on_loop
async def test_the_server_may_be_away_for_so_long(opener: Any, cluster: Cluster) -> None:
    async with prepared(lambda: opener(PATIENCE)) as store:
        cluster.kill()
        with pytest.raises(StoreError, match=r"away for more than 0\.3 seconds"):
            await until(store.look)
        assert not store.healthy
        cluster.start()


@pytest.mark.parametrize("commits", [True, False])
@on_loop
async def test_a_commit_of_unknown_outcome_is_looked_up(opener: Opener, commits: bool) -> None:
    async with prepared(opener) as store:
        database = store._database
        assert isinstance(database, PostgresDatabase)
        for number in (1, 2):
            connection = database._writer._connection
            assert connection is not None
            connection.driver = Breaking(connection.driver, commits=commits)  # type: ignore[assignment]
            if number == 1:
                await store.write(lambda change: (add_user(1)(change), change.event(SampleEvent("change"))))
            else:
                store.append_event(SampleEvent("read"))
                await store.flush()
        assert len((await store.load(ACCOUNT)).users) == 1
        assert [run.event_id for run in await store.runs_behind(0, 10)] == ["change", "read"]
        await same_after_reopening(store, opener)
        assert await store.last_event() == 2


@on_loop
async def test_broken_connections_are_made_anew(opener: Opener, url: str) -> None:
    async with prepared(opener) as one, running(opener()) as two:
        await two.load(ACCOUNT)
        for number in range(3):
            cut(url)
            await one.write(add_user(number))
            await two.refresh()
            assert user(number) in list((await two.load(ACCOUNT)).users)


@on_loop
async def test_what_the_server_has_lost_is_not_kept_in_memory(opener: Opener, url: str) -> None:
    async with prepared(opener) as store:
        await store.write(add_user(1))
        await store.refresh()
        assert len((await store.load(ACCOUNT)).users) == 1
        lose_the_last_change(url)
        await store.refresh()
        records = await store.load(ACCOUNT)
        assert (len(records.users), records.revision) == (0, 1)
        await store.write(add_user(2))
        await same_after_reopening(store, opener)


@on_loop
async def test_what_the_server_has_lost_is_noticed_in_spite_of_doubts(opener: Opener, url: str) -> None:
    """A commit that was under way when the server went away has the feed read anew from before what was lost."""
    async with prepared(opener) as store:
        await store.refresh()
        since = store._database._follower.mark  # type: ignore[attr-defined]
        await store.write(add_user(1))
        await store.refresh()
        assert len((await store.load(ACCOUNT)).users) == 1
        store._database._follower.doubt([ACCOUNT], since)  # type: ignore[attr-defined]
        lose_the_last_change(url)
        await store.refresh()
        assert (await store.load(ACCOUNT)).revision == 1


@on_loop
async def test_an_image_of_a_change_that_nobody_heard_of_is_not_kept(opener: Opener, url: str) -> None:
    """It was read of a server that lost the change before it was told of it."""
    async with prepared(opener) as one, running(opener()) as two:
        await two.refresh()
        follow = two._database._follower._session  # type: ignore[attr-defined]
        told, opened = threading.Event(), threading.Event()
        follow.do(lambda connection: (told.set(), opened.wait(10)))  # it does not look for a while
        await asyncio.to_thread(told.wait, 10)
        await one.write(add_user(1))
        assert (await two.load(ACCOUNT)).revision == 2
        lose_the_last_change(url)
        opened.set()
        await two.refresh()
        assert (await two.load(ACCOUNT)).revision == 1


@on_loop
async def test_a_change_of_unknown_outcome_that_was_passed_over_is_heard_of(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed was looked at while the writer still asked whether it had written."""
    async with prepared(opener) as store:
        database, loop = store._database, asyncio.get_running_loop()
        assert isinstance(database, PostgresDatabase)
        connection = database._writer._connection
        assert connection is not None
        connection.driver = Breaking(connection.driver, commits=True)  # type: ignore[assignment]

        def refused(*given: Any) -> Any:
            asyncio.run_coroutine_threadsafe(database.follow(), loop).result()
            raise psycopg.OperationalError("too many clients already")

        with monkeypatch.context() as patched:
            patched.setattr(session, "connect", refused)
            with pytest.raises(StoreError, match="perhaps it was written"):
                await store.write(add_user(1))
        await store.refresh()
        assert len((await store.load(ACCOUNT)).users) == 1
        await store.write(add_user(2))
        await same_after_reopening(store, opener)


@on_loop
async def test_it_can_be_closed_at_the_moment_that_something_is_told(opener: Opener) -> None:
    store = opener()
    await store.start()
    database = store._database
    assert isinstance(database, PostgresDatabase)
    await store._committer.close()
    closing = asyncio.create_task(database.close())
    database._follower._wake.set()
    closed, _ = await asyncio.wait({closing}, timeout=60)
    assert closed


@on_loop
async def test_a_standby_takes_over_from_a_server_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions go on from memory, changes go on once it is promoted, and nothing acknowledged is lost."""
    monkeypatch.setattr(follower, "SILENCE_SECONDS", 1.0)
    monkeypatch.setitem(connection._CONNECTING, "connect_timeout", "2")
    key = tmp_path / "master.key"
    key.write_bytes(bytes(range(32)))
    with postgresql.paired() as pair:
        pair.primary.new_database(name="pair")
        url = urls.parse(pair.url("pair"))
        opener = lambda: Store(opening.postgresql(url, key, standby=url))  # noqa: E731
        async with prepared(opener) as one, running(opener()) as two:
            held = await two.load(ACCOUNT)
            await until(lambda: one.lead() > 0)
            failing_over = asyncio.create_task(asyncio.to_thread(pair.fail_over, freeze=True))
            acknowledged = 0
            while not failing_over.done():
                with suppress(StoreError):
                    await one.write(add_user(acknowledged + 1))
                    acknowledged += 1
                two.look()
                assert two.records(ACCOUNT) is held
                assert two.healthy
            await written(two, 1000)
            assert {user(number).id for number in range(1, acknowledged + 1)} <= {each.id for each in held.users}
            await until(lambda: one.lead() + two.lead() > 0)
            await same_after_reopening(two, opener)
