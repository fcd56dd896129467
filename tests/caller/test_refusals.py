"""Malformed signatures: AWS's words for each, and nothing but those words for anything at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.caller import sigv4
from iamd.wire.errors import AwsError, IncompleteSignature, SignatureDoesNotMatch
from iamd.wire.http import HttpRequest
from tests.caller.peer import KEY_ID, NOW, SECRET, altered, check, sign

SCOPE = "20150830/us-east-1/iam/aws4_request"
CREDENTIAL = f"Credential={KEY_ID}/{SCOPE}"
HEADERS = "SignedHeaders=host;x-amz-date"
SIGNATURE = f"Signature={'0' * 64}"


def request(authorization: str | None, *headers: tuple[bytes, bytes], query: bytes = b"") -> HttpRequest:
    """A request with that Authorization header and, when no other headers are given, a good date."""
    sent = [(b"host", b"iamd"), *(headers or [(b"x-amz-date", b"20150830T123600Z")])]
    if authorization is not None:
        sent.append((b"authorization", authorization.encode("latin-1")))
    return HttpRequest("POST", b"/", query, sent, b"")


def refusal(request_: HttpRequest) -> AwsError:
    with pytest.raises(AwsError) as caught:
        sigv4.read(request_)
    return caught.value


@pytest.mark.parametrize(
    ("authorization", "code", "message"),
    [
        (
            "AWS4-HMAC-SHA256",
            "IncompleteSignature",
            (
                "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
                "parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256 and encoded "
                "with Base64) Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="
            ),
        ),
        (
            f"AWS4-HMAC-SHA256 {CREDENTIAL}, {HEADERS}, Signature=",
            "IncompleteSignature",
            (
                "Authorization header requires 'Signature' parameter. (Hashed with SHA-256 and encoded with Base64) "
                "Authorization="
            ),
        ),
        (
            "Bearer eyJhbGciOi",
            "IncompleteSignature",
            (
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded "
                "with Base64): '"
            ),
        ),
        (
            f"AWS4-HMAC-SHA256 Credential= {KEY_ID}/{SCOPE}, {HEADERS}, {SIGNATURE}",
            "IncompleteSignature",
            "Invalid key=value pair (missing equal-sign) in Authorization header",
        ),
        (
            f"AWS4-HMAC-SHA256 {CREDENTIAL}, {CREDENTIAL}, {HEADERS}, {SIGNATURE}",
            "IncompleteSignature",
            "Authorization header requires 'Credential' parameter only once.",
        ),
        (
            f"AWS4-HMAC-SHA256 Credential={KEY_ID}, {HEADERS}, {SIGNATURE}",
            "IncompleteSignature",
            (
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
                "'AKIDEXAMPLE'"
            ),
        ),
        (
            f"AWS4-HMAC-SHA256 Credential=/{SCOPE}, {HEADERS}, {SIGNATURE}",
            "IncompleteSignature",
            "Credential must have exactly 5 slash-delimited elements",
        ),
        (
            f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20150831/us-east-1/iam/aws4_request, {HEADERS}, {SIGNATURE}",
            "SignatureDoesNotMatch",
            (
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150831' != "
                "'20150830', from '20150830T123600Z'."
            ),
        ),
        (
            f"AWS4-HMAC-SHA256 Credential={KEY_ID}/b//iam/e, {HEADERS}, {SIGNATURE}",
            "SignatureDoesNotMatch",
            (
                "Credential should be scoped to a valid region, not ''. Credential should be scoped with a valid "
                "terminator: 'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                "version of date from HTTP: 'b' != '20150830', from '20150830T123600Z'."
            ),
        ),
        (
            f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20150830/us-east-1//aws4_request, {HEADERS}, {SIGNATURE}",
            "SignatureDoesNotMatch",
            "Credential should be scoped to a valid service.",
        ),
        (
            f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=x-amz-date, {SIGNATURE}",
            "SignatureDoesNotMatch",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host, {SIGNATURE}",
            "SignatureDoesNotMatch",
            "'x-amz-date' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        ("AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo", "IncompleteSignature", "Unsupported AWS 'algorithm': 'AWS' "),
        ("AWS4-ECDSA-P256-SHA256 Credential=x", "IncompleteSignature", "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P"),
        ("", "IncompleteSignature", "Invalid key=value pair"),
    ],
)
def test_a_malformed_header_is_named_in_awss_words(authorization: str, code: str, message: str) -> None:
    error = refusal(request(authorization))
    assert error.code == code
    assert error.message.startswith(message)


def test_no_refusal_repeats_the_header() -> None:
    for authorization in ("Bearer hunter2", "AWS4-HMAC-SHA256 hunter2", "AWS4-HMAC-SHA256 Password=hunter2"):
        assert "hunter2" not in refusal(request(authorization)).message


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("separator", [", ", ",", " ", " ,  "])
def test_the_parts_may_come_in_any_order_and_with_any_separator(order: tuple[int, ...], separator: str) -> None:
    signed = sign()
    scheme, rest = (signed.header(b"authorization") or "").split(" ", 1)
    parts = rest.split(", ")
    value = f"{scheme} {separator.join(parts[index] for index in order)}"
    check(altered(signed, headers={b"authorization": value.encode()}))


@pytest.mark.parametrize("date", [b"", b"2015-08-30T12:36:00Z", b"20150230T123600Z", b"20150830T123600", b"\xb2" * 16])
def test_a_date_that_is_none_is_refused(date: bytes) -> None:
    error = refusal(request(f"AWS4-HMAC-SHA256 {CREDENTIAL}, {HEADERS}, {SIGNATURE}", (b"x-amz-date", date)))
    assert isinstance(error, IncompleteSignature)
    assert error.message.startswith("Date must be in ISO-8601 'basic format'. Got '")


@pytest.mark.parametrize(
    "date", [b"", b"tomorrow", b"Sun, 99 Aug 2015 12:36:00 GMT", b"Sun, 30 Aug 99999999 0:0:0 GMT"]
)
def test_a_date_header_that_is_none_is_refused(date: bytes) -> None:
    error = refusal(request(f"AWS4-HMAC-SHA256 {CREDENTIAL}, {HEADERS}, {SIGNATURE}", (b"date", date)))
    assert error.message.startswith("Date must be in ISO-8601 'basic format'. Got '")


def test_without_any_date_both_headers_are_asked_for() -> None:
    wanted = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    for authorization in ("AWS4-HMAC-SHA256 A=b", f"AWS4-HMAC-SHA256 {CREDENTIAL}, {HEADERS}, {SIGNATURE}"):
        assert wanted in refusal(request(authorization, (b"accept", b"*/*"))).message


def test_every_missing_query_parameter_is_named() -> None:
    error = refusal(request(None, query=b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date="))
    assert isinstance(error, IncompleteSignature)
    assert error.message == (
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include "
        "'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string "
        "parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."
    )


def test_a_repeated_query_parameter_is_refused() -> None:
    signed = sign("GET", "/", body=b"", presigned=True)
    twice = altered(signed, query=signed.query + b"&X%2DAmz-Expires=604800")
    assert "'X-Amz-Expires' only once" in refusal(twice).message


def test_another_algorithm_in_the_query_is_refused() -> None:
    signed = sign("GET", "/", body=b"", presigned=True)
    other = altered(signed, query=signed.query.replace(b"AWS4-HMAC-SHA256", b"AWS4-ECDSA-P256-SHA256"))
    assert refusal(other).message.startswith("Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'")


def test_signature_version_2_is_refused() -> None:
    error = refusal(
        request(None, query=b"AWSAccessKeyId=AKID&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=x")
    )
    assert error.message == (
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    )


def test_two_signatures_are_one_too_many() -> None:
    signed = sign("GET", "/", body=b"", presigned=True)
    both = altered(signed, headers={b"authorization": b"AWS4-HMAC-SHA256 " + CREDENTIAL.encode()})
    assert refusal(both).message.startswith("Only one auth mechanism allowed")


def test_a_request_without_credentials_carries_no_signature() -> None:
    assert sigv4.read(request(None)) is None
    assert sigv4.read(request(None, query=b"Action=GetUser&Version=2010-05-08")) is None


def test_names_that_flood_the_cache_of_signing_keys_are_refused() -> None:
    credential = f"Credential={KEY_ID}/20150830/{'r' * 65}/iam/aws4_request"
    error = refusal(request(f"AWS4-HMAC-SHA256 {credential}, {HEADERS}, {SIGNATURE}"))
    assert error.message.startswith("Credential should be scoped to a valid region")


def test_a_signature_that_is_no_text_of_ours_does_not_match() -> None:
    for signature in ("ü" * 64, "0" * 64, "x", "0" * 65):
        with pytest.raises(SignatureDoesNotMatch, match="Consult the service documentation"):
            check(request(f"AWS4-HMAC-SHA256 {CREDENTIAL}, {HEADERS}, Signature={signature}"))


pieces = st.sampled_from(
    [
        *(
            "AWS4-HMAC-SHA256",
            " ",
            ",",
            "=",
            "/",
            ";",
            "&",
            "%",
            "%2F",
            "+",
            "Credential=",
            "SignedHeaders=",
            "Signature=",
        ),
        *(CREDENTIAL, HEADERS, SIGNATURE, KEY_ID, SCOPE, "20150830T123600Z", "X-Amz-Algorithm=", "X-Amz-Credential="),
        *(
            "X-Amz-Date=",
            "X-Amz-SignedHeaders=",
            "X-Amz-Signature=",
            "X-Amz-Expires=",
            "host",
            "\x00",
            "Sun, 30 Aug 2015",
        ),
    ]
)
noise = st.lists(pieces | st.text(st.characters(max_codepoint=0xFF), max_size=6), max_size=12).map(
    lambda parts: "".join(parts).encode("latin-1")
)
names = st.sampled_from([b"authorization", b"x-amz-date", b"date", b"host", b"x-amz-security-token", b"x-amz-other"])


@settings(max_examples=400)
@given(headers=st.lists(st.tuples(names, noise), max_size=6), query=noise, path=noise, body=noise)
def test_whatever_comes_only_awss_errors_escape(
    headers: list[tuple[bytes, bytes]], query: bytes, path: bytes, body: bytes
) -> None:
    foreign = HttpRequest("POST", path, query, headers, body)
    refused = None
    try:
        signature = sigv4.read(foreign)
        if signature is not None:
            sigv4.verify(foreign, signature, SECRET, NOW)
            pytest.fail("noise holds")
    except AwsError as error:
        refused = error.message
    assert refused is None or (refused.isprintable() and len(refused) < 1000)
