"""Signatures made by botocore hold; nothing else does."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.caller import sigv4
from iamd.wire.errors import AwsError, IncompleteSignature, RequestExpired, SignatureDoesNotMatch
from iamd.wire.http import HttpRequest
from tests.caller.peer import KEY_ID, NOW, SECRET, altered, check, sign

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

paths = st.text("abzAZ09-._~!$&'()*+,;=:@%/ü", max_size=30).map(lambda text: "/" + text)
pairs = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5)
queries = pairs.map(lambda all_: "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in all_))
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
headers = st.lists(
    st.tuples(st.sampled_from(["X-Amz-Meta", "Content-Type", "My-Header", "my-other"]), values), max_size=5
)


@settings(max_examples=100)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=paths,
    query=queries,
    headers=headers,
    body=st.binary(max_size=200),
    token=st.none() | st.just("FwoGZXIvYXdzEXAMPLE//token=="),
    service=st.sampled_from(["iam", "sts", "s3"]),
)
def test_what_botocore_signs_in_the_header_holds(
    method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes, token: str | None, service: str
) -> None:
    request = sign(method, f"{path}?{query}", headers, body, service=service, token=token)
    signature = check(request)
    assert (signature.access_key_id, signature.service, signature.token) == (KEY_ID, service, token)
    assert not signature.presigned


@given(path=paths, query=queries, token=st.none() | st.just("token+/="), service=st.sampled_from(["iam", "sts", "s3"]))
def test_what_botocore_presigns_holds(path: str, query: str, token: str | None, service: str) -> None:
    signature = check(sign("GET", f"{path}?{query}", body=b"", service=service, token=token, presigned=True))
    assert (signature.presigned, signature.expires, signature.token) == (True, 60, token)


def flips(text: bytes) -> list[bytes]:
    """The text with each of its bits turned, one at a time."""
    return [text[:at] + bytes([text[at] ^ (1 << bit)]) + text[at + 1 :] for at in range(len(text)) for bit in range(8)]


SIGNED = sign("POST", "/a/b?List=Users&Max=5", [("Content-Type", "text/plain")], b"Action=X", token="session")
PRESIGNED = sign("GET", "/a?Action=GetCallerIdentity&Version=2011-06-15", body=b"", service="sts", presigned=True)


@pytest.mark.parametrize("request_", [SIGNED, PRESIGNED], ids=["header", "presigned"])
def test_one_turned_bit_in_any_signed_part_is_refused(request_: HttpRequest) -> None:
    check(request_)
    variants = [altered(request_, path=path) for path in flips(request_.path)]
    # `%2f` for `%2F` is another spelling of the same query.
    meant = unquote_to_bytes(request_.query)
    variants += [altered(request_, query=query) for query in flips(request_.query) if unquote_to_bytes(query) != meant]
    variants += [altered(request_, body=body) for body in flips(request_.body or b"\0")]
    for name, value in request_.headers:
        variants += [altered(request_, headers={name: other}) for other in flips(value)]
    variants += [altered(request_, method=method.decode("latin-1")) for method in flips(request_.method.encode())]
    assert [variant for variant in variants if holds(variant)] == []


def holds(request: HttpRequest) -> bool:
    """Whether the request carries a signature of the right key that holds."""
    try:
        signature = sigv4.read(request)
        if signature is None or signature.access_key_id != KEY_ID:
            return False
        sigv4.verify(request, signature, SECRET, NOW)
    except AwsError:
        return False
    return True


@pytest.mark.parametrize(
    ("sent", "ok"),
    [
        ("/a/./b//c/../d", True),
        ("/a/b/d", True),
        ("/../a/b/d", True),
        ("/a/b/d/", False),
        ("/a/b%2Fd", False),
        ("/a%2Fb/d", False),
        ("/A/b/d", False),
    ],
)
def test_paths_that_normalise_to_the_same_are_the_same(sent: str, ok: bool) -> None:
    request = altered(sign("GET", "/a/b/d", body=b""), path=sent.encode())
    if ok:
        check(request)
    else:
        with pytest.raises(SignatureDoesNotMatch):
            check(request)


def test_paths_of_s3_are_object_keys_and_taken_as_sent() -> None:
    request = sign("GET", "/bucket//a/../b%20c", body=b"", service="s3")
    check(request)
    with pytest.raises(SignatureDoesNotMatch):
        check(altered(request, path=b"/bucket/b%20c"))


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        ("a=x%20y", "a=x+y"),
        ("a=%2F&b=", "b&a=/"),
        ("a=1&a=2", "a=2&a=1"),
        ("%7E=%2D&a=1", "~=-&a=1"),
        ("a-b=1&a=2", "&a=2&&a-b=1"),
        ("n=%C3%BC", "n=%c3%bc"),
    ],
)
def test_queries_that_mean_the_same_are_the_same(signed: str, sent: str) -> None:
    canonical = sign("GET", f"/?{signed.replace('%7E', '~').replace('%2D', '-')}", body=b"")
    check(altered(canonical, query=sent.encode()))


def test_a_plus_is_not_an_encoded_plus() -> None:
    request = sign("GET", "/?a=1%2B1", body=b"")
    with pytest.raises(SignatureDoesNotMatch):
        check(altered(request, query=b"a=1+1"))


def test_white_space_around_and_within_values_does_not_count() -> None:
    request = sign(headers=[("My-Header", "a b c")])
    check(altered(request, headers={b"my-header": b"  a \t b   c "}))


def test_an_absent_header_is_not_the_signed_one() -> None:
    with pytest.raises(SignatureDoesNotMatch):
        check(altered(sign(headers=[("My-Header", "a")]), headers={b"my-header": None}))


def test_the_date_header_serves_when_x_amz_date_is_absent() -> None:
    request = sign(headers=[("Date", format_datetime(NOW))])
    assert request.header(b"x-amz-date") is None
    assert check(request).timestamp == NOW


# The payload.


def test_a_claimed_payload_hash_must_be_that_of_the_body() -> None:
    right = "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"
    check(sign(headers=[("X-Amz-Content-SHA256", right)], body=b"2"))
    with pytest.raises(SignatureDoesNotMatch):
        check(sign(headers=[("X-Amz-Content-SHA256", right)], body=b"3"))


def test_an_unsigned_payload_is_taken_only_where_aws_takes_it() -> None:
    unsigned = [("X-Amz-Content-SHA256", sigv4.UNSIGNED)]
    for service in ("iam", "sts", "organizations"):
        with pytest.raises(SignatureDoesNotMatch):
            check(sign(headers=unsigned, service=service))
    request = sign(headers=unsigned, service="ebs", body=b"as signed")
    check(altered(request, body=b"anything"))
    check(altered(sign("PUT", "/bucket/key", body=b"", service="s3", presigned=True), body=b"anything"))


# Time.


def test_a_signature_lives_five_minutes_either_way() -> None:
    request = sign()
    check(request, NOW + 5 * MINUTE)
    check(request, NOW - 5 * MINUTE)
    with pytest.raises(SignatureDoesNotMatch) as late:
        check(request, NOW + 5 * MINUTE + SECOND)
    assert late.value.message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    )
    with pytest.raises(SignatureDoesNotMatch) as early:
        check(request, NOW - 5 * MINUTE - SECOND)
    assert early.value.message == (
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
    )


def test_s3_allows_fifteen_minutes() -> None:
    check(sign(service="s3"), NOW + 15 * MINUTE)
    with pytest.raises(SignatureDoesNotMatch, match=r"- 15 min\.\)"):
        check(sign(service="s3"), NOW + 16 * MINUTE)
    later = NOW + 10 * MINUTE
    check(sign(service="s3"), later)
    with pytest.raises(SignatureDoesNotMatch, match=r"- 5 min\.\)"):
        check(sign(), later)  # the same two moments


def test_a_presigned_request_lives_as_long_as_it_says() -> None:
    request = sign("GET", "/", body=b"", presigned=True, expires=3600)
    check(request, NOW + 60 * MINUTE)
    with pytest.raises(RequestExpired):
        check(request, NOW + 60 * MINUTE + SECOND)
    with pytest.raises(SignatureDoesNotMatch, match="not yet current"):
        check(request, NOW - 6 * MINUTE)


def test_a_presigned_request_without_a_lifetime_lives_as_long_as_any() -> None:
    query = b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fiam%2Faws4_request"
    query += b"&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
    with pytest.raises(SignatureDoesNotMatch, match="Signature expired"):
        check(HttpRequest("GET", b"/", query, [(b"host", b"x")], b""), NOW + 6 * MINUTE)


@pytest.mark.parametrize(
    ("expires", "message"),
    [
        (0, "at least 1"),
        (-1, "a number"),
        (604_801, "less than a week"),
        (10**30, "less than a week"),
        ("x", "a number"),
        ("²", "a number"),
    ],
)
def test_a_lifetime_out_of_bounds_is_refused(expires: int, message: str) -> None:
    with pytest.raises(IncompleteSignature, match=message):
        check(sign("GET", "/", body=b"", presigned=True, expires=expires))


def test_a_week_is_the_longest_lifetime() -> None:
    check(sign("GET", "/", body=b"", presigned=True, expires=604_800), NOW + timedelta(days=7))


# Secrets stay out of sight.


def test_a_signature_shows_neither_token_nor_itself() -> None:
    signature = check(sign(token="tokentoken"))
    assert "tokentoken" not in repr(signature)
    assert signature.signature not in repr(signature)
