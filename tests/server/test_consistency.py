"""Revisions that clients demand, and resets in the middle of everything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.hostile.door import Door
from tests.live import Live, live


@pytest.fixture(scope="module")
def running() -> Iterator[Live]:
    with live() as server:
        yield server


@pytest.fixture
def door(running: Live) -> Iterator[Door]:
    running.reset()
    with closing(Door(running.endpoint)) as opened:
        yield opened


@pytest.fixture
def in_memory() -> Iterator[Live]:
    with live() as server:
        yield server


def test_answers_carry_the_revision_that_they_were_made_from(door: Door) -> None:
    before = door.call("GetUser").revision
    created = door.call("CreateUser", {"UserName": "bob"}).revision
    assert created == before + 1
    assert door.call("GetUser", {"UserName": "bob"}).revision == created
    assert door.call("GetUser", {"UserName": "nobody"}).refused("NoSuchEntity").revision == created
    assert door.call("GetCallerIdentity", service="sts").revision == created
    assert door.call("DeleteUser", {"UserName": "bob"}).revision == created + 1


@pytest.mark.parametrize("behind", [0, 1])
def test_a_revision_that_is_here_may_be_demanded(door: Door, behind: int) -> None:
    created = door.call("CreateUser", {"UserName": "bob"}).revision
    demanded = {"x-iamd-revision": str(created - behind)}
    assert door.call("GetUser", {"UserName": "bob"}, headers=demanded).status == 200


def test_a_revision_that_is_not_here_is_refused_for_now(door: Door) -> None:
    demanded = {"x-iamd-revision": str(door.call("GetUser").revision + 1)}
    answered = door.call("CreateUser", {"UserName": "bob"}, headers=demanded).refused("ServiceUnavailable", 503)
    assert b"<Type>Receiver</Type>" in answered.body
    assert door.call("CreateUser", {"UserName": "bob"}).status == 200
    assert door.call("GetUser", headers=demanded).status == 200  # it has arrived


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "1e3", "0x1", "1" * 19, "%31", "1,2"])
def test_what_is_no_revision_is_refused(door: Door, text: str) -> None:
    door.call("GetUser", headers={"x-iamd-revision": text}).refused("InvalidInput", 400)


def test_who_is_nobody_learns_no_revision(door: Door) -> None:
    for headers in ({}, {"x-iamd-revision": "1"}, {"x-iamd-revision": "x"}):
        answered = door.send("POST", "/", headers).refused("MissingAuthenticationToken")
        assert "x-iamd-revision" not in answered.headers


@pytest.mark.embedded("PostgreSQL is reset by tests alone")
def test_resets_in_the_middle_of_everything(in_memory: Live) -> None:
    """Each call is answered, as of before, after, or while there is nothing; and the server goes on."""
    over = threading.Event()
    seen: set[tuple[int, str]] = set()

    def work(name: str) -> None:
        with closing(Door(in_memory.endpoint)) as own:
            number = 0
            while not over.is_set():
                number += 1
                for action in ("CreateUser", "GetUser"):
                    answered = own.call(action, {"UserName": f"{name}-{number}"})
                    seen.add((answered.status, answered.code))

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        in_memory.reset()
    over.set()
    for thread in threads:
        thread.join()
    gone = {(403, "InvalidClientTokenId"), (404, "NoSuchEntity"), (503, "ServiceUnavailable")}
    assert (200, "") in seen
    assert seen <= {(200, ""), *gone}
    in_memory.reset()
    with closing(Door(in_memory.endpoint)) as door:
        assert door.call("GetUser").revision == 1
        assert door.call("CreateUser", {"UserName": "bob"}).revision == 2
