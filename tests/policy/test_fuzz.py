"""Whatever text is given, a document is read or refused: nothing but MalformedPolicy escapes."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iamd.cli.evaluate import run
from iamd.policy import Attached, Kind, Layers, MalformedPolicy, Principal, Request, decide, load, parse, size
from tests.effort import examples

WORDS = [
    "Version", "2012-10-17", "2008-10-17", "Statement", "Sid", "Effect", "Allow", "Deny", "Action", "NotAction",
    "Resource", "NotResource", "Principal", "NotPrincipal", "Condition", "AWS", "Service", "*", "s3:*", "arn:aws:s3:::*",
    "${aws:username", "${*}", "StringLike", "ForAllValues:ArnLike", "Null", "DateLessThan", "IpAddress", "", ":", "\x00",
]  # fmt: skip
words = st.sampled_from(WORDS) | st.text(max_size=4)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Action": words | st.lists(words, max_size=2),
        "NotAction": words,
        "Resource": words | st.lists(words, max_size=2),
        "Principal": words | st.dictionaries(words, words | st.lists(words, max_size=2), max_size=2),
        "Condition": st.dictionaries(words, st.dictionaries(words, trees, max_size=2), max_size=2),
    },
)
documents = st.fixed_dictionaries({"Version": words, "Statement": statements | st.lists(statements, max_size=2)})
WHO = Principal.from_text("arn:aws:iam::111122223333:user/alice")


def read(text: str, kind: Kind) -> None:
    size(text)
    with contextlib.suppress(MalformedPolicy):
        parse(text, kind)
    with contextlib.suppress(MalformedPolicy):
        attached = Attached("p", load(text, kind))
        decide(Request(WHO, "s3:GetObject", "arn:aws:s3:::b"), Layers(identity=(attached,), resource=attached))


@given(st.text(), st.sampled_from(Kind))
def test_any_text(text: str, kind: Kind) -> None:
    read(text, kind)


@given(st.text(alphabet='{}[]",:\\u0eE+-.19trufalsn \n\t\x00\ud800'), st.sampled_from(Kind))
def test_any_run_of_json_tokens(text: str, kind: Kind) -> None:
    read(text, kind)


@examples(200)
@given(trees | documents, st.sampled_from(Kind))
def test_any_json(tree: Any, kind: Kind) -> None:
    read(json.dumps(tree), kind)


@given(st.lists(st.text() | trees.map(json.dumps), max_size=3))
def test_every_line_is_answered(lines: list[str]) -> None:
    out = io.StringIO()
    lines = [line.replace("\n", " ") for line in lines]
    assert run(lines, out) == 0
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(answers) == sum(1 for line in lines if line.strip())
    assert all("error" in answer for answer in answers)
