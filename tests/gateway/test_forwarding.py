"""What is decided is what is forwarded, byte for byte; nothing else reaches an upstream."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import posixpath
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.audit.event import ApiEvent
from iamd.audit.stored import record_of
from iamd.caller import sigv4
from iamd.store.runs import runs
from iamd.store.waiting import Waiting
from iamd.wire.http import HttpRequest
from tests.live import Live, live

_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass
class Upstream:
    """A server that keeps what it got, and answers 200, but knows of no policies; `silent` never answers."""

    url: str = ""
    silent: bool = False
    seen: list[tuple[bytes, dict[bytes, bytes], bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    kept = Upstream()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                headers: dict[bytes, bytes] = {}
                while (header := self.rfile.readline()) not in (b"\r\n", b""):
                    name, _, value = header.partition(b":")
                    headers[name.strip().lower()] = value.strip()
                length = int(headers.get(b"content-length", b"0"))
                body = self.rfile.read(length) if b"transfer-encoding" not in headers else self._chunks()
                if body is None or len(body) < length:
                    return
                if b"?policy " in line:
                    self.wfile.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                    continue
                kept.seen.append((line, headers, body))
                if kept.silent:
                    return
                self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-moto: yes\r\n\r\nok")

        def _chunks(self) -> Any:
            body = b""
            while size := int(self.rfile.readline().strip() or b"-1", 16):
                if size < 0:
                    return None
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

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
    flags = {"upstream": ["s3=" + upstream.url, "dynamodb=http://127.0.0.1:9"], "upstream_timeout": 2}
    with live(**flags, upstream_credentials="s3=UPSTREAMKEY:upstreamsecret") as server:
        yield server


@pytest.fixture(scope="module")
def alice(gateway: Live) -> dict[str, str]:
    return user_of(gateway)


def user_of(gateway: Live) -> dict[str, str]:
    """A user that may read and write below `bucket/ok/`, and list the bucket."""
    iam = gateway.client("iam")
    iam.create_user(UserName="alice")
    allowed = {"Effect": "Allow", "Action": "s3:*Object", "Resource": "arn:aws:s3:::bucket/ok/*"}
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed, lists]})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    key: dict[str, str] = iam.create_access_key(UserName="alice")["AccessKey"]
    return key


def send(
    gateway: Live, key: dict[str, str], method: str, target: bytes, body: Any = b"", **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """Sign and send a request whose target is those very bytes. A body may be made from its signature and time."""
    host = gateway.endpoint.removeprefix("http://")
    named_host = headers.pop("host", host)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    claimed = headers.pop("claimed", "") or hashlib.sha256(body).hexdigest()
    all_headers = {"host": named_host, "x-amz-date": stamp, "x-amz-content-sha256": claimed}
    all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    path, _, query = target.partition(b"?")
    listed = [(name.encode(), value.encode()) for name, value in all_headers.items()]
    names = sorted(name for name, _ in listed if name == b"host" or name.startswith(b"x-amz-"))
    scope = (stamp[:8], "us-east-1", "s3")
    signature = sigv4.sign(
        HttpRequest(method, path, query, listed, b""), names, key["SecretAccessKey"], scope, stamp, claimed
    )
    credential = f"{key['AccessKeyId']}/{'/'.join(scope)}/aws4_request"
    signed = b";".join(names).decode()
    if callable(body):
        body = body(signature, stamp)
    all_headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"
    )
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.putrequest(method, "/", skip_host=True, skip_accept_encoding=True)
        connection._buffer[0] = b"%b %b HTTP/1.1" % (method.encode(), target)  # type: ignore[attr-defined]
        for name, value in all_headers.items():
            connection.putheader(name, value)
        if body or method == "PUT":
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


PARTS = st.sampled_from(
    ["ok", "no", "bucket", "..", ".", "", "%2e%2e", "%2E", "%2f", "%2F", "a%20b", "%C3%A9", "+", "%252e", "%00", "~", "%5c", ";", "a%3Fb", "%23"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_passes_is_what_was_decided(
    gateway: Live, upstream: Upstream, alice: dict[str, str], parts: list[str]
) -> None:
    target = b"/bucket/ok/" + "/".join(parts).encode()
    upstream.seen.clear()
    status, _, _ = send(gateway, alice, "GET", target)
    if status != 200:
        assert status in (400, 403)
        assert not upstream.seen
        return
    ((line, headers, _),) = upstream.seen
    assert line == b"GET " + target + b" HTTP/1.1\r\n"
    # However a server resolves it, it lies below what the policy allows.
    once = unquote(target.decode())
    for read in (target.decode(), once):
        assert posixpath.normpath(read).startswith("/bucket/ok")
    assert headers[b"host"].decode() == upstream.url.removeprefix("http://")


def test_the_upstream_gets_its_own_signature_and_no_foreign_headers(
    gateway: Live, upstream: Upstream, alice: dict[str, str]
) -> None:
    upstream.seen.clear()
    sent = {"x_moto_account_id": "999999999999", "x_amz_meta_a": "b", "content_type": "text/plain", "cookie": "a=b"}
    status, body, headers = send(gateway, alice, "PUT", b"/bucket/ok/x?x-id=PutObject", b"hello", **sent)
    assert (status, body, headers["x-moto"]) == (200, b"ok", "yes")
    ((line, got, received),) = upstream.seen
    assert line == b"PUT /bucket/ok/x?x-id=PutObject HTTP/1.1\r\n"
    assert received == b"hello"
    assert got[b"authorization"].startswith(b"AWS4-HMAC-SHA256 Credential=UPSTREAMKEY/")
    assert (got[b"x-amz-meta-a"], got[b"content-type"], got[b"content-length"]) == (b"b", b"text/plain", b"5")
    assert got.keys().isdisjoint({b"x-moto-account-id", b"cookie"})


def test_another_body_than_the_signed_one_never_arrives(
    gateway: Live, upstream: Upstream, alice: dict[str, str]
) -> None:
    upstream.seen.clear()
    for body in (b"other", b"x" * 500_000):
        status, answer, _ = send(
            gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=hashlib.sha256(b"hello").hexdigest()
        )
        assert (status, b"<Code>SignatureDoesNotMatch</Code>" in answer) == (403, True)
    assert not upstream.seen


def _chunked(body: bytes, trailer: bytes = b"") -> bytes:
    return b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, trailer)


def test_unsigned_chunks_come_with_their_trailers(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    body = _chunked(b"hello", b"x-amz-checksum-crc32:NhCmhg==\r\n")
    told = {
        "x_amz_decoded_content_length": "5",
        "x_amz_trailer": "x-amz-checksum-crc32",
        "content_encoding": "aws-chunked",
    }
    claimed = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert send(gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=claimed, **told)[0] == 200
    assert upstream.seen[0][2] == body
    upstream.seen.clear()
    assert send(gateway, alice, "PUT", b"/bucket/ok/x", body[:-9], claimed=claimed, **told)[0] == 400
    assert not upstream.seen


def test_a_chunk_without_its_signature_never_arrives(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    told = {"x_amz_decoded_content_length": "5", "content_encoding": "aws-chunked"}
    claimed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    wrong = b"5;chunk-signature=%b\r\nhello\r\n0;chunk-signature=%b\r\n\r\n" % (b"0" * 64, b"0" * 64)
    for body, expected in ((wrong, 403), (_chunked(b"hello"), 400)):
        assert send(gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=claimed, **told)[0] == expected
    assert not upstream.seen


def test_headers_that_say_a_thing_twice_are_refused(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    status, _, _ = send(
        gateway, alice, "GET", b"/bucket/ok/x", x_amz_copy_source="a/b", X_Amz_Copy_Source="bucket/ok/x"
    )
    assert status in (400, 403)
    assert not upstream.seen


def test_an_upstream_that_is_down_or_slow_is_told_of(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    with pytest.raises(Exception, match="cannot be reached") as caught:
        gateway.client("dynamodb").list_tables()
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"  # type: ignore[attr-defined]
    upstream.silent = True
    try:
        status, body, _ = send(gateway, alice, "PUT", b"/bucket/ok/x", b"x")
    finally:
        upstream.silent = False
    assert (status, b"<Code>BadGateway</Code>" in body) == (502, True)


def test_a_service_without_upstream_is_refused(gateway: Live) -> None:
    with pytest.raises(Exception, match="--upstream sqs=URL"):
        gateway.client("sqs").list_queues()


def test_calls_are_recorded(gateway: Live, alice: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[ApiEvent] = []
    waiting, store = Waiting(lambda: None, lambda: None), gateway.realm.store
    monkeypatch.setattr(type(store), "append_event", lambda store, event: whole.append(event))
    monkeypatch.setattr(store, "waiting", waiting)
    send(gateway, alice, "GET", b"/bucket/ok/x")
    send(gateway, alice, "GET", b"/bucket/no/x")
    [allowed] = [record_of(event) for run in runs(waiting.events, 0) for event in run.records()]
    [denied] = [event.record() for event in whole]
    assert (allowed["eventName"], allowed["eventSource"], "errorCode" in allowed) == (
        "GetObject",
        "s3.amazonaws.com",
        False,
    )
    assert allowed["requestParameters"] == {"bucket": "bucket", "key": "ok/x"}
    assert allowed["readOnly"] is True
    assert (denied["errorCode"], denied["requestParameters"]["key"]) == ("AccessDenied", "no/x")


def _signed_chunks(key: dict[str, str], chunks: list[bytes], trailer: bytes = b"", end: bytes = b"\r\n") -> Any:
    """A body in signed chunks, made by the rules of the page "Signature calculations ... (chunked upload)"."""

    def body(signature: str, stamp: str) -> bytes:
        scope = [stamp[:8], "us-east-1", "s3", "aws4_request"]
        signing = ("AWS4" + key["SecretAccessKey"]).encode()
        for part in scope:
            signing = hmac.digest(signing, part.encode(), "sha256")
        previous, made = signature, b""

        def sign(what: str, *told: str) -> str:
            text = "\n".join([f"AWS4-HMAC-SHA256-{what}", stamp, "/".join(scope), previous, *told])
            return hmac.digest(signing, text.encode(), "sha256").hex()

        for chunk in (*chunks, b""):
            previous = sign("PAYLOAD", _EMPTY, hashlib.sha256(chunk).hexdigest())
            made += b"%x;chunk-signature=%b\r\n%b" % (len(chunk), previous.encode(), chunk)
            made += b"\r\n" if chunk else b""
        if not trailer:
            return made + b"\r\n"
        previous = sign("TRAILER", hashlib.sha256(trailer + b"\n").hexdigest())
        return made + trailer + end + b"x-amz-trailer-signature:" + previous.encode() + b"\r\n\r\n"

    return body


def test_signed_chunks_arrive_without_their_coding(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    told = {"x_amz_decoded_content_length": "8", "content_encoding": "aws-chunked,gzip"}
    body = _signed_chunks(alice, [b"hello", b"abc"])
    claimed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    assert send(gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=claimed, **told)[0] == 200
    ((_, headers, received),) = upstream.seen
    assert (received, headers[b"content-length"], headers[b"content-encoding"]) == (b"helloabc", b"8", b"gzip")
    assert headers[b"x-amz-content-sha256"] == b"UNSIGNED-PAYLOAD"


def test_signed_trailers_are_verified_and_passed_on(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    told = {
        "x_amz_decoded_content_length": "5",
        "x_amz_trailer": "x-amz-checksum-crc32",
        "content_encoding": "aws-chunked",
    }
    body = _signed_chunks(alice, [b"hello"], b"x-amz-checksum-crc32:NhCmhg==")
    claimed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    assert send(gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=claimed, **told)[0] == 200
    assert upstream.seen[0][2] == _chunked(b"hello", b"x-amz-checksum-crc32:NhCmhg==\r\n")
    upstream.seen.clear()

    def forged(signature: str, stamp: str) -> bytes:
        made: bytes = body(signature, stamp)
        return made.replace(b"NhCmhg==", b"AAAAAA==")

    assert send(gateway, alice, "PUT", b"/bucket/ok/x", forged, claimed=claimed, **told)[0] == 403
    assert not upstream.seen


@pytest.mark.parametrize("signs", [True, False])
def test_a_trailer_may_end_with_a_newline_more(
    gateway: Live, upstream: Upstream, alice: dict[str, str], signs: bool
) -> None:
    """As the page of S3 on signed trailers shows it, and as MinIO's client for Go sends it."""
    upstream.seen.clear()
    trailer = b"x-amz-checksum-crc32:NhCmhg=="
    told = {"x_amz_decoded_content_length": "5", "x_amz_trailer": "x-amz-checksum-crc32"}
    claimed, body = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", _chunked(b"hello", trailer + b"\n\r\n")
    if signs:
        claimed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
        body = _signed_chunks(alice, [b"hello"], trailer, b"\n\r\n")
    assert send(gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=claimed, **told)[0] == 200
    assert [seen[2] for seen in upstream.seen] == [_chunked(b"hello", trailer + b"\r\n")]


