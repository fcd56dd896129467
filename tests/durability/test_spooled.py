"""A server that is killed while PostgreSQL is away has kept what it recorded."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.hostile.process import served
from tests.hostile.trail import EVENTS, told
from tests.postgresql import Cluster

READS = 5


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    yield cluster.empty()
    cluster.start()


def spooled(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "spool.db", timeout=20)) as connection:
        found: int = connection.execute("SELECT count(*) FROM spool").fetchone()[0]
    return found


def recorded(url: str) -> int:
    with psycopg.connect(url) as connection:
        events = told(connection.execute(EVENTS).fetchall())
    return sum(event["eventName"] == "GetUser" for event in events)


@pytest.mark.timeout(120)
def test_a_killed_server_has_kept_what_it_recorded_while_postgresql_was_away(
    cluster: Cluster, url: str, tmp_path: Path
) -> None:
    (tmp_path / "master.key").write_bytes(bytes(range(32)))
    flags = ["--database", url, "--master-key-file", str(tmp_path / "master.key")]
    with served(tmp_path / "data", *flags) as server, closing(server.door()) as door:
        assert door.call("GetUser").status == 200
        cluster.kill()
        for _ in range(READS):
            assert door.call("GetUser").status == 200
        while not spooled(tmp_path / "data"):
            time.sleep(0.05)
        for _ in range(READS):
            assert door.call("GetUser").status == 200
        before = spooled(tmp_path / "data")
        while spooled(tmp_path / "data") == before:
            time.sleep(0.05)
        server.process.kill()
    cluster.start()
    with served(tmp_path / "data", *flags):
        while recorded(url) < 1 + 2 * READS:
            time.sleep(0.05)
        while spooled(tmp_path / "data"):
            time.sleep(0.05)
    assert recorded(url) == 1 + 2 * READS
