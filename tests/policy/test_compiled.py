"""What a compiled policy costs, and what it keeps of its document."""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.policy import Kind, MalformedPolicy, Policy, canonical_context, load, request, statement
from iamd.policy.document import Document
from iamd.policy.parse import quick_document, read_document
from tests.effort import examples
from tests.policy.test_fuzz import documents, trees
from tests.spec import generate


def text(number: int) -> str:
    """An everyday policy, unlike those of other numbers."""
    bucket = f"arn:aws:s3:::team-{number}"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": f"{bucket}-data/*"},
                {
                    "Sid": "Write",
                    "Effect": "Allow",
                    "Action": ["s3:PutObject", "s3:DeleteObject"],
                    "Resource": [f"{bucket}-data/in/*", f"{bucket}-scratch/*"],
                    "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}},
                },
                {
                    "Sid": "Guard",
                    "Effect": "Deny",
                    "Action": "s3:Delete*",
                    "Resource": f"arn:aws:s3:::*-prod-{number}/*",
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
                },
            ],
        }
    )


COUNTED = 600  # policies, more than a cache of the engine holds statements


def forget_shared() -> None:
    """Leave what policies themselves hold: what is kept for the next ones that say the same is bounded."""
    for memo in (statement._actions, statement._checks, statement._principals):
        memo.clear()
    gc.collect()


def taken(texts: list[str], kind: Kind) -> float:
    """The memory that more policies take, by the characters of their texts: all that was made for them, and the texts'
    own objects.

    Most are loaded ahead, so that the engine's caches are full of others' statements and hold no more when the rest,
    which is counted, is there.
    """
    ahead = len(texts) - COUNTED
    tracemalloc.start()
    try:
        kept = [Policy(quick_document(each, kind), lean=True) for each in texts[:ahead]]
        forget_shared()
        before, _ = tracemalloc.get_traced_memory()
        kept += [Policy(quick_document(each, kind), lean=True) for each in texts[ahead:]]
        forget_shared()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    counted = texts[ahead:]
    return (after - before + sum(map(sys.getsizeof, counted))) / sum(map(len, counted))


def test_a_compiled_policy_takes_at_most_three_times_its_text_the_text_included() -> None:
    assert taken([text(number) for number in range(3 * COUNTED)], Kind.IDENTITY) <= 3


BUCKET = "arn:aws:s3:::{}"
BOTH = {"Action": ["s3:Get*", "s3:List*"], "Resource": [BUCKET, BUCKET + "/*"]}


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        (Kind.IDENTITY, {"Action": "*", "Resource": BUCKET + "*"}),
        (Kind.IDENTITY, {"Action": "s3:GetObject", "Resource": BUCKET + "/key"}),
        (Kind.IDENTITY, BOTH),
        (Kind.IDENTITY, {**BOTH, "Resource": [BUCKET + "/*", "arn:aws:s3:::a-{}/*"]}),
        (Kind.IDENTITY, {**BOTH, "Resource": [BUCKET, "arn:aws:s3:::a-{}"]}),
        (Kind.IDENTITY, {**BOTH, "Resource": [BUCKET, "arn:aws:s3:::a-{}/*"]}),
        (Kind.IDENTITY, {"Action": "s3:Get*", "Resource": "arn:aws:s3:::*-prod-{}/*"}),
        (Kind.IDENTITY, {"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/t": "{}"}}}),
        (Kind.TRUST, {"Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::{}:root"}}),
        (Kind.TRUST, {"Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}, "Sid": "{}"}),
    ],
)
@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
def test_a_lone_statement_takes_less_than_four_times_its_text(
    kind: Kind, elements: dict[str, Any], separators: tuple[str, str]
) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **elements}]}
    written = json.dumps(document, separators=separators)
    texts = [written.replace("{}", str(100_000_000_000 + number)) for number in range(3 * COUNTED)]
    # Once of a few times: what other tests have left behind may be allocated meanwhile.
    assert any(taken(texts, kind) < 4 for _ in range(5))


def placeless(document: Document) -> Any:
    return (
        document.version,
        document.id,
        [
            (s.index, s.sid, s.allow, s.principals, s.actions, s.not_action, s.resources, s.not_resource, s.conditions)
            for s in document.statements
        ],
    )


def read(reader: Callable[[str, Kind], Document], written: str, kind: Kind) -> Any:
    try:
        return placeless(reader(written, kind))
    except MalformedPolicy as error:
        return error.problems


def agree(written: str, kind: Kind) -> None:
    assert read(quick_document, written, kind) == read(read_document, written, kind)


@examples(200)
@given(trees | documents, st.sampled_from(Kind), st.sampled_from([None, 1]))
def test_the_quick_reading_agrees_with_the_careful_one(tree: Any, kind: Kind, indent: int | None) -> None:
    agree(json.dumps(tree, indent=indent), kind)


@given(generate.document() | generate.document(principals=True), st.sampled_from(Kind))
def test_both_readings_agree_on_documents(tree: Any, kind: Kind) -> None:
    agree(json.dumps(tree), kind)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "[]",
        "NaN",
        '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"\\u0041*"}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"k":[1,2.50,-0,1e3]}}}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"k":[[1]]}}}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"k":-Infinity}}}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"a\tb"}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"\u0100"}}',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}} x',
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":[]}}',
        '\ufeff{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
        '{"Statement":' + "[" * 100_000,
        '{"Statement":{"Effect":"Allow","Action":"*","Resource":' + "[" * 30 + "]" * 30 + "}}",
    ],
)
def test_both_readings_agree_on_odd_texts(written: str) -> None:
    agree(written, Kind.IDENTITY)


def test_a_policy_gives_its_document_back_with_its_places() -> None:
    written = json.dumps(json.loads(text(1)), indent=2)
    policy = load(written, Kind.IDENTITY)
    assert policy.document == read_document(written, Kind.IDENTITY)
    assert [statement.start.line for statement in policy.document.statements] == [3, 12, 32]
    document = read_document(written, Kind.IDENTITY)
    assert Policy(document).document is document


def test_contexts_are_made_canonical() -> None:
    spelled = {"aws:PrincipalTag/Team": "A", "aws:TagKeys": ["B", "c"], "AWS:username": "x", "\u0391\u03a3": ("y",)}
    expected = {"aws:principaltag/team": "A", "aws:tagkeys": ("B", "c"), "aws:username": "x", "\u03b1\u03c2": ("y",)}
    assert canonical_context(spelled) == expected
    assert canonical_context(spelled) == expected  # now from memory
    assert canonical_context(MappingProxyType(spelled)) == expected


def test_few_keys_are_remembered_and_none_that_are_long() -> None:
    long = "K" * 1000
    for number in range(5000):
        assert canonical_context({f"Key/{number}": "v"}) == {f"key/{number}": "v"}
        assert canonical_context({f"{long}{number}": "v"}) == {f"{long}{number}".lower(): "v"}
    assert len(request._keys) <= 4096
    assert max(map(len, request._keys)) < 1000