@pytest.mark.parametrize(
    ("announced", "trailers", "code"),
    [
        ("x-amz-checksum-crc32", b"x-amz-acl:public-read\r\n", b"MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"x-amz-checksum-crc32:NhCmhg==\r\nx-amz-acl:public-read\r\n", b"MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"x-amz-checksum-crc32:NhCmhg==\r\nx-amz-checksum-crc32:AAAAAA==\r\n", b"MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"x-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:00\r\n", b"MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"x-amz-checksum-sha1:qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n", b"MalformedTrailerError"),
        ("x-amz-checksum-crc32", b"", b"MalformedTrailerError"),
        ("", b"x-amz-checksum-crc32:NhCmhg==\r\n", b"MalformedTrailerError"),
        ("x-amz-acl", b"x-amz-acl:public-read\r\n", b"InvalidRequest"),
        ("x-amz-checksum-type", b"x-amz-checksum-type:COMPOSITE\r\n", b"InvalidRequest"),
    ],
)  # fmt: skip
def test_only_the_checksums_that_are_announced_follow_a_body(
    gateway: Live, upstream: Upstream, alice: dict[str, str], announced: str, trailers: bytes, code: bytes
) -> None:
    upstream.seen.clear()
    told = {"x_amz_decoded_content_length": "5", "content_encoding": "aws-chunked"}
    told |= {"x_amz_trailer": announced} if announced else {}
    claimed = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    status, answer, _ = send(
        gateway, alice, "PUT", b"/bucket/ok/x", _chunked(b"hello", trailers), claimed=claimed, **told
    )
    assert (status, b"<Code>%b</Code>" % code in answer) == (400, True)
    assert not upstream.seen


