"""Forms with a file, however they come in, and the policies that sign them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.gateway import forms, post_policies
from iamd.wire.errors import AccessDenied, AwsError
from iamd.wire.s3_errors import IncompleteBody, InvalidPolicyDocument, MalformedPOSTRequest
from tests.effort import examples

_TYPE = "multipart/form-data; boundary=limit"
_NAMES = st.text("abcdefgh-", min_size=1, max_size=8).filter(lambda name: name != "file")
_FIELDS = st.dictionaries(_NAMES, st.text(st.characters(codec="utf-8"), max_size=30), max_size=5)
_BYTES = st.binary(max_size=200) | st.lists(st.sampled_from([b"\r", b"\n", b"-", b"limi", b"t"]), max_size=40).map(
    b"".join
)


def made(fields: dict[str, str], file: bytes, boundary: bytes = b"limit", behind: bytes = b"--\r\n") -> bytes:
    """A form as browsers write it."""
    head = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="'
    parts = [head + name.encode() + b'"\r\n\r\n' + value.encode() + b"\r\n" for name, value in fields.items()]
    last = head + b'file"; filename="f"\r\nContent-Type: text/plain\r\n\r\n' + file
    return b"".join(parts) + last + b"\r\n--" + boundary + behind


async def _read(body: bytes, cuts: list[int]) -> tuple[forms.Form, bytes]:
    ends = sorted({cut % (len(body) + 1) for cut in cuts} | {len(body)})

    async def pieces() -> AsyncIterator[bytes]:
        for start, end in zip([0, *ends], ends, strict=False):
            yield body[start:end]

    form = await forms.read(_TYPE, pieces())
    return form, b"".join([piece async for piece in form.file()])


@examples(80)
@given(_FIELDS, _BYTES, st.lists(st.integers(0, 2000), max_size=12))
def test_however_it_is_cut_a_form_says_the_same(fields: dict[str, str], file: bytes, cuts: list[int]) -> None:
    if b"\r\n--limit" in file or any("\r\n--limit" in value for value in fields.values()):
        return
    body = made(fields, file)
    form, found = asyncio.run(_read(body, cuts))
    assert (form.fields, found, form.file_name) == (fields, file, "f")
    assert form.consumed + len(file) + form.end == len(body)


@examples(80)
@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=8))
def test_nonsense_is_refused_and_nothing_else_happens(body: bytes, cuts: list[int]) -> None:
    with pytest.raises(AwsError):
        asyncio.run(_read(b"--limit\r\n" + body, cuts))


@pytest.mark.parametrize("length", [3, 5, 20, 60, 100])
def test_a_form_that_ends_early_is_incomplete(length: int) -> None:
    with pytest.raises((IncompleteBody, MalformedPOSTRequest)):
        asyncio.run(_read(made({"a": "b"}, b"hello")[:-length], []))


NOW = datetime(2026, 11, 22, tzinfo=UTC)


def policy(*conditions: Any, expiration: str = "2026-11-22T00:00:01.000Z") -> str:
    """A policy as its field has it."""
    document = {"expiration": expiration, "conditions": list(conditions)}
    return base64.b64encode(json.dumps(document).encode()).decode()


@pytest.mark.parametrize(
    ("condition", "fields", "met"),
    [
        ({"acl": "private"}, {"acl": "private"}, True),
        ({"acl": "private"}, {"acl": "Private"}, False),
        (["eq", "$acl", "private"], {"acl": "private"}, True),
        (["EQ", "$ACL", "private"], {"acl": "private"}, True),
        (["starts-with", "$key", "up/"], {"key": "up/a"}, True),
        (["starts-with", "$key", "up/"], {"key": "u"}, False),
        (["starts-with", "$key", ""], {"key": "anything"}, True),
        (["starts-with", "$content-type", "image/"], {"content-type": "image/png,image/gif"}, True),
        (["starts-with", "$content-type", "image/"], {"content-type": "image/png,text/html"}, False),
        (["starts-with", "$key", "a"], {"key": "a,b"}, True),
        (["eq", "$key", "a"], {}, False),
        ({"bucket": "mine"}, {"bucket": "mine"}, True),
        (["content-length-range", 1, 2], {}, True),
        (["starts-with", "$x-amz-meta-a", "b"], {"x-amz-meta-a": "b", "x-ignore-me": "c", "policy": "d"}, True),
        (["eq", "$key", "a"], {"key": "a", "acl": "private"}, False),
    ],
)
def test_conditions_are_met_as_documented(condition: Any, fields: dict[str, str], met: bool) -> None:
    read = post_policies.read(policy(condition))
    if met:
        read.require(fields, NOW)
    else:
        with pytest.raises(AccessDenied, match="Invalid according to Policy"):
            read.require(fields, NOW)


@pytest.mark.parametrize("expiration", ["2026-11-22T00:00:00Z", "2025-01-01T00:00:00.000Z"])
def test_an_expired_policy_allows_nothing(expiration: str) -> None:
    with pytest.raises(AccessDenied, match="Policy expired"):
        post_policies.read(policy(expiration=expiration)).require({}, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "no base 64",
        base64.b64encode(b"no JSON").decode(),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"expiration": "2027-01-01T00:00:00Z"}').decode(),
        policy(expiration="tomorrow"),
        policy(expiration="2026-13-01T00:00:00Z"),
        policy("x"),
        policy({}),
        policy({"acl": 1}),
        policy(["like", "$key", "a"]),
        policy(["eq", "key", "a"]),
        policy(["eq", "$key"]),
        policy(["content-length-range", 1]),
        policy(["content-length-range", -1, 5]),
        policy(["content-length-range", "x", 5]),
    ],
)
def test_a_policy_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidPolicyDocument):
        post_policies.read(text)


def test_the_narrowest_range_counts() -> None:
    read = post_policies.read(policy(["content-length-range", 1, 10], ["content-length-range", "5", "20"]))
    assert (read.smallest, read.largest) == (5, 10)
