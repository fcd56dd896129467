"""What a server may be sent over HTTP: sizes, times, forms of requests, and iamd's own paths."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path
from urllib.request import urlopen

import pytest

from iamd.serving import serve
from iamd.settings import load
from tests.hostile.door import FORM, ROOT, Door, plain, signed, understood
from tests.live import Live, live

GET_USER = b"Action=GetUser&Version=2010-05-08"


@pytest.fixture(scope="module")
def hasty() -> Iterator[Live]:
    """A server with small limits, which gives up on a slow client after a moment."""
    with live(max_body_bytes=5000, max_header_bytes=2000, request_timeout=0.2) as server:
        yield server


@pytest.fixture
def door(hasty: Live) -> Iterator[Door]:
    hasty.reset()
    opened = Door(hasty.endpoint)
    yield opened
    opened.close()


def request(door: Door, body: bytes = GET_USER, **more: str) -> bytes:
    """A signed request, byte for byte; `more` are headers that are not signed."""
    headers = signed(door.host, "POST", "/", {"content-type": FORM}, body)
    return plain("POST", "/", {**headers, "content-length": str(len(body)), **more}, body)


def heads(received: bytes) -> list[bytes]:
    """The status lines of all answers in a stream."""
    return re.findall(rb"HTTP/1\.1 \d{3} [A-Za-z ]+", received)


def assert_identified(received: bytes) -> None:
    head = received.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nx-amzn-requestid: " in head
    assert b"\r\ndate: " in head


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nhost: x\r\na: " + b"b" * 3000 + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 1100 + b"\r\n"],
        [b"GET / HTTP/1.1\r\nhost: x\r\na: ", *[b"b" * 900] * 3],  # a header that does not end
        [b"GET /", *[b"a" * 900] * 3],
    ],
)
def test_long_headers_are_refused(door: Door, pieces: list[bytes]) -> None:
    received = door.raw(*pieces)
    assert heads(received) == [b"HTTP/1.1 431 Request Header Fields Too Large"]
    assert_identified(received)


def test_what_is_refused_for_its_headers_is_not_executed(door: Door) -> None:
    body = b"Action=CreateUser&Version=2010-05-08&UserName=bob"
    assert heads(door.raw(request(door, body, padding="x" * 3000))) == [b"HTTP/1.1 431 Request Header Fields Too Large"]
    door.call("GetUser", {"UserName": "bob"}).refused("NoSuchEntity")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused_in_the_form_of_aws_errors(door: Door, chunked: bool) -> None:
    body = GET_USER + b"&Pad=" + b"x" * 5000
    if not chunked:
        assert door.post(body).refused("RequestEntityTooLarge", 413).message.endswith("larger than 5000 bytes.")
        assert door.call("GetUser").status == 200  # the connection lives on
        return
    headers = signed(door.host, "POST", "/", {"content-type": FORM, "transfer-encoding": "chunked"}, body)
    received = door.raw(
        plain("POST", "/", {**headers, "connection": "close"}, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    )
    assert heads(received)[0].startswith(b"HTTP/1.1 413 ")
    assert b"<Code>RequestEntityTooLarge</Code>" in received


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", []),  # nothing at all
        (b"\r\n", []),
        (b"POST / HT", [b"HTTP/1.1 408 Request Timeout"]),
        (b"POST / HTTP/1.1\r\nhost: x\r\n", [b"HTTP/1.1 408 Request Timeout"]),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n", [b"HTTP/1.1 408 Request Timeout"]),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nAction", [b"HTTP/1.1 408 Request Timeout"]),
        (
            b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nAct",
            [b"HTTP/1.1 408 Request Timeout"],
        ),
    ],
)
def test_a_request_that_does_not_arrive_is_given_up(door: Door, sent: bytes, answered: list[bytes]) -> None:
    received = door.raw(sent)
    assert heads(received) == answered
    if answered:
        assert_identified(received)


def test_white_space_after_an_answer_keeps_no_connection(door: Door) -> None:
    with closing(socket.create_connection(door.address, timeout=20)) as connection:
        connection.sendall(request(door))
        answer = HTTPResponse(connection)
        answer.begin()
        assert understood(answer).status == 200
        connection.sendall(b"\r\n")
        assert connection.recv(1) == b""


def test_a_body_that_ends_early_is_not_executed(door: Door) -> None:
    whole = request(door, b"Action=CreateUser&Version=2010-05-08&UserName=bob")
    assert b"200 OK" not in door.raw(whole[:-1], finish=True)
    door.call("GetUser", {"UserName": "bob"}).refused("NoSuchEntity")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"\x00" * 10,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"NONSENSE / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\na: b\x00c\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 99999999999999999999999\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(door: Door, sent: bytes) -> None:
    received = door.raw(sent)
    assert heads(received) == [b"HTTP/1.1 400 Bad Request"]
    assert_identified(received)
    assert door.call("GetUser").status == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("PUT", "/"),
        ("DELETE", "/x/y"),
        ("OPTIONS", "*"),
        ("GET", "//"),
        ("GET", "//evil.example/x"),
        ("GET", "/../../etc/passwd"),
        ("GET", "/%2e%2e/%00/%ff"),
        ("GET", "/%zz"),
        ("GET", "/%5fiamd/health"),
        ("GET", "/_iamd"),
        ("GET", "http://other.example/"),
        ("GET", "/?Action=ListUsers&Version=2010-05-08"),
    ],
)
def test_unsigned_requests_are_refused_wherever_they_go(door: Door, method: str, target: str) -> None:
    received = door.raw(plain(method, target, {"host": door.host, "connection": "close"}))
    assert heads(received) == [b"HTTP/1.1 403 Forbidden"]
    assert (b"<Code>MissingAuthenticationToken</Code>" in received) == (method != "HEAD")
    assert_identified(received)


@pytest.mark.parametrize("target", ["/", "//", "/a/../b", "/%7Eroot/x%20y", "/?x=y&a"])
def test_a_signed_call_is_answered_at_any_path(door: Door, target: str) -> None:
    assert door.post(GET_USER, target=target).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_signed_call_is_answered_with_any_method(door: Door, method: str) -> None:
    assert door.post(GET_USER, method=method).status == 200


def test_a_signed_get_carries_its_call_in_the_query(door: Door) -> None:
    target = f"/?{GET_USER.decode()}"
    answered = door.send("GET", target, signed(door.host, "GET", target, {}, b""))
    assert (answered.status, answered.headers["cache-control"]) == (200, "no-store")
    door.send("GET", target + "&UserName=x", signed(door.host, "GET", target, {}, b"")).refused("SignatureDoesNotMatch")


def test_requests_may_be_pipelined(door: Door) -> None:
    calls = [
        request(door, b"Action=CreateUser&Version=2010-05-08&UserName=bob"),
        request(door, b"Action=GetUser&Version=2010-05-08&UserName=bob"),
        request(door, b"Action=Nonsense&Version=2010-05-08"),
        request(door, connection="close"),
    ]
    received = door.raw(b"".join(calls))
    assert heads(received) == [b"HTTP/1.1 200 OK"] * 2 + [b"HTTP/1.1 400 Bad Request", b"HTTP/1.1 200 OK"]


def test_a_body_may_come_in_chunks_and_pieces(door: Door) -> None:
    headers = signed(door.host, "POST", "/", {"content-type": FORM, "transfer-encoding": "chunked"}, GET_USER)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in GET_USER) + b"0\r\n\r\n"
    whole = plain("POST", "/", {**headers, "connection": "close"}, chunks)
    assert heads(door.raw(*[whole[n : n + 7] for n in range(0, len(whole), 7)])) == [b"HTTP/1.1 200 OK"]


def test_a_client_may_ask_before_it_sends_a_body(door: Door) -> None:
    headers = signed(door.host, "POST", "/", {"content-type": FORM}, GET_USER)
    headers |= {"expect": "100-continue", "content-length": str(len(GET_USER)), "connection": "close"}
    with closing(socket.create_connection(door.address, timeout=20)) as connection:
        connection.sendall(plain("POST", "/", headers))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(GET_USER)
        answer = HTTPResponse(connection)
        answer.begin()
        assert understood(answer).status == 200


def test_old_clients_are_answered_and_dismissed(door: Door) -> None:
    received = door.raw(request(door).replace(b" HTTP/1.1", b" HTTP/1.0", 1))
    assert heads(received) == [b"HTTP/1.1 200 OK"]
    assert b"\r\nconnection: close\r\n" in received


def test_no_other_protocol_can_be_had(door: Door) -> None:
    upgrade = {"host": door.host, "connection": "upgrade, close", "upgrade": "websocket", "sec-websocket-version": "13"}
    received = door.raw(plain("GET", "/", {**upgrade, "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}))
    assert heads(received) == [b"HTTP/1.1 403 Forbidden"]


def test_a_header_that_is_sent_twice_is_signed_as_both(door: Door) -> None:
    whole = request(door, connection="close").replace(b"host:", b"host: evil.example\r\nhost:", 1)
    assert b"<Code>SignatureDoesNotMatch</Code>" in door.raw(whole)


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/_iamd/health", 200, {"status": "ready", "leader": True}),
        ("POST", "/_iamd/health", 405, {"error": "use GET"}),
        ("GET", "/_iamd/reset", 405, {"error": "use POST"}),
        ("GET", "/_iamd/metrics", 404, {"error": "no such endpoint"}),
        ("GET", "/_iamd/", 404, {"error": "no such endpoint"}),
        ("GET", "/_iamd/../health", 404, {"error": "no such endpoint"}),
        ("GET", "/_iamd/health/", 404, {"error": "no such endpoint"}),
    ],
)
def test_own_paths(door: Door, method: str, path: str, status: int, said: dict[str, str]) -> None:
    received = door.raw(plain(method, path, {"host": door.host, "connection": "close", "content-length": "0"}))
    assert heads(received)[0].startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(received.partition(b"\r\n\r\n")[2]) == said
    assert_identified(received)


def test_health_has_a_head(door: Door) -> None:
    received = door.raw(plain("HEAD", "/_iamd/health", {"host": door.host, "connection": "close"}))
    assert heads(received) == [b"HTTP/1.1 200 OK"]
    assert received.endswith(b"\r\n\r\n")


def test_a_reset_leaves_the_root_key_and_nothing_else(hasty: Live, door: Door) -> None:
    fresh = door.call("GetAccountAuthorizationDetails").body.partition(b"<ResponseMetadata>")[0]
    door.call("CreateUser", {"UserName": "bob"})
    door.call("CreateAccountAlias", {"AccountAlias": "somewhere"})
    other = hasty.add_account("210987654321")
    assert door.call("GetUser", key=other).status == 200
    hasty.reset()
    assert door.call("GetAccountAuthorizationDetails", key=ROOT).body.partition(b"<ResponseMetadata>")[0] == fresh
    assert b"<AccountAliases/>" in door.call("ListAccountAliases").body
    door.call("GetUser", key=other).refused("InvalidClientTokenId", 403)


def test_metrics_have_a_listener_of_their_own_or_are_public_when_asked() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with live(metrics=f"127.0.0.1:{port}") as server, closing(Door(server.endpoint)) as door:
        assert door.call("GetUser").status == 200
        with urlopen(f"http://127.0.0.1:{port}/metrics") as told:
            assert b'iamd_requests_total{code="OK",operation="GetUser",service="iam"}' in told.read()
        assert (
            heads(door.raw(plain("GET", "/_iamd/metrics", {"host": "x", "connection": "close"})))[0].split()[1]
            == b"404"
        )
    with live(metrics="public") as server, urlopen(f"{server.endpoint}/_iamd/metrics") as told:
        assert b"iamd_request_seconds_bucket" in told.read()
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        settings = load({"in_memory": True, "port": 0, "metrics": f"127.0.0.1:{port}"}, {})
        with pytest.raises(OSError, match=f"cannot listen for metrics on 127.0.0.1, port {port}: Address"):
            asyncio.run(serve(settings, lambda server, endpoint: None))


def test_only_memory_can_be_reset(tmp_path: Path) -> None:
    with live(in_memory=False, data_dir=tmp_path) as server, closing(Door(server.endpoint)) as door:
        received = door.raw(plain("POST", "/_iamd/reset", {"host": "x", "connection": "close", "content-length": "0"}))
        assert heads(received) == [b"HTTP/1.1 404 Not Found"]
