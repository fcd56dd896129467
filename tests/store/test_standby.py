"""A standby is read in place of the primary, and never answers anything that the primary would not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from iamd.cli.main import main
from iamd.store import Store, opening
from iamd.store.errors import NotKept, StoreError
from iamd.store.interface import Window
from iamd.store.postgresql import standby as reading
from iamd.store.postgresql import url as urls
from iamd.store.postgresql.connection import PostgresConnection
from tests.postgresql import Cluster, standby_of
from tests.store.samples import ACCOUNT, SampleEvent, add_user, new_account, on_loop, running, until

EVERYTHING = Window(ACCOUNT, limit=1000)


@pytest.fixture(scope="module")
def standby(cluster: Cluster) -> Iterator[Cluster]:
    cluster.empty()
    made = standby_of(cluster, synchronous=False)
    try:
        yield made
    finally:
        made.kill()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standbys are tried again soon, and waited for longer than a busy machine makes them late."""
    monkeypatch.setattr(reading, "TRY_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(reading, "LAG_SECONDS", 30.0)
    monkeypatch.setattr(reading, "SILENCE_SECONDS", 30.0)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "master.key"
    file.write_bytes(bytes(range(32)))
    return file


@pytest.fixture
def database(cluster: Cluster, standby: Cluster) -> str:
    """The name of a database in which nothing is, and whose default no standby takes."""
    name = name_in(cluster.empty())
    cluster.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    return name


@pytest.fixture
def opener(cluster: Cluster, standby: Cluster, key: Path, database: str) -> Callable[..., Store]:
    """Opens the primary's database, with that of the standby or one of another name."""

    def opened(name: str = database) -> Store:
        url = urls.parse(cluster.url(database))
        return Store(opening.postgresql(url, key, standby=urls.parse(standby.url(name))))

    return opened


def name_in(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def read_of(server: str) -> float:
    """How much was read there so far."""
    return reading.READS.labels(server)._value.get()


async def everything(store: Store) -> tuple[int, set[str], int]:
    """What is told of the account: revision, events, and how many records were touched."""
    records = await store._database.load(ACCOUNT)
    events = await store.events(EVERYTHING, None, lambda event: frozenset())
    return records[0].revision, {each.event_id for each in events}, len(await store.history(ACCOUNT))


async def written(store: Store, number: int) -> None:
    await store.write(lambda change: (add_user(number)(change), change.event(SampleEvent(f"change-{number}"))))
    store.append_event(SampleEvent(f"read-{number}"))


def told(number: int) -> tuple[int, set[str], int]:
    """What is told when so many users were written, and each one's event was followed by a read's."""
    ids = {f"{what}-{each}" for each in range(number) for what in ("change", "read")}
    return number + 1, ids, number + 1


@asynccontextmanager
async def first(opener: Callable[..., Store]) -> Any:
    async with running(opener()) as store:
        await store.write(new_account())
        yield store


@on_loop
async def test_a_standby_is_read_and_misses_nothing(opener: Callable[..., Store], standby: Cluster) -> None:
    primary, aside = read_of("primary"), read_of("standby")
    async with first(opener) as one, running(opener()) as two:
        for number in range(20):
            await written(one, number)
            assert await everything(one) == told(number + 1)  # its own changes and events, flushed
            assert await everything(two) == told(number + 1)
        with psycopg.connect(standby.url("postgres")) as connection:
            asked = connection.execute("SELECT query FROM pg_stat_activity WHERE application_name = 'iamd'").fetchall()
        assert asked.count(("COMMIT",)) >= 4
        with pytest.raises(NotKept, match="has no revision 99"):
            await two.past(ACCOUNT, 99)
    assert read_of("standby") == aside + 121  # the account was loaded once more, to be made
    assert read_of("primary") == primary + 1  # asked because the standby did not find it


@on_loop
async def test_a_standby_that_is_behind_is_not_believed(
    opener: Callable[..., Store], standby: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LAG_SECONDS", 0.05)
    async with first(opener) as one:
        await written(one, 0)
        await until_read(one)
        standby.execute("SELECT pg_wal_replay_pause()")
        try:
            with capture_logs() as logs:
                for number in range(1, 6):
                    await written(one, number)
                    async with running(opener()) as two:
                        assert await everything(one) == await everything(two) == told(number + 1)
            told_of = [each["event"] for each in logs if "behind the primary" in each.get("error", "")]
            assert len(told_of) == 6  # one for each store
        finally:
            standby.execute("SELECT pg_wal_replay_resume()")
        await until_read(one)
        assert await everything(one) == told(6)


async def until_read(store: Store) -> None:
    """Read until the standby is read."""
    before = read_of("standby")
    while read_of("standby") == before:
        await store.history(ACCOUNT)
        await asyncio.sleep(0.01)


def test_commands_read_from_it_and_tell_their_answer_alone(
    opener: Callable[..., Store],
    cluster: Cluster,
    standby: Cluster,
    key: Path,
    database: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = ["--database", cluster.url(database), "--master-key-file", str(key)]

    async def note() -> None:
        async with first(opener) as store:
            await written(store, 0)

    asyncio.run(note())
    aside = read_of("standby")
    for url in (standby.url(database), cluster.url_by(Path("/nowhere"))):
        assert main(["history", "--json", "--read-database", url, *place]) == 0
        told = capsys.readouterr()
        assert len([json.loads(line) for line in told.out.splitlines()]) == 2
        assert ("the standby cannot be used" in told.err) == ("nowhere" in url)
    assert read_of("standby") > aside


@pytest.mark.parametrize("how", ["kill", "freeze"])
@on_loop
async def test_reads_go_on_without_the_standby(
    opener: Callable[..., Store], standby: Cluster, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with first(opener) as store:
        await written(store, 0)
        await until_read(store)
        monkeypatch.setattr(reading, "SILENCE_SECONDS", 0.3)
        getattr(standby, how)()
        try:
            with capture_logs() as logs:
                for number in range(1, 4):
                    await written(store, number)
                    assert await everything(store) == told(number + 1)
            assert [each["event"] for each in logs] == ["the standby cannot be used: the primary is read"]
        finally:
            standby.kill()
            standby.start()
        monkeypatch.setattr(reading, "SILENCE_SECONDS", 30.0)
        await until_read(store)
        assert await everything(store) == told(4)


@on_loop
async def test_a_standby_is_left_alone_for_a_while_whatever_is_wrong_with_it(
    opener: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def away(connection: PostgresConnection, log: str) -> bool:
        raise StoreError("away")

    def odd(connection: PostgresConnection, log: str) -> bool:
        tries.append(log)
        raise RuntimeError("that was not thought of")

    monkeypatch.setattr(PostgresConnection, "has_replayed", away)
    with capture_logs() as logs:
        async with first(opener) as store:
            trying = store._database._standby
            await store.history(ACCOUNT)
            monkeypatch.setattr(PostgresConnection, "has_replayed", odd)
            monkeypatch.setattr(reading, "TRY_AGAIN_SECONDS", 3600.0)
            while not tries:
                await store.history(ACCOUNT)
            for _ in range(3):
                await until(lambda: not trying._trying)
                await store.history(ACCOUNT)
    assert len(tries) == 1
    assert [each["event"] for each in logs] == [
        "the standby cannot be used: the primary is read",
        "the standby could not be tried",
    ]


@on_loop
async def test_engines_that_do_not_tell_how_far_they_are_are_read_as_before(
    opener: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(connection: PostgresConnection) -> str:
        connection.driver.execute("SELECT no_such_function()")
        return ""

    monkeypatch.setattr(PostgresConnection, "written", written)
    aside = read_of("standby")
    with capture_logs() as logs:
        async with first(opener) as store:
            await store.history(ACCOUNT)
    assert read_of("standby") == aside
    (told_of,) = logs
    assert "the primary does not tell how far it is: function no_such_function()" in told_of["error"]


@on_loop
async def test_a_standby_of_another_history_is_not_believed(
    opener: Callable[..., Store], cluster: Cluster, key: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a fail-over, when the standby still follows the server that was given up: other changes, or more of them
    than there are; here it is another database of the same standby."""
    async with first(opener) as store:
        await written(store, 0)
    monkeypatch.setattr(reading, "LAG_SECONDS", 1.0)
    copied = cluster.new_database(template=database)
    async with running(Store(opening.postgresql(urls.parse(copied), key))) as ahead:
        await written(ahead, 7)
    async with running(opener(name_in(copied))) as store:
        assert await everything(store) == told(1)
        await written(store, 1)
        await until(lambda: not store._database._standby._trying)
        aside = read_of("standby")
        assert await everything(store) == told(2)
        assert read_of("standby") == aside
