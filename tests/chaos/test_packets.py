"""Packets between network namespaces; where none can be made, that this is told."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chaos.packets import FAIR, Network, Weather, address
from chaos.spaces import hindrance
from iamd.store import Store, StoreError, opening
from iamd.store.postgresql import url as urls
from iamd.store.postgresql.database import PostgresDatabase
from tests import postgresql
from tests.chaos.echo import echo
from tests.store.samples import add_user, prepared

_PORT = 5000
_GONE = Weather(lost=1.0)


@pytest.fixture
def network() -> Iterator[Network | None]:
    """Two namespaces, of which the first says everything again; None where they cannot be made."""
    if hindrance() is not None:
        yield None
        return
    with closing(Network(2, seed=1)) as made:
        with made.spaces[0]:
            listening = socket.create_server((address(1), _PORT))
        with listening:
            echo(listening)
            yield made


def _joined(network: Network) -> socket.socket:
    with network.spaces[1]:
        return socket.create_connection((address(1), _PORT), timeout=20)


def _said_again(near: socket.socket, said: bytes) -> bytes:
    near.sendall(said)
    heard = b""
    while len(heard) < len(said):
        heard += near.recv(10_000)
    return heard


def test_packets_are_lost_doubled_and_late_and_what_is_said_arrives(network: Network | None) -> None:
    if network is None:
        assert os.geteuid() != 0 or hindrance()
        return
    with closing(_joined(network)) as near:
        network.change([(1, 2), (2, 1)], Weather(lost=0.05, twice=0.2, late=0.01))
        said = os.urandom(20_000)
        assert _said_again(near, said) == said
        network.change([(1, 2)], _GONE)
        near.sendall(b"more")
        near.settimeout(0.1)
        with pytest.raises(TimeoutError):
            near.recv(10)
        network.change([(1, 2), (2, 1)], FAIR)
        near.settimeout(20)
        assert near.recv(10) == b"more"


def test_forgotten_connections_are_gone_and_nobody_is_told(network: Network | None) -> None:
    if network is None:
        return
    with closing(_joined(network)) as near:
        assert _said_again(near, b"one") == b"one"
        [connection] = network.connections(2, 1)
        network.forget([connection])
        assert network.connections(2, 1) == []
        near.sendall(b"two")
        near.settimeout(0.1)
        with pytest.raises(TimeoutError):
            near.recv(10)
    with closing(_joined(network)) as again:
        assert _said_again(again, b"three") == b"three"


def test_nothing_of_a_network_is_seen_outside_of_it(network: Network | None) -> None:
    if network is None:
        return
    assert "iamd0" not in [name for _, name in socket.if_nameindex()]
    with network.spaces[1]:
        assert [name for _, name in socket.if_nameindex()] == ["lo", "iamd0"]


def test_a_connection_to_the_database_that_is_forgotten_is_given_up_soon(
    network: Network | None, tmp_path: Path
) -> None:
    """That of changes alone: what else is heard of the database is no sign that something is wrong."""
    if network is None:
        return
    key = tmp_path / "master.key"
    key.write_bytes(bytes(32))

    async def until_changes(url: str) -> float:
        store = Store(opening.postgresql(urls.parse(url), key))
        async with prepared(lambda: store):
            await store.write(add_user(1))
            assert isinstance(store._database, PostgresDatabase)
            writer = store._database._writer._connection
            assert writer is not None
            with socket.socket(fileno=os.dup(writer.socket)) as same:
                port = same.getsockname()[1]
            network.forget(each for each in network.connections(2, 1) if each.source_port == port)
            began = time.monotonic()
            while True:
                try:
                    await store.write(add_user(2))
                    return time.monotonic() - began
                except StoreError:
                    assert time.monotonic() < began + 60

    with postgresql.running() as cluster:
        cluster.new_database()
        cluster.listen(address(1), network.spaces[0])
        with network.spaces[1]:  # and so are the threads that are begun here
            took = asyncio.run(until_changes(cluster.url_at(address(1))))
    assert took < 12  # seconds: five, and what a busy machine takes


def test_namespaces_that_cannot_be_made_leave_no_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # `ip` is not there
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert hindrance()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before  # what other tests left may be closed meanwhile