def test_a_body_without_announced_trailers_needs_none(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    told = {"x_amz_decoded_content_length": "5", "content_encoding": "aws-chunked"}
    claimed = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    body = _chunked(b"hello")
    assert send(gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=claimed, **told)[0] == 200
    assert [seen[2] for seen in upstream.seen] == [body]


def test_a_signed_trailer_that_was_not_announced_never_arrives(
    gateway: Live, upstream: Upstream, alice: dict[str, str]
) -> None:
    upstream.seen.clear()
    told = {"x_amz_decoded_content_length": "5", "x_amz_trailer": "x-amz-checksum-crc32"}
    body = _signed_chunks(alice, [b"hello"], b"x-amz-acl:public-read")
    claimed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    status, answer, _ = send(gateway, alice, "PUT", b"/bucket/ok/x", body, claimed=claimed, **told)
    assert (status, b"MalformedTrailerError" in answer, upstream.seen) == (400, True, [])


def test_a_bucket_in_the_host_is_passed_on_in_the_path(
    gateway: Live, upstream: Upstream, alice: dict[str, str]
) -> None:
    upstream.seen.clear()
    host = "bucket.s3.us-east-1.amazonaws.com"
    assert send(gateway, alice, "GET", b"/ok/a%20b", host=host)[0] == 200
    assert send(gateway, alice, "GET", b"/no/a", host=host)[0] == 403
    assert [line for line, _, _ in upstream.seen] == [b"GET /bucket/ok/a%20b HTTP/1.1\r\n"]


def _unsigned(gateway: Live, method: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(gateway.endpoint.removeprefix("http://"), timeout=10)
    connection.request(method, "/bucket", body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    told = answer.status, answer.read()
    connection.close()
    return told


def test_signature_version_4a_is_refused(gateway: Live, upstream: Upstream, alice: dict[str, str]) -> None:
    upstream.seen.clear()
    credential = f"{alice['AccessKeyId']}/20261122/s3/aws4_request"
    signed = f"AWS4-ECDSA-P256-SHA256 Credential={credential}, SignedHeaders=host, Signature=00"
    status, told = _unsigned(gateway, "GET", b"", authorization=signed, x_amz_region_set="*")
    assert (status // 100, b"<Error>" in told) == (4, True)
    assert not upstream.seen
