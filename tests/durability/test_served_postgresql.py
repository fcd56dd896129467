"""Two servers on one PostgreSQL: they see each other, and lose nothing when one of them, or PostgreSQL, is killed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import psycopg
import pytest

from tests.durability.test_served import users
from tests.hostile.process import Served, served
from tests.hostile.trail import EVENTS, told
from tests.postgresql import Cluster

CLIENTS = 2


@dataclass
class Place:
    """A database, and servers on it."""

    url: str
    folder: Path

    def served(self, name: str) -> AbstractContextManager[Served]:
        return served(self.folder / name, "--database", self.url, "--master-key-file", str(self.folder / "master.key"))

    def created(self) -> list[str]:
        """The users that the record tells of."""
        with psycopg.connect(self.url) as connection:
            events = told(connection.execute(EVENTS).fetchall())
        return [
            event["requestParameters"]["userName"]
            for event in events
            if event["eventName"] == "CreateUser" and "errorCode" not in event
        ]


@pytest.fixture
def place(cluster: Cluster, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "master.key").write_bytes(bytes(range(32)))
    yield Place(cluster.empty(), tmp_path)
    cluster.start()


@dataclass
class Clients:
    """Clients of a server that create users, whatever else happens, and one that reads."""

    server: Served
    name: str
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0
    reads: list[int] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        work = [lambda client=client: self._create(client) for client in range(CLIENTS)]
        self._threads = [threading.Thread(target=each) for each in [*work, self._read]]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def until(self, count: int) -> None:
        """Wait until so many more users were acknowledged."""
        wanted = len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            assert not self._over.wait(0.01)

    def _create(self, client: int) -> None:
        number = 0
        with closing(self.server.door()) as door, suppress(OSError, HTTPException):
            while not self._over.is_set():
                name = f"{self.name}-{client}-{number}"
                number += 1
                if door.call("CreateUser", {"UserName": name}).status == 200:
                    self.acknowledged.append(name)
                else:
                    self.refused += 1

    def _read(self) -> None:
        with closing(self.server.door()) as door, suppress(OSError, HTTPException):
            while not self._over.wait(0.02):
                self.reads.append(door.call("GetUser").status)


def see_each_other(one: Served, two: Served) -> None:
    with closing(one.door()) as first, closing(two.door()) as second:
        for number, (here, there) in enumerate([(first, second), (second, first)] * 5):
            name = {"UserName": f"seen-{number}"}
            created = here.call("CreateUser", name)
            assert created.status == 200
            there.call("CreateUser", name).refused("EntityAlreadyExists")  # a change sees all that was committed
            seen = there.call("GetUser", name, headers={"x-iamd-revision": str(created.revision)})
            assert (seen.status, seen.revision) == (200, created.revision)
            deleted = there.call("DeleteUser", name)
            assert deleted.status == 200
            here.call("GetUser", name, headers={"x-iamd-revision": str(deleted.revision)}).refused("NoSuchEntity")


@pytest.mark.timeout(120)
def test_who_calls_is_told_from_the_revision_that_is_demanded(place: Place) -> None:
    """Not only what they may: a server that has not heard yet of a key's end would take it otherwise."""
    with (
        place.served("one") as one,
        place.served("two") as two,
        closing(one.door()) as here,
        closing(two.door()) as there,
    ):
        assert here.call("CreateUser", {"UserName": "alice"}).status == 200
        made = here.call("CreateAccessKey", {"UserName": "alice"}, headers={"accept": "application/json"})
        key = json.loads(made.body)["CreateAccessKeyResponse"]["CreateAccessKeyResult"]["AccessKey"]
        for number in range(8):
            active = number % 2 == 1
            parameters = {"AccessKeyId": key["AccessKeyId"], "Status": "Active" if active else "Inactive"}
            changed = here.call("UpdateAccessKey", {"UserName": "alice", **parameters})
            if not active:  # a change sees all that was committed, also without a revision
                there.call("CreateUser", {"UserName": "bob"}, key=key).refused("InvalidClientTokenId")
            demanded = {"x-iamd-revision": str(changed.revision)}
            answered = there.call("GetCallerIdentity", key=key, headers=demanded, service="sts")
            assert (answered.status, answered.code) == ((200, "") if active else (403, "InvalidClientTokenId")), number


@pytest.mark.timeout(120)
def test_a_key_is_known_from_the_revision_that_is_demanded(place: Place) -> None:
    """Also where a server's own changes, which are under way, hide it."""
    user = {"UserName": "alice"}
    with (
        place.served("one") as one,
        place.served("two") as two,
        closing(one.door()) as here,
        closing(two.door()) as there,
    ):
        assert here.call("CreateUser", user).status == 200
        busy = Clients(two, "busy")
        busy.start()
        try:
            for _ in range(30):
                made = here.call("CreateAccessKey", user, headers={"accept": "application/json"})
                key = json.loads(made.body)["CreateAccessKeyResponse"]["CreateAccessKeyResult"]["AccessKey"]
                demanded = {"x-iamd-revision": str(made.revision)}
                assert there.call("GetCallerIdentity", key=key, headers=demanded, service="sts").status == 200
                gone = here.call("DeleteAccessKey", {**user, "AccessKeyId": key["AccessKeyId"]})
                demanded = {"x-iamd-revision": str(gone.revision)}
                there.call("GetCallerIdentity", key=key, headers=demanded, service="sts").refused(
                    "InvalidClientTokenId"
                )
        finally:
            busy.stop()


@pytest.mark.timeout(120)
def test_nothing_is_lost_when_a_server_or_the_database_is_killed(place: Place, cluster: Cluster) -> None:
    with place.served("stays") as stays:
        steady = Clients(stays, "stays")
        with place.served("killed") as killed:
            see_each_other(stays, killed)
            clients = Clients(killed, "killed")
            clients.start()
            steady.start()
            clients.until(20)
            killed.process.kill()
            clients.stop()
        steady.until(10)
        cluster.kill()
        read = len(steady.reads)
        while len(steady.reads) < read + 20 or not steady.refused:
            time.sleep(0.01)
            assert stays.process.poll() is None
        cluster.start()
        steady.until(10)
        steady.stop()
        assert set(steady.reads) == {200}
        with closing(stays.door()) as door:
            kept = users(door)
    assert {*clients.acknowledged, *steady.acknowledged} <= kept
    assert sorted(name for name in place.created() if not name.startswith("seen")) == sorted(kept)
