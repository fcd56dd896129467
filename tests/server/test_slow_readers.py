"""Clients that take nothing of what they are sent are cut off, at every door; those that are slow are not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.gateway.test_forwarding import alice
from tests.gateway.test_relay import LONG, Upstream, signed, upstream
from tests.live import Live, live
from tests.server.test_http import Door, request

__all__ = ["alice", "upstream"]

SECONDS = 0.6
LIST = b"Action=ListPolicies&Version=2010-05-08&MaxItems=1000"


@pytest.fixture(scope="module")
def gateway(upstream: Upstream) -> Iterator[Live]:
    with live(upstream={"s3": upstream.url}, request_timeout=SECONDS) as server:
        yield server


@contextmanager
def little(server: Live) -> Iterator[socket.socket]:
    """A client whose machine takes little that it does not take itself."""
    host, _, port = server.endpoint.removeprefix("http://").partition(":")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        sock.settimeout(10)
        sock.connect((host, int(port)))
        yield sock


def is_kept(sock: socket.socket) -> bool:
    """Whether the server has not closed the connection."""
    mine, server = (f":{address[1]:04X}" for address in (sock.getsockname(), sock.getpeername()))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(line[1].endswith(server) and line[2].endswith(mine) and line[3] == "01" for line in lines)


def all_of(sock: socket.socket) -> int:
    """How many bytes come until the connection ends."""
    size = 0
    try:
        while piece := sock.recv(1 << 20):
            size += len(piece)
    except ConnectionError:
        pass
    return size


@pytest.mark.parametrize("way", ["short", "long"])
@pytest.mark.parametrize("name", ["long", "endless"])
def test_who_takes_nothing_of_an_object_is_cut_off_and_so_is_the_upstream(
    gateway: Live, upstream: Upstream, alice: dict[str, str], way: str, name: str
) -> None:
    with little(gateway) as sock:
        sock.sendall(signed(gateway, alice, way, name))
        assert upstream.given_up.acquire(timeout=20)
        assert 0 < all_of(sock) < LONG


@pytest.mark.parametrize("way", ["short", "long"])
def test_who_takes_little_now_and_then_gets_all(
    gateway: Live, upstream: Upstream, alice: dict[str, str], way: str
) -> None:
    with little(gateway) as sock:
        sock.sendall(signed(gateway, alice, way, "long"))
        size = len(sock.recv(1 << 16).partition(b"\r\n\r\n")[2])
        for _ in range(15):
            threading.Event().wait(SECONDS / 4)
            size += len(sock.recv(1 << 16))
        assert is_kept(sock)
        while size < LONG and (piece := sock.recv(1 << 20)):
            size += len(piece)
        assert size == LONG


def test_an_upstream_is_not_read_for_a_client_that_has_left(
    gateway: Live, upstream: Upstream, alice: dict[str, str]
) -> None:
    for way in ("short", "long"):
        with little(gateway) as sock:
            sock.sendall(signed(gateway, alice, way, "endless"))
            sock.recv(1000)
        assert upstream.given_up.acquire(timeout=20)


def test_who_takes_nothing_of_many_answers_is_cut_off(gateway: Live) -> None:
    door = Door(gateway.endpoint)
    asked = 40
    with little(gateway) as sock:
        sock.sendall(request(door, LIST) * asked)
        while is_kept(sock):
            threading.Event().wait(0.05)
        got = all_of(sock)
    door.close()
    with little(gateway) as sock:
        sock.sendall(request(door, LIST) + request(door, LIST, connection="close"))
        assert got < all_of(sock) / 2 * asked
