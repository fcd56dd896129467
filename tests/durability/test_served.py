"""A served database when its process is killed, told to stop, and when two processes share it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.hostile.door import Door
from tests.hostile.process import Served, command, environment, served
from tests.hostile.trail import recorded

ROUNDS = 10
CLIENTS = 4


def users(door: Door) -> set[str]:
    """All users that a server tells."""
    found: set[str] = set()
    marker: dict[str, str] = {}
    while True:
        answered = door.call("ListUsers", {"MaxItems": "1000", **marker}, headers={"accept": "application/json"})
        page = json.loads(answered.body)["ListUsersResponse"]["ListUsersResult"]
        found.update(user["UserName"] for user in page["Users"])
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def create_until_refused(server: Served, prefix: str, told: SimpleQueue[str]) -> None:
    """Create users as fast as the server takes them; puts every one that was acknowledged."""
    with closing(server.door()) as door, suppress(OSError, HTTPException):
        number = 0
        while door.call("CreateUser", {"UserName": f"{prefix}-{number}"}).status == 200:
            told.put(f"{prefix}-{number}")
            number += 1


def load(server: Served, name: str, told: SimpleQueue[str]) -> list[threading.Thread]:
    """Clients at work."""
    threads = [
        threading.Thread(target=create_until_refused, args=(server, f"{name}-{client}", told))
        for client in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    return threads


def emptied(told: SimpleQueue[str]) -> set[str]:
    return {told.get() for _ in range(told.qsize())}


@pytest.mark.timeout(300)
def test_a_killed_server_has_kept_what_it_acknowledged(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        with served(directory) as server:
            with closing(server.door()) as door:
                assert acknowledged <= users(door)
            told: SimpleQueue[str] = SimpleQueue()
            threads = load(server, str(number), told)
            acknowledged.update(told.get(timeout=30) for _ in range(1 + number * 7))
            server.process.kill()
            for thread in threads:
                thread.join()
            acknowledged |= emptied(told)
    with served(directory) as server, closing(server.door()) as door:
        kept = users(door)
    assert acknowledged <= kept
    created = [
        event["requestParameters"]["userName"] for event in recorded(directory) if event["eventName"] == "CreateUser"
    ]
    assert sorted(created) == sorted(kept)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_finishes_and_records_everything(tmp_path: Path, number: signal.Signals) -> None:
    directory = tmp_path / "data"
    with served(directory) as server:
        told: SimpleQueue[str] = SimpleQueue()
        with closing(server.door()) as door:
            for _ in range(10):
                door.call("GetUser")
            door.call("GetUser", {"UserName": "nobody"})
        threads = load(server, "u", told)
        acknowledged = {told.get(timeout=30) for _ in range(20)}
        server.process.send_signal(number)
        for thread in threads:
            thread.join()
        assert server.stopped() == 0
        assert server.complaints() == []
    acknowledged |= emptied(told)
    names = [(event["eventName"], event.get("errorCode")) for event in recorded(directory)]
    assert names.count(("GetUser", None)) == 10
    assert names.count(("GetUser", "NoSuchEntityException")) == 1
    assert names.count(("CreateUser", None)) == len(acknowledged)
    with served(directory) as server, closing(server.door()) as door:
        assert users(door) == acknowledged


def test_a_request_under_way_is_finished_when_the_server_is_told_to_stop(tmp_path: Path) -> None:
    with served(tmp_path / "data") as server, closing(server.door()) as door:
        whole = door.request("CreateUser", {"UserName": "bob"})
        with closing(socket.create_connection(door.address, timeout=20)) as connection:
            connection.sendall(whole[:-1])
            assert door.call("GetUser").status == 200  # which came after the beginning of the other
            server.process.send_signal(signal.SIGTERM)
            with suppress(OSError):
                while True:  # until nobody listens any more
                    socket.create_connection(door.address, timeout=20).close()
            connection.sendall(whole[-1:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert server.stopped() == 0


def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        flags = command("--port", port, "--data-dir", str(tmp_path / "data"))
        done = subprocess.run(flags, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"iamd serve: cannot listen on 127.0.0.1, port {port}: Address already in use\n"


@pytest.mark.embedded("on PostgreSQL others hear of it a moment later: test_served_postgresql")
def test_two_processes_on_one_database_see_each_other_at_once(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    with (
        served(directory) as one,
        served(directory) as two,
        closing(one.door()) as first,
        closing(two.door()) as second,
    ):
        for number, (here, there) in enumerate([(first, second), (second, first)] * 20):
            name = {"UserName": f"user-{number}"}
            created = here.call("CreateUser", name)
            assert created.status == 200
            seen = there.call("GetUser", name, headers={"x-iamd-revision": str(created.revision)})
            assert seen.status == 200
            assert seen.revision >= created.revision
            there.call("CreateUser", name).refused("EntityAlreadyExists")
            assert there.call("DeleteUser", name).status == 200
            here.call("GetUser", name).refused("NoSuchEntity")


@pytest.mark.embedded("on PostgreSQL others hear of it a moment later: test_served_postgresql")
def test_a_request_that_comes_slowly_sees_what_was_committed_meanwhile(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    with (
        served(directory) as one,
        served(directory) as two,
        closing(one.door()) as first,
        closing(two.door()) as second,
        closing(socket.create_connection(second.address, timeout=20)) as slow,
    ):
        whole = second.request("GetUser", {"UserName": "bob"})
        slow.sendall(whole[:-1])
        assert second.call("GetUser").status == 200  # looks at the database when the other request has begun
        assert first.call("CreateUser", {"UserName": "bob"}).status == 200
        slow.sendall(whole[-1:])
        assert slow.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_two_processes_that_change_one_account_lose_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    told: SimpleQueue[str] = SimpleQueue()
    with served(directory) as one, served(directory) as two:
        threads = load(one, "one", told) + load(two, "two", told)
        acknowledged = {told.get(timeout=30) for _ in range(300)}
        for server in (one, two):
            server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert (one.stopped(), two.stopped()) == (0, 0)
        assert one.complaints() == []
    acknowledged |= emptied(told)
    with served(directory) as server, closing(server.door()) as door:
        assert users(door) == acknowledged
