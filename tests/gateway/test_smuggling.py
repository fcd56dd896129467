"""Requests that are two, or none: whatever a client sends, nothing reaches the upstream that was not decided on."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.caller import sigv4
from iamd.wire.http import HttpRequest
from tests.effort import examples
from tests.gateway.test_forwarding import Upstream, alice, upstream
from tests.live import Live, live

__all__ = ["alice", "upstream"]

_numbers = itertools.count()
HIDDEN = b"GET /bucket/no/hidden HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def gateway(upstream: Upstream) -> Iterator[Live]:
    with live(
        upstream={"s3": upstream.url}, upstream_credentials="s3=UPSTREAMKEY:secret", request_timeout=0.7
    ) as server:
        yield server


def head(
    gateway: Live, key: dict[str, str], *more: bytes, method: str = "PUT", target: bytes = b"/bucket/ok/a"
) -> bytes:
    """The head of a request for an object below `ok`, signed without its body, with further lines as they are."""
    host = gateway.endpoint.removeprefix("http://")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    listed = [(b"host", host.encode()), (b"x-amz-content-sha256", b"UNSIGNED-PAYLOAD"), (b"x-amz-date", stamp.encode())]
    names, scope = [name for name, _ in listed], (stamp[:8], "us-east-1", "s3")
    request = HttpRequest(method, target, b"", listed, b"")
    signature = sigv4.sign(request, names, key["SecretAccessKey"], scope, stamp, "UNSIGNED-PAYLOAD")
    credential = f"{key['AccessKeyId']}/{'/'.join(scope)}/aws4_request"
    signed = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={b';'.join(names).decode()}, Signature={signature}"
    )
    lines = [name + b": " + value for name, value in (*listed, (b"authorization", signed.encode()))]
    return b"\r\n".join([method.encode() + b" " + target + b" HTTP/1.1", *lines, *more, b"", b""])


def exchange(gateway: Live, data: bytes, *, ends: bool = True) -> bytes:
    """What comes back until the server closes the connection, or has nothing more to say."""
    host, _, port = gateway.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(data)
        if ends:
            sock.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while piece := sock.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
        return got


def forwarded(upstream: Upstream) -> list[bytes]:
    """The request lines that reached the upstream."""
    return [line for line, _, _ in upstream.seen]


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ([b"content-length: 5", b"transfer-encoding: chunked"], b"0\r\n\r\n" + HIDDEN),
        ([b"transfer-encoding: chunked", b"content-length: 5"], b"0\r\n\r\n" + HIDDEN),
        ([b"content-length: 5", b"content-length: 48"], b"hello" + HIDDEN),
        ([b"content-length: 5, 48"], b"hello" + HIDDEN),
        ([b"content-length: +5"], b"hello" + HIDDEN),
        ([b"content-length: 0x5"], b"hello" + HIDDEN),
        ([b"content-length: -5"], b"hello" + HIDDEN),
        ([b"transfer-encoding: xchunked"], b"0\r\n\r\n" + HIDDEN),
        ([b"transfer-encoding: chunked, identity"], b"0\r\n\r\n" + HIDDEN),
        ([b"transfer-encoding: chunked", b"transfer-encoding: identity"], b"0\r\n\r\n" + HIDDEN),
        ([b"transfer-encoding : chunked"], b"0\r\n\r\n" + HIDDEN),
        ([b"content-length: 5", b" folded: x"], b"hello" + HIDDEN),
        ([b"content_length: 5"], b""),
        ([b"x-amz-meta-a: b\rcontent-length: 5"], b""),
        ([b"x-amz-meta-\x00a: b"], b""),
    ],
)
def test_a_length_has_one_reading(
    gateway: Live, upstream: Upstream, alice: dict[str, str], lines: list[bytes], body: bytes
) -> None:
    upstream.seen.clear()
    got = exchange(gateway, head(gateway, alice, b"connection: close", *lines) + body, ends=False)
    assert not got.startswith(b"HTTP/1.1 2")
    assert not forwarded(upstream)


def test_what_follows_a_request_is_one_of_its_own(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    got = exchange(gateway, head(gateway, alice, b"content-length: 5") + b"hello" + HIDDEN, ends=False)
    first, _, second = got.partition(b"HTTP/1.1 4")
    assert first.startswith(b"HTTP/1.1 200 OK")
    assert second
    assert forwarded(upstream) == [b"PUT /bucket/ok/a HTTP/1.1\r\n"]
    assert upstream.seen[0][2] == b"hello"


def test_a_chunked_body_ends_where_it_says(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    body = b"5\r\nhello\r\n0\r\n\r\n"
    exchange(gateway, head(gateway, alice, b"transfer-encoding: chunked") + body + HIDDEN, ends=False)
    assert [seen[2] for seen in upstream.seen] == [b"hello"]
    upstream.seen.clear()
    for wrong in (
        b"5;\nhello\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nhello",
    ):
        exchange(gateway, head(gateway, alice, b"transfer-encoding: chunked") + wrong, ends=False)
    assert not upstream.seen


def test_a_target_with_a_host_is_answered_by_its_path(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    signed = head(gateway, alice, b"connection: close", method="GET", target=b"/bucket/ok/a")
    got = exchange(gateway, signed.replace(b"GET /bucket", b"GET http://evil.example/bucket", 1), ends=False)
    assert forwarded(upstream) in ([], [b"GET /bucket/ok/a HTTP/1.1\r\n"])
    assert b"evil" not in b"".join(value for _, headers, _ in upstream.seen for value in headers.values())
    assert got.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    "line", [b"connection: upgrade\r\nupgrade: websocket", b"connection: upgrade, http2-settings\r\nupgrade: h2c"]
)
def test_nobody_switches_protocols(gateway: Live, upstream: Upstream, alice: dict[str, str], line: bytes) -> None:
    target = b"/bucket/ok/%d" % next(_numbers)
    got = exchange(gateway, head(gateway, alice, line, method="GET", target=target) + HIDDEN)
    assert not got.startswith(b"HTTP/1.1 101")
    assert not [line for line in forwarded(upstream) if b"hidden" in line]
    assert not [name for _, headers, _ in upstream.seen for name in headers if name in (b"upgrade", b"connection")]


def test_a_header_that_was_decided_on_is_not_the_connections(
    gateway: Live, upstream: Upstream, alice: dict[str, str]
) -> None:
    """A policy may ask for `s3:if-none-match`: an upstream that does not get it would replace the object."""
    upstream.seen.clear()
    lines = (b"if-none-match: *", b"content-length: 2", b"connection: close, If-None-Match")
    got = exchange(gateway, head(gateway, alice, *lines) + b"ok", ends=False)
    assert got.startswith(b"HTTP/1.1 400 ")
    assert not upstream.seen


@pytest.mark.parametrize("ends", [True, False])
def test_a_body_that_stops_never_becomes_an_object(
    gateway: Live, upstream: Upstream, alice: dict[str, str], ends: bool
) -> None:
    upstream.seen.clear()
    exchange(gateway, head(gateway, alice, b"content-length: 100") + b"half", ends=ends)
    exchange(gateway, head(gateway, alice, b"transfer-encoding: chunked") + b"5\r\nhello\r\n", ends=ends)
    exchange(gateway, head(gateway, alice)[:-20], ends=ends)
    assert not upstream.seen


@examples(30)
@given(st.lists(st.sampled_from([b"content-length: 5", b"content-length: 3", b"transfer-encoding: chunked", b"transfer-encoding: gzip, chunked", b"expect: 100-continue", b"connection: close", b"connection: content-length", b"te: trailers", b"trailer: x-amz-meta-b"]), max_size=4), st.sampled_from([b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"0\r\n\r\n"]))  # fmt: skip
def test_however_a_body_is_framed_nothing_else_arrives(
    gateway: Live, upstream: Upstream, alice: dict[str, str], lines: list[bytes], body: bytes
) -> None:
    target = b"/bucket/ok/%d" % next(_numbers)  # what is late counts for its own example
    exchange(gateway, head(gateway, alice, *lines, target=target) + body + HIDDEN)
    assert not [line for line in forwarded(upstream) if b"hidden" in line]
    mine = [seen for seen in upstream.seen if target in seen[0].split()]
    assert len(mine) <= 1
    for _, headers, received in mine:
        assert headers.keys().isdisjoint({b"te", b"trailer", b"expect", b"connection"})
        assert received in (b"hello", b"hel", b"", (body + HIDDEN)[:5], (body + HIDDEN)[:3])
