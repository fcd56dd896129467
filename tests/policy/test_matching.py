"""Patterns, variables and typed values, each against something simpler."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.policy import values
from iamd.policy.arns import account_of, resource_pattern, split
from iamd.policy.patterns import Pattern, mark, matches, units
from iamd.policy.variables import Template, keys, read
from tests.effort import examples

TEXT = st.text(alphabet="ab*?\U0001f600\n", max_size=12)


def naive(pattern: str, value: str) -> bool:
    parts = [".*" if char == "*" else "." if char == "?" else re.escape(units(char)) for char in pattern]
    return re.fullmatch("".join(parts), units(value), re.DOTALL) is not None


@examples(1000)
@given(TEXT, TEXT)
def test_a_pattern_matches_as_the_naive_expression_does(pattern: str, value: str) -> None:
    assert Pattern(mark(pattern)).matches(value) is naive(pattern, value)
    assert matches(mark(pattern), value) is naive(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("*a??b*", "xaccbx", True),
        ("*a??b*", "xacbx", False),
        ("*a?b?c*", "xa1b2cx", True),
        ("*a?b?c*", "xa1b2d", False),
        ("*a?c*", "xabcx", True),
        ("*a?c*", "cyc", False),
        ("*a?c*", "ac", False),
        ("*a?*a?*", "abab", True),
        ("*a?*a?*", "aba", False),
        ("*ab?ab*", "abcabdabab", True),
        ("?*?", "a", False),
        ("?*?", "ab", True),
        ("a?*b*?c", "axbxc", True),
        ("a?*b*?c", "axxc", False),
        ("a?*b*?c", "bxbxc", False),
        ("?bc*", "b", False),
        ("*bc?", "c", False),
        ("*bc*", "bcx", True),
        ("*b*c*", "bcx", True),
        ("*b?*c*", "bxcx", True),
    ],
)
def test_holes_beside_stars(pattern: str, value: str, expected: bool) -> None:
    assert Pattern(mark(pattern)).matches(value) is naive(pattern, value) is expected


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("a*bc*cd", "axbcd"),
        ("ab*bc*d", "abcxd"),
        ("ab*ba*ab", "abxab"),
        ("a*bc*cd*e", "axbcde"),
        ("a*bc*d*de", "abcxde"),
        ("ab*b*c*d", "abcxd"),
        ("a*b?*?d", "axbcd"),
        ("a?*?c*d", "abcxd"),
        ("a*a", "a"),
    ],
)
def test_parts_of_a_pattern_share_no_letters(pattern: str, value: str) -> None:
    assert not Pattern(mark(pattern)).matches(value)
    assert not naive(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [("a*" * 500 + "b", "a" * 4000), ("*?a?" * 300 + "b", "aa" * 2000), ("*?a?" * 300 + "*b?*", "aa" * 2000)],
)
def test_hostile_patterns_cost_little(pattern: str, value: str) -> None:
    started = time.process_time()
    assert not Pattern(mark(pattern)).matches(value)
    assert time.process_time() - started < 1


ARNS = st.lists(st.text(alphabet="ab:\U0001f600", max_size=3), min_size=6, max_size=7).map(":".join)
PATTERNS = st.lists(st.text(alphabet="ab*?\U0001f600", max_size=3), min_size=6, max_size=7).map(":".join)


def spanning(pattern: str) -> str:
    """The expression of a Resource pattern: in the first five fields only a `*` at a field's end crosses a colon."""
    fields = pattern.split(":", 5)
    made = []
    for at, field in enumerate(fields):
        for place, char in enumerate(field):
            free = at == 5 or (char == "*" and place == len(field) - 1)
            wild = {"*": ".*", "?": "."} if free else {"*": "[^:]*", "?": "[^:]"}
            made.append(wild.get(char, re.escape(units(char))))
        made.append(":")
    return "".join(made[:-1])


@examples(1000)
@given(PATTERNS, ARNS)
def test_a_resource_pattern_matches_as_the_documented_expression_does(pattern: str, arn: str) -> None:
    expected = re.fullmatch(spanning(pattern), units(arn), re.DOTALL) is not None
    assert resource_pattern(mark(pattern)).matches(arn) is expected


@pytest.mark.parametrize("pattern", ["arn:?*" + "*a" * 300 + ":*:*::x", "arn:" + "a*" * 300 + ":*:*::" + "*?" * 300])
def test_hostile_resource_patterns_cost_little(pattern: str) -> None:
    started = time.process_time()
    assert not resource_pattern(mark(pattern)).matches("arn:" + "a:" * 3000)
    assert time.process_time() - started < 1


