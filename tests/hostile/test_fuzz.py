"""Anything at all, over HTTP: never a failure of the server."""

from __future__ import annotations

import http.client
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamd.services.catalogue import APIS
from tests.hostile.door import FORM, VERSIONS, Door
from tests.live import ROOT_KEY, Live

FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

QUERY_APIS = [api for api in APIS.values() if api.model.protocol == "query"]
ACTIONS = sorted(name for api in QUERY_APIS for name in api.operations)
NAMES = sorted({member.name for api in QUERY_APIS for op in api.operations.values() for member in op.model.inputs})

word = st.sampled_from(
    [*NAMES, "Action", "Version", "member", "entry", "key", "value", "Key", "Value", "1", "01", "2", "0"]
)
path = st.lists(word | st.text(max_size=3), min_size=1, max_size=5).map(".".join)
text = st.text(max_size=12) | st.sampled_from(
    ["true", "1", "%", "+", "&", "=", "arn:aws:iam::aws:policy/X", "{}", "[]"]
)
pairs = st.lists(st.tuples(path, text), max_size=8)


def form(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass")


bodies = st.one_of(st.binary(max_size=300), pairs.map(form))


@FUZZ
@given(action=st.sampled_from(ACTIONS), rest=bodies)
def test_forms(door: Door, action: str, rest: bytes) -> None:
    service = "sts" if action in APIS["sts"].operations else "iam"
    body = f"Action={action}&Version={VERSIONS[service]}&".encode() + rest
    assert door.post(body, service=service).status < 500


@FUZZ
@given(body=st.binary(max_size=2000), kind=st.sampled_from([FORM, FORM + "; charset=utf-16", "text/xml", ""]))
def test_bodies(door: Door, body: bytes, kind: str) -> None:
    assert door.post(body, headers={"content-type": kind}).status < 500


visible = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
parts = st.sampled_from(
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA512",
        f"Credential={ROOT_KEY}/20261122/us-east-1/iam/aws4_request",
        f"Credential={ROOT_KEY}/20261122//iam/aws4_request/",
        "Credential=",
        "SignedHeaders=host;x-amz-date",
        "SignedHeaders=",
        "SignedHeaders=;;;",
        f"Signature={'0' * 64}",
        "Signature=\xff",
        ",",
        " ",
        "=",
    ]
)


@FUZZ
@given(
    authorization=visible | st.lists(parts | visible, max_size=8).map(" ".join),
    date=visible | st.sampled_from(["20261122T000000Z", "Sun, 22 Nov 2026 00:00:00 GMT", "00000000T000000Z"]),
    token=st.none() | visible,
)
def test_signatures(server: Live, authorization: str, date: str, token: str | None) -> None:
    headers = {"Host": "iamd", "Authorization": authorization, "X-Amz-Date": date}
    if token is not None:
        headers["X-Amz-Security-Token"] = token
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"), timeout=20)
    try:
        connection.putrequest("POST", "/", skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders()
        assert 400 <= connection.getresponse().status < 500
    finally:
        connection.close()


@FUZZ
@given(
    start=st.binary(max_size=80) | st.sampled_from([b"POST / HTTP/1.1\r\n", b"GET /_iamd/health HTTP/1.1\r\n"]),
    rest=st.lists(
        st.binary(max_size=40)
        | st.sampled_from(
            [b"\r\n", b"Host: x\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n"]
        ),
        max_size=10,
    ),
)
def test_bytes(door: Door, start: bytes, rest: list[bytes]) -> None:
    with suppress(ConnectionError):  # the server may close while it is still being sent to
        received = door.raw(start + b"".join(rest), finish=True)
        assert b"HTTP/1.1 5" not in received


@FUZZ
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "X-Amz-Algorithm",
                    "X-Amz-Credential",
                    "X-Amz-Date",
                    "X-Amz-Expires",
                    "X-Amz-SignedHeaders",
                    "X-Amz-Signature",
                    "X-Amz-Security-Token",
                    "Action",
                ]
            ),
            st.binary(max_size=20),
        ),
        max_size=9,
    )
)
def test_presigned(door: Door, query: list[tuple[str, bytes]]) -> None:
    target = "/?" + "&".join(f"{name}={''.join(f'%{byte:02x}' for byte in value)}" for name, value in query)
    assert 400 <= door.send("GET", target, {}).status < 500
