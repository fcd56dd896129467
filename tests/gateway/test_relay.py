"""Answers on their way back, by the short way and by the long one: whole or in pieces, slow, broken off, given up."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from iamd.server.gate import Gate
from tests.gateway.test_forwarding import alice, user_of
from tests.gateway.test_smuggling import head
from tests.live import Live, live

__all__ = ["alice"]

LONG = 24 << 20


@dataclass
class Upstream:
    """A server of S3 that answers as the key's name says, and counts requests by key."""

    url: str = ""
    asked: dict[str, int] = field(default_factory=dict)
    written: int = 0  # bytes of a long answer
    given_up: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))  # long answers
    step: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))  # taken before each further piece


def _long(write: Callable[[bytes], object], upstream: Upstream) -> None:
    write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % LONG)
    for written in range(0, LONG, 1 << 16):
        write(b"y" * (1 << 16))
        upstream.written = written + (1 << 16)


def _endless(write: Callable[[bytes], object], upstream: Upstream) -> None:
    write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        write(b"10000\r\n" + b"y" * (1 << 16) + b"\r\n")


ANSWERS: dict[str, tuple[bytes, ...]] = {
    "whole": (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-amz-meta-a: b\r\nconnection: x-own\r\nx-own: 1\r\n\r\nok",),
    "parts": (b"HTTP/1.1 200 OK\r\ncontent-", b"length: 6\r\n\r\nab", b"cd", b"ef"),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", b"3\r\ndef\r\n0\r\n\r\n"),
    "nothing": (b"HTTP/1.1 204 No Content\r\n\r\n",),
    "missing": (b"HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno!",),
    "absent": (b"HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\nno", b" key"),
    "verbose": (b"HTTP/1.1 404 Not Found\r\ncontent-length: 100000\r\n\r\n" + b"n" * 100_000,),
    "broken": (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",),
    "nonsense": (b"nonsense\r\n\r\n",),
    "twice": (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",),
    "unsized": (b"HTTP/1.1 200 OK\r\nconnection: content-length\r\ncontent-length: 4\r\n\r\n", b"this"),
    "odd": (b"HTTP/1.1 999 Odd\r\ncontent-length: 2\r\n\r\nno",),
    "bodily": (b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\nHTTP/1.1 200 OK\r\ncontent-", b"length: 5\r\n\r\nwrong"),
    "silent": (),
    "later": (b"", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    kept = Upstream()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            got = b""
            while True:
                while b"\r\n\r\n" not in got:
                    piece = self.request.recv(65536)
                    if not piece:
                        return
                    got += piece
                told, _, got = got.partition(b"\r\n\r\n")
                if not self._answered(told.split(b" ")[1].decode()):
                    return

        def _answered(self, target: str) -> bool:
            if "?policy" in target:
                self.request.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                return True
            name = target.rpartition("/")[2]
            kept.asked[name] = kept.asked.get(name, 0) + 1
            if name in ("long", "endless"):
                with suppress(ConnectionError):
                    (_long if name == "long" else _endless)(self.request.sendall, kept)
                    return True
                kept.given_up.release()
                return False
            if name == "once":  # the connection is closed as soon as nobody expects it
                self.request.sendall(ANSWERS["whole"][0])
                return False
            for number, piece in enumerate(ANSWERS.get(name, ())):
                if number:
                    kept.step.acquire(timeout=10)
                self.request.sendall(piece)
            return name != "broken"

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kept.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield kept
        server.shutdown()


@pytest.fixture(scope="module")
def gateway(upstream: Upstream) -> Iterator[Live]:
    with live(upstream={"s3": upstream.url}, upstream_timeout=1) as server:
        yield server


@pytest.fixture(params=["short", "long"])
def way(
    request: pytest.FixtureRequest, gateway: Live, alice: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The short way is that of requests on connections that are kept; here, others must not take it, nor these the long
    one."""
    ask(
        gateway, head(gateway, alice, method="GET", target=b"/bucket/ok/whole")
    )  # the policy of the bucket is known now
    way: str = request.param
    passed = []

    async def counted(gate: Gate, scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["raw_path"])
        await through(gate, scope, receive, send)

    through = Gate.__call__
    monkeypatch.setattr(Gate, "__call__", counted)
    yield way
    assert bool(passed) is (way == "long")


@contextmanager
def client(gateway: Live) -> Iterator[socket.socket]:
    host, _, port = gateway.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        yield sock


def until(sock: socket.socket, end: bytes, got: bytes = b"") -> bytes:
    """What comes until it ends so, or the connection does."""
    while not got.endswith(end) and (piece := sock.recv(65536)):
        got += piece
    return got


def signed(gateway: Live, key: dict[str, str], way: str, name: str, method: str = "GET", *more: bytes) -> bytes:
    """A request for the object of that name that goes that way."""
    lines = more if way == "short" else (*more, b"connection: close")
    return head(gateway, key, *lines, method=method, target=b"/bucket/ok/" + name.encode())


def ask(gateway: Live, data: bytes, end: bytes = b"ok") -> bytes:
    with client(gateway) as sock:
        sock.sendall(data)
        return until(sock, end)


def test_a_whole_answer(gateway: Live, upstream: Upstream, alice: dict[str, str], way: str) -> None:
    with client(gateway) as sock:
        for _ in range(2 if way == "short" else 1):
            sock.sendall(signed(gateway, alice, way, "whole"))
            got = until(sock, b"ok")
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")
            assert got.count(b"content-length: 2\r\n") == 1
            assert b"x-amz-meta-a: b\r\n" in got
            assert b"x-own" not in got


def test_pieces_are_passed_on_as_they_come(gateway: Live, upstream: Upstream, alice: dict[str, str], way: str) -> None:
    with client(gateway) as sock:
        sock.sendall(signed(gateway, alice, way, "parts"))
        got = b""
        for seen in (b"ab", b"cd", b"ef"):
            upstream.step.release()
            got = until(sock, seen, got)
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")
        assert got.endswith(b"\r\n\r\nabcdef")
        assert b"content-length: 6\r\n" in got
    with client(gateway) as sock:
        sock.sendall(signed(gateway, alice, way, "chunks"))
        got = until(sock, b"3\r\nabc\r\n")
        upstream.step.release()
        assert until(sock, b"0\r\n\r\n", got).endswith(b"\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")


def test_answers_without_body(gateway: Live, alice: dict[str, str], way: str) -> None:
    for method, name, status in (("GET", "nothing", b"204"), ("HEAD", "whole", b"200"), ("HEAD", "missing", b"404")):
        got = ask(gateway, signed(gateway, alice, way, name, method), b"\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 " + status)
        assert got.endswith(b"\r\n\r\n")
        assert (b"content-length: " in got) is (method == "HEAD")


def test_an_upstream_cannot_take_the_length_from_an_answer(
    gateway: Live, upstream: Upstream, alice: dict[str, str], way: str
) -> None:
    upstream.step.release()
    got = ask(gateway, signed(gateway, alice, way, "unsized"), b"this")
    assert b"content-length: 4\r\n" in got


def test_the_body_of_an_answer_to_head_is_no_answer_to_the_next_request(
    gateway: Live, upstream: Upstream, alice: dict[str, str], way: str
) -> None:
    got = ask(gateway, signed(gateway, alice, way, "bodily", "HEAD"), b"\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    with client(gateway) as sock:
        sock.sendall(signed(gateway, alice, way, "later"))
        upstream.step.release(2)  # the rest of that body, and this answer
        assert until(sock, b"ok").endswith(b"\r\n\r\nok")


def test_what_the_upstream_refuses(gateway: Live, upstream: Upstream, alice: dict[str, str], way: str) -> None:
    got = ask(gateway, signed(gateway, alice, way, "missing"), b"no!")
    assert got.startswith(b"HTTP/1.1 404 Not Found")
    upstream.step.release()
    got = ask(gateway, signed(gateway, alice, way, "absent"), b"no key")
    assert got.startswith(b"HTTP/1.1 404 Not Found")
    assert ask(gateway, signed(gateway, alice, way, "verbose"), b"</Error>").startswith(b"HTTP/1.1 502 Bad Gateway")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nonsense", b"does not answer in HTTP"),
        ("odd", b"does not answer in HTTP"),
        ("twice", b"more than it was asked"),
        ("silent", b"took too long"),
    ],
)
def test_an_upstream_that_makes_no_sense(
    gateway: Live, alice: dict[str, str], way: str, name: str, told: bytes
) -> None:
    got = ask(gateway, signed(gateway, alice, way, name), b"</Error>")
    assert got.startswith(b"HTTP/1.1 504" if name == "silent" else b"HTTP/1.1 502")
    assert told in got


def test_an_answer_that_breaks_off_is_not_taken_for_whole(gateway: Live, alice: dict[str, str], way: str) -> None:
    got = ask(gateway, signed(gateway, alice, way, "broken"), b"never")
    assert b"content-length: 100\r\n" in got
    assert got.endswith(b"half")


def test_a_connection_that_was_closed_is_made_anew(
    gateway: Live, upstream: Upstream, alice: dict[str, str], way: str
) -> None:
    for _ in range(3):
        assert ask(gateway, signed(gateway, alice, way, "once")).endswith(b"ok")


def test_a_slow_reader_slows_the_upstream(gateway: Live, upstream: Upstream, alice: dict[str, str], way: str) -> None:
    with client(gateway) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.sendall(signed(gateway, alice, way, "long"))
        begun, _, rest = sock.recv(65536).partition(b"\r\n\r\n")
        assert b"content-length: %d" % LONG in begun
        seen = -1
        while upstream.written != seen:  # read on only when the upstream has to wait
            seen = upstream.written
            threading.Event().wait(0.1)
        assert seen < LONG
        size = len(rest)
        while size < LONG and (piece := sock.recv(1 << 20)):
            size += len(piece)
        assert size == LONG


def test_a_client_that_leaves_is_recorded_and_the_next_is_answered(
    gateway: Live, upstream: Upstream, alice: dict[str, str], way: str
) -> None:
    with client(gateway) as sock:
        sock.sendall(signed(gateway, alice, way, "long"))
        sock.recv(1000)
    before = upstream.asked.get("silent", 0)
    with client(gateway) as sock:
        sock.sendall(signed(gateway, alice, way, "silent"))
        while upstream.asked.get("silent", 0) == before:
            threading.Event().wait(0.01)
    assert ask(gateway, signed(gateway, alice, way, "whole")).endswith(b"ok")


@pytest.mark.parametrize("way", ["short", "long"])
def test_a_server_that_stops_records_what_a_client_left_behind(upstream: Upstream, tmp_path: Path, way: str) -> None:
    asked = upstream.asked.get("later", 0)
    with live(in_memory=False, data_dir=tmp_path, upstream={"s3": upstream.url}) as gateway:
        key = user_of(gateway)
        ask(gateway, signed(gateway, key, "short", "whole"))
        with client(gateway) as sock:
            sock.sendall(signed(gateway, key, way, "later"))
            while upstream.asked.get("later", 0) == asked:
                threading.Event().wait(0.01)
        threading.Timer(0.3, upstream.step.release).start()
    with live(in_memory=False, data_dir=tmp_path) as server:
        told = server.client("cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GetObject"}]
        )["Events"]
    keys = [json.loads(event["CloudTrailEvent"])["requestParameters"]["key"] for event in told]
    assert sorted(keys) == ["ok/later", "ok/whole"]


def test_requests_that_do_not_wait_are_answered_in_order(
    gateway: Live, upstream: Upstream, alice: dict[str, str]
) -> None:
    names = ("whole", "parts", "nothing", "whole", "missing")
    for _ in range(3):
        upstream.step.release()
    with client(gateway) as sock:
        sock.sendall(b"".join(signed(gateway, alice, "short", name) for name in names))
        got = until(sock, b"no!")
    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"200", b"200", b"204", b"200", b"404"]