def test_a_question_mark_is_one_utf_16_code_unit() -> None:
    assert matches(mark("??"), "\U0001f600")
    assert not matches(mark("?"), "\U0001f600")
    assert matches(mark("?"), "\u03a9")


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("${aws:username}", {"aws:username": "alice"}, "alice"),
        ("${AWS:UserName}!", {"aws:username": "alice"}, "alice!"),
        ("a${k, 'b'}c", {}, "abc"),
        ("a${k,'b'}c", {"k": "x"}, "axc"),
        ("a${k, 'b'}c", {"k": ("x",)}, None),
        ("a${k, 'b'}c", {"k": ()}, "abc"),
        ("${k}", {}, None),
        ("${k}", {"k": ("x",)}, None),
        ("${k}", {"k": "\x01"}, None),
        ("${k, b}", {}, None),
    ],
)
def test_variables_are_filled(text: str, context: dict[str, str | tuple[str, ...]], expected: str | None) -> None:
    template = read(text, wild=False)
    assert isinstance(template, Template)
    assert template.fill(context, []) == expected


def test_literals_and_broken_variables_are_text() -> None:
    assert read("${*}${?}${$}", wild=True) == "*?$"
    assert read("*${*", wild=True) == mark("*${*")


def test_the_keys_of_variables_are_told_as_spelled() -> None:
    assert keys("a/${aws:UserName}/${*}/${aws:PrincipalTag/x, 'y'}/${open") == ["aws:UserName", "aws:PrincipalTag/x"]


@examples(300)
@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_agree_with_the_standard_library(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    expected = round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    assert values.instant(moment.isoformat()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1767225600", 1767225600_000),
        ("1767225600.5", 1767225600_500),
        ("2026-01-01", 1767225600_000),
        ("2026-01", 1767225600_000),
        ("2026", 1767225600_000),
        ("20260", 20260_000),
        ("2026-01-01T00:00:00.0019Z", 1767225600_001),
        ("2026-01-01T01:30+0130", 1767225600_000),
        ("2025-12-31T22:30:00-01:30", 1767225600_000),
        ("2025-12-31T22:00-02", 1767225600_000),
        ("2026-01-01T00:59+00:59", 1767225600_000),
        ("2026-01-01T10:20+10:20", 1767225600_000),
        ("2026-01-01T00:00z", 1767225600_000),
        ("2026-01-01T00:00+00:60", None),
        ("2026-01-01T00:00:00+24:00", None),
        ("2026-02-32", None),
        ("2026-01-01T24:00", None),
        ("-292275055", None),
        ("2026-01-01 00:00:00", None),
        ("\u0661", None),
        ("", None),
        ("9223372036854775808", None),
        ("9" * 600, None),
    ],
)
def test_instants(text: str, expected: int | None) -> None:
    assert values.instant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", Decimal(10)), ("-1.50", Decimal("-1.5")), ("1e3", Decimal(1000)), ("NaN", None), ("1_0", None), ("", None)],
)
def test_numbers(text: str, expected: Decimal | None) -> None:
    assert values.number(text) == expected


@pytest.mark.parametrize(
    ("network", "address", "expected"),
    [
        ("10.1.2.3/8", "10.200.0.1", True),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("2001:db8::/32", "2001:DB8:0::1", True),
        ("2001:db8::1/32", "2001:db8::1", False),
        ("192.0.2.7", "192.0.2.7", True),
    ],
)
def test_networks(network: str, address: str, expected: bool) -> None:
    range_, found = values.network(network), values.address(address)
    assert range_ is not None
    assert found is not None
    assert range_.holds(found) is expected


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0", "010.0.0.1", "fe80::1%eth0", ""])
def test_what_is_no_network(text: str) -> None:
    assert values.network(text) is None


def test_arns() -> None:
    assert split("arn:aws:s3:::b:c") == ["arn", "aws", "s3", "", "", "b:c"]
    assert split("arn:aws:s3:::") == ["arn", "aws", "s3", "", "", ""]
    assert split("urn:aws:s3:::b") is None
    assert split("arn:aws:s3::b") is None
    assert account_of("arn:aws:sqs:eu-west-1:111122223333:q") == "111122223333"
    assert account_of("arn:aws:iam::aws:policy/x") is None
