"""Heads to upstreams: what is remembered of earlier requests never gets into another's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.caller import sigv4
from iamd.gateway import heads
from iamd.gateway.heads import answer_headers, head_of, passed_headers
from iamd.gateway.origins import Origin
from iamd.gateway.outbound import Headers, Outbound
from iamd.gateway.upstreams import ANYONE, BY_HEADER, BY_KEY, Credentials, Upstream
from iamd.wire.gateway_errors import Ambiguous
from iamd.wire.http import HttpRequest
from iamd.wire.model import read

KEYS = Credentials("AKIAUPSTREAM", "its secret")
UPSTREAMS = [
    Upstream(Origin(f"http://{host}:1"), keys, told)
    for host, keys, told in (("a", ANYONE, ""), ("b", KEYS, ""), ("a", ANYONE, BY_HEADER), ("a", ANYONE, BY_KEY))
]
TIMES = [datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (1, 2)] + [datetime(2026, 11, 23, tzinfo=UTC)]
VALUES = st.binary(max_size=8).filter(lambda value: not set(value) & set(b"\r\n\0"))
SENT = st.tuples(
    st.sampled_from(UPSTREAMS),
    st.sampled_from(TIMES),
    st.sampled_from(["GET", "PUT"]),
    st.sampled_from([b"", b"a=b"]),
    st.lists(st.tuples(st.sampled_from([b"range", b"x-amz-acl", b"content-type"]), VALUES), max_size=3),
    st.sampled_from([None, 0, 3]),
    st.tuples(st.sampled_from(["us-east-1", "eu-west-1"]), st.sampled_from(["s3", "sqs"])),
    st.sampled_from(["111122223333", "444455556666"]),
)


def plainly(upstream: Upstream, now: datetime, outbound: Outbound) -> bytes:
    """The head, line by line."""
    stamp, (region, service) = now.strftime("%Y%m%dT%H%M%SZ"), outbound.scope
    headers: Headers = [(b"host", upstream.origin.authority), *outbound.headers, (b"x-amz-date", stamp.encode())]
    headers += [(b"x-amz-content-sha256", outbound.payload_hash.encode())] * (service == "s3")
    headers += [(b"x-moto-account-id", outbound.account_id.encode())] * (upstream.told == BY_HEADER)
    names = sorted(name for name, _ in headers if name.startswith((b"host", b"content-type", b"x-amz-")))
    key_id = outbound.account_id if upstream.told == BY_KEY else upstream.credentials.access_key_id
    scope, made = (stamp[:8], region, service), "0" * 64
    if upstream.credentials is not ANYONE:
        request = HttpRequest(outbound.method, outbound.path, outbound.query, headers, b"")
        made = sigv4.sign(request, names, KEYS.secret_access_key, scope, stamp, outbound.payload_hash)
    credential, signed = "/".join((key_id, *scope, "aws4_request")), b";".join(names).decode()
    told = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={made}"
    headers.append((b"authorization", told.encode()))
    if outbound.length is None:
        headers.append((b"transfer-encoding", b"chunked"))
    elif outbound.length or outbound.method == "PUT":
        headers.append((b"content-length", b"%d" % outbound.length))
    target = outbound.path + (b"?" + outbound.query if outbound.query else b"")
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (outbound.method.encode(), target, lines)


@given(st.lists(SENT, min_size=2, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_head_says_what_its_own_request_says(all_sent: list[tuple[Upstream, datetime, str, bytes, Headers, int | None, tuple[str, str], str]]) -> None:  # fmt: skip
    for upstream, now, method, query, headers, length, scope, account_id in all_sent:
        outbound = Outbound(method, b"/b/k", query, headers, b"", length, "UNSIGNED-PAYLOAD", scope, account_id)
        assert head_of(upstream, outbound, now) == plainly(upstream, now, outbound)


@pytest.mark.parametrize("breaking", [b"a\rb", b"a\nb", b"a\0b"])
@pytest.mark.parametrize("part", ["path", "query", "value", "name", "region"])
def test_nothing_breaks_a_line(breaking: bytes, part: str) -> None:
    path, query = (breaking if part == each else b"/k" for each in ("path", "query"))
    header = breaking if part == "name" else b"range", breaking if part == "value" else b"x"
    region = breaking.decode() if part == "region" else "us-east-1"
    outbound = Outbound("GET", path, query, [header], b"", 0, "UNSIGNED-PAYLOAD", (region, "s3"), "111122223333")
    for _ in range(2):  # it is not remembered as good either
        with pytest.raises(Ambiguous):
            head_of(UPSTREAMS[0], outbound, TIMES[0])


def test_headers_are_passed_on_by_what_the_operation_knows() -> None:
    operations = read("s3").operations
    sent = [
        (b"host", b"h"),
        (b"x-own", b"1"),
        (b"range", b"2"),
        (b"te", b"3"),
        (b"authorization", b"4"),
        (b"range", b"5"),
    ]
    for name in ("GetObject", "PutObject", "GetObject"):
        passed = passed_headers(HttpRequest("GET", b"/", b"", sent, b""), operations[name])
        assert passed == [(b"range", b"2"), (b"range", b"5")]
    for named, passes in ((b"close, te", 2), (b"Range", None), (b"x, x-own", 2)):
        request = HttpRequest("GET", b"/", b"", [*sent, (b"connection", named)], b"")
        if passes is None:  # what counted in the decision is not left out
            with pytest.raises(Ambiguous):
                passed_headers(request, operations["GetObject"])
        else:
            assert len(passed_headers(request, operations["GetObject"])) == passes
    vault = read("glacier").operations["UploadArchive"]
    own = [(b"x-amz-glacier-version", b"1"), (b"x-amz-sha256-tree-hash", b"2"), (b"x-other", b"3")]
    assert passed_headers(HttpRequest("POST", b"/", b"", own, b""), vault) == own[:2]


def test_an_answer_keeps_what_is_not_the_connections() -> None:
    told = [(b"content-length", b"2"), (b"etag", b"e"), (b"x-own", b"1"), (b"connection", b"X-Own, content-length")]
    assert answer_headers([*told, (b"keep-alive", b"x")], has_body=False) == told[:2]
    assert answer_headers(told, has_body=True) == told[1:2]


def test_long_lists_of_names_are_not_remembered() -> None:
    operation = read("s3").operations["GetObject"]
    for number in range(2):
        sent: Headers = [(b"x-amz-meta-%d-%d" % (number, at), b"v") for at in range(300)]
        assert passed_headers(HttpRequest("GET", b"/", b"", sent, b""), operation) == sent
        outbound = Outbound("GET", b"/b/k", b"", sent, b"", 0, "UNSIGNED-PAYLOAD", ("us-east-1", "s3"), "111122223333")
        assert head_of(UPSTREAMS[1], outbound, TIMES[0]) == plainly(UPSTREAMS[1], TIMES[0], outbound)
    assert not [place for place in heads._forms if len(place[-1]) >= 300]
    assert not [place for place in heads._passing if len(place[-1]) >= 300]


def test_an_answer_to_a_browser_is_a_page_of_nobodys() -> None:
    told = [
        (b"set-cookie", b"iamd-sign-in=planted"),
        (b"clear-site-data", b'"cookies"'),
        (b"content-type", b"text/html"),
    ]
    kept = [(b"content-type", b"text/html"), (b"content-security-policy", b"sandbox")]
    assert heads.for_browsers(told) == kept
    assert heads.for_browsers([(b"content-security-policy", b"sandbox allow-same-origin")])[-1] == kept[-1]
