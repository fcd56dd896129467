"""Everything that the trial denies people by counts at once for every way in which it asks, and is taken back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chaos.checker import unexplained
from chaos.client import Client
from chaos.estate import ENVIRONMENT, ROOT
from chaos.history import Outcome, Read
from chaos.lives import Lives, RoleLives, UserLives
from chaos.means import MEANS
from chaos.node import Node
from chaos.people import Person
from chaos.upstream import Upstream
from chaos.workload import NAMES, Workload


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workload]:
    folder: Path = tmp_path_factory.mktemp("means")
    upstream = Upstream()
    node = Node("node", ["--data-dir", str(folder / "data"), *upstream.flags], ENVIRONMENT, folder / "log")
    node.start()
    made = Workload([node], ROOT, means=NAMES, upstream=True)
    made.prepare(1, len(NAMES), 1)
    yield made
    node.kill()
    upstream.close()


@pytest.fixture
def client(workload: Workload) -> Iterator[Client]:
    made = Client(workload.nodes[0].port)
    yield made
    made.close()


@pytest.mark.parametrize("means", MEANS)
def test_a_denial_is_seen_in_every_way_and_taken_back(workload: Workload, client: Client, means: str) -> None:
    person = next(each.what for each in workload.subjects if isinstance(each.what, Person) and each.what.means == means)
    register = person.register

    def told(way) -> bool | None:
        workload.ask(client, person, way)
        workload.ask(client, person, way)  # the first one may begin a session
        return register.reads[-1].allows

    ways = workload.ways(means)
    assert f"{means} {ways[-1].__name__.replace('_', ' ')}, denied" in workload.unseen()
    for allows in (True, False, True, False):
        while register.writes[-1].allows is not allows:
            workload.write(client, person)
        assert register.writes[-1].outcome is Outcome.DONE
        assert {way.__name__: told(way) for way in ways} == {way.__name__: allows for way in ways}
    assert not [each for each in workload.unseen() if each.startswith(f"{means} by")]
    assert list(unexplained(register)) == []
    stale = Read(register.reads[-1].ended + 1, register.reads[-1].ended + 2, allows=True)
    register.reads.append(stale)
    assert f"{register.user}: allowed" in next(unexplained(register))


@pytest.mark.parametrize("kind", [UserLives, RoleLives])
def test_credentials_of_an_earlier_life_never_count_again(
    workload: Workload, client: Client, kind: type[Lives]
) -> None:
    lives = next(each.what for each in workload.subjects if isinstance(each.what, kind))
    assert f"{lives.kind}, denied" in workload.unseen()
    for _ in range(20):
        lives.write(client)
        lives.read_all(client)
    assert not [each for each in workload.unseen() if each.startswith(lives.kind)]
    registers = [each for name, each in workload.history.registers.items() if name.startswith(f"{lives.name}, ")]
    assert len(registers) > 3
    for register in registers[:2]:
        allowed = [read.allows for read in register.reads]
        assert allowed == sorted(allowed, reverse=True)  # from some moment on it is denied
        assert set(allowed) == {True, False}
        assert list(unexplained(register)) == []
        last = register.reads[-1]
        register.reads.append(Read(last.ended + 1, last.ended + 2, allows=True))
        assert f"{register.user}: allowed" in next(unexplained(register))


def test_in_the_end_everybody_is_asked_about_in_every_way_also_whose_session_has_ended(workload: Workload) -> None:
    people = [each.what for each in workload.subjects if isinstance(each.what, Person)]
    before = {person.name: len(person.register.reads) for person in people}
    for person in people:
        person.session = None
    last = workload.last(workload.nodes[0])
    numbered = [person for person in people if person.register.numbered]
    assert last == {person.name: person.register.writes[-1].value for person in numbered}
    asked = {person.means: len(person.register.reads) - before[person.name] for person in people}
    assert asked == {means: 0 if MEANS[means].numbered else len(workload.ways(means)) for means in MEANS}


def test_an_upstream_keeps_no_policy_whose_sender_was_killed_in_the_middle() -> None:
    with closing(Upstream()) as upstream, socket.create_connection(("127.0.0.1", upstream.server_port)) as sender:
        sender.sendall(b"PUT /bucket?policy HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{")
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(100) == b""
        assert upstream.policies == {}
