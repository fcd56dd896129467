"""Random documents and requests from small alphabets, so that they often meet."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from iamd.policy import Document, Kind, Principal, PrincipalKind, Request
from iamd.policy.parse import read_document

ACTIONS = ("s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "s3:ListBucket", "ec2:RunInstances", "iam:GetUser")
_PATTERNS = (*ACTIONS, "s3:Get*", "s3:*Object", "s3:*", "*", "s3:?etObject*", "*:Get*", "i*:*", "S3:getobject", "ec2:*")
RESOURCES = (
    *("*", "arn:aws:s3:::a", "arn:aws:s3:::a/x", "arn:aws:s3:::ab/x", "arn:aws:s3:::b/bob/x", "arn:aws:s3:::b/b*b/x"),
    *("arn:aws:ec2:eu-west-1:1:instance/i", "arn:aws:iam::1:user/bob", "arn:aws:s3:x:y:a:b"),
)
_RESOURCE_PATTERNS = (
    *RESOURCES[1:5],
    *("*", "arn:aws:s3:::a*", "arn:aws:s3:::*", "arn:aws:s3:::?/*", "arn:aws:s3:::*x", "arn:*", "arn:aws:s3*"),
    *("arn:aws:s3:*:*:a*", "arn:*:s3:::a/*", "arn:aws:*:eu-*:1:*", "arn:aws:s3:::b/${aws:username}/*"),
    *("arn:aws:s3:::${aws:username, 'a'}/*", "arn:aws:iam::1:user/${aws:username}", "arn:aws:s3:::b/b${*}b/*"),
)
TEXTS = (
    "bob",
    "Bob",
    "b*b",
    "",
    "a",
    "b",
    "arn:aws:iam::1:user/bob",
    "arn:aws:s3:::a/x",
    "true",
    "TRUE",
    "5",
    "10.0.0.1",
)
_STRING_OPERANDS = ("bob", "BOB", "b*", "*", "?", "b?b", "a", "", "${aws:username}", "true", "5", "${aws:x, 'bob'}")
_ARN_OPERANDS = (
    "arn:aws:iam::1:user/*",
    "arn:aws:*:::a/*",
    "*",
    "arn:*:*:*:*:*x",
    "arn:aws:iam::1:user/${aws:username}",
)
NUMBERS = ("5", "6", "5.5", "-1", "1e1", "word", "")
DATES = ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "1577836800", "2020-06-01", "word")
ADDRESSES = ("10.0.0.1", "10.1.0.1", "11.0.0.1", "::1", "2001:db8::1", "::ffff:10.0.0.1", "word")
_NETWORKS = ("10.0.0.0/8", "10.0.0.0/16", "10.0.0.1/32", "::/0", "2001:db8::/32", "0.0.0.0/0", "10.0.0.0/9")
_STRINGS = (
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
)
_COMPARISONS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_VALUES: dict[str, tuple[str, ...]] = {
    "aws:username": TEXTS,
    "aws:PrincipalTag/t": TEXTS,
    "aws:SourceArn": TEXTS,
    "aws:MultiFactorAuthPresent": TEXTS,
    "s3:max-keys": NUMBERS,
    "aws:CurrentTime": DATES,
    "aws:SourceIp": ADDRESSES,
    "aws:TagKeys": TEXTS,
}


def _conditions() -> st.SearchStrategy[dict[str, dict[str, Any]]]:
    def one(operators: tuple[str, ...], key: str, operands: tuple[str, ...]) -> st.SearchStrategy[tuple[str, str, Any]]:
        return st.tuples(
            st.tuples(st.sampled_from(operators), st.sampled_from(("", "", "", "IfExists"))).map("".join),
            st.just(key),
            st.lists(st.sampled_from(operands), min_size=1, max_size=3),
        )

    sets = tuple(prefix + each for prefix in ("ForAllValues:", "ForAnyValue:") for each in _STRINGS)
    drawn = st.one_of(
        one(_STRINGS, "aws:username", _STRING_OPERANDS),
        one(_STRINGS, "aws:PrincipalTag/t", _STRING_OPERANDS),
        one(sets, "aws:TagKeys", _STRING_OPERANDS),
        one(_STRINGS, "aws:TagKeys", _STRING_OPERANDS),
        one(("ArnLike", "ArnNotLike", "ArnEquals"), "aws:SourceArn", _ARN_OPERANDS),
        one(("Bool",), "aws:MultiFactorAuthPresent", ("true", "false")),
        one(tuple("Numeric" + each for each in _COMPARISONS), "s3:max-keys", ("5", "6", "10", "5.25")),
        one(tuple("Date" + each for each in _COMPARISONS), "aws:CurrentTime", DATES[:4]),
        one(("IpAddress", "NotIpAddress"), "aws:SourceIp", _NETWORKS),
        st.tuples(st.just("Null"), st.sampled_from(tuple(_VALUES)), st.sampled_from(("true", "false"))),
    )

    def block(listed: list[tuple[str, str, Any]]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for operator, key, operands in listed:
            found.setdefault(operator, {})[key] = operands
        return found

    return st.lists(drawn, max_size=2).map(block)


def _statements(principals: bool) -> st.SearchStrategy[dict[str, Any]]:
    def listed(name: str, patterns: tuple[str, ...]) -> st.SearchStrategy[tuple[str, Any]]:
        return st.tuples(
            st.sampled_from((name, name, name, "Not" + name)),
            st.lists(st.sampled_from(patterns), min_size=1, max_size=2),
        )

    elements = [
        st.sampled_from(("Allow", "Allow", "Deny")).map(lambda effect: ("Effect", effect)),
        listed("Action", _PATTERNS),
        listed("Resource", _RESOURCE_PATTERNS),
        _conditions().map(lambda block: ("Condition", block)),
    ]
    if principals:
        elements.append(
            st.tuples(st.sampled_from(("Principal", "Principal", "NotPrincipal")), st.sampled_from(PRINCIPALS))
        )
    return st.tuples(*elements).map(dict)


PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": "*"},
    {"AWS": "111111111111"},
    {"AWS": ["arn:aws:iam::111111111111:user/bob", "arn:aws:iam::222222222222:root"]},
    {"AWS": "arn:aws:iam::111111111111:role/team/dev"},
    {
        "AWS": [
            "111111111111",
            "arn:aws:iam::111111111111:role/team/dev",
            "arn:aws:sts::111111111111:assumed-role/dev/ann",
        ]
    },
    {"Service": "lambda.amazonaws.com"},
    {
        "AWS": "AIDAAAAAAAAAAAAAAAAAA",
        "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
    },
)
CALLERS = (
    Principal.from_text("*"),
    Principal.from_text("arn:aws:iam::111111111111:user/bob"),
    Principal.from_text("arn:aws:iam::111111111111:user/eve", unique_id="AIDAAAAAAAAAAAAAAAAAA"),
    Principal.from_text("arn:aws:sts::111111111111:assumed-role/dev/ann", "arn:aws:iam::111111111111:role/team/dev"),
    Principal.from_text("arn:aws:sts::111111111111:assumed-role/dev/tim", "arn:aws:iam::111111111111:role/team/dev"),
    Principal.from_text("arn:aws:sts::111111111111:assumed-role/ops/ann"),
    Principal.from_text("arn:aws:iam::222222222222:user/x"),
    Principal.from_text("arn:aws:iam::333333333333:user/x"),
    Principal.from_text("service:lambda.amazonaws.com"),
)


def documents(kind: Kind = Kind.IDENTITY) -> st.SearchStrategy[Document]:
    """Documents of one to three statements."""

    def made(statements: list[dict[str, Any]]) -> Document:
        return read_document(json.dumps({"Version": "2012-10-17", "Statement": statements}), kind)

    return st.lists(_statements(kind is Kind.RESOURCE), min_size=1, max_size=3).map(made)


def requests(kind: Kind = Kind.IDENTITY) -> st.SearchStrategy[Request]:
    """Requests, which are likely to meet such documents."""

    def value(key: str, texts: tuple[str, ...]) -> st.SearchStrategy[Any]:
        one = st.sampled_from(texts)
        return st.one_of(one.filter(bool), st.lists(one, max_size=2).map(tuple)) if key == "aws:TagKeys" else one

    context = st.fixed_dictionaries({}, optional={key.lower(): value(key, texts) for key, texts in _VALUES.items()})
    callers = st.sampled_from(CALLERS if kind is Kind.RESOURCE else CALLERS[1:2])
    owner = "000000000000" if kind is Kind.RESOURCE else "111111111111"
    drawn = st.builds(Request, callers, st.sampled_from(ACTIONS), st.sampled_from(RESOURCES), st.just(owner), context)
    return drawn.map(_told_truly) if kind is Kind.RESOURCE else drawn


def _told_truly(request: Request) -> Request:
    """The name that a request has is its user's."""
    who = request.principal
    if request.context.pop("aws:username", None) is not None and who.kind is PrincipalKind.USER:
        request.context["aws:username"] = who.name
    return request
