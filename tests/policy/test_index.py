"""Finding among many patterns and statements gives what trying each of them gives."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamd.cli.evaluate import run
from iamd.policy import Attached, Kind, Layers, Principal, Request, decide, load
from iamd.policy.anyof import any_of
from iamd.policy.index import FEW, Beginnings, Index
from iamd.policy.patterns import Pattern, mark
from tests.effort import examples
from tests.spec import generate

WORDS = st.lists(st.sampled_from(["a", "b", "/", "*", "?", "bucket", "-prod-", "secrets", "\U0001f600"]), max_size=5)
PATTERNS = st.lists(WORDS.map("".join).map(mark), min_size=1, max_size=3 * FEW)
VALUES = st.lists(st.sampled_from(["a", "b", "/", "bucket", "-prod-", "secrets", "\U0001f600"]), max_size=6).map(
    "".join
)
WHO = Principal.from_text("arn:aws:iam::111122223333:user/alice")


@examples(300)
@given(PATTERNS, VALUES)
def test_an_index_leaves_out_nothing_that_matches(patterns: list[str], value: str) -> None:
    near = Index([text] for text in patterns).near(value)
    assert near == sorted(set(near))
    assert {at for at, text in enumerate(patterns) if Pattern(text).matches(value)} <= set(near)


@examples(300)
@given(st.lists(st.lists(WORDS.map("".join).map(mark), max_size=3) | st.none(), max_size=9), VALUES)
def test_a_place_is_found_by_each_of_its_patterns(places: list[list[str] | None], value: str) -> None:
    near = set(Index(places).near(value))
    for at, patterns in enumerate(places):
        if patterns is None or any(Pattern(text).matches(value) for text in patterns):
            assert at in near


@examples(300)
@given(PATTERNS, VALUES)
def test_a_list_of_patterns_matches_what_one_of_them_matches(patterns: list[str], value: str) -> None:
    assert any_of(patterns).matches(value) is any(Pattern(text).matches(value) for text in patterns)


@examples(300)
@given(PATTERNS, VALUES)
def test_a_list_gives_its_patterns_back(patterns: list[str], value: str) -> None:
    given_back = any_of(patterns).patterns()
    if given_back is not None:
        assert any_of(given_back).matches(value) is any_of(patterns).matches(value)


@pytest.mark.parametrize(
    ("written", "given_back"),
    [
        (["a"], ["a"]),
        (["a*"], ["a*"]),
        (["*"], ["*"]),
        (["**"], ["*"]),
        (["*a"], ["*a"]),
        (["a*b**c*d"], ["a*b*c*d"]),
        (["a*bc*d"], ["a*bc*d"]),
        (["a?b"], ["a?b"]),
        (["?*a?*b*c"], ["?*a?*b*c"]),
        (["\U0001f600?"], None),
        (["b", "a", "b"], ["b", "a"]),
        (["a*b", "c", "d*"], ["c", "d*", "a*b"]),
        (["a*b", "c*", "d*"], ["c*", "d*", "a*b"]),
        (["a*b", "c", "*d", "?e"], ["c", "a*b", "*d", "?e"]),
        (["a", "\U0001f600?"], None),
    ],
)
def test_patterns_are_given_back_as_they_are_understood(written: list[str], given_back: list[str] | None) -> None:
    found = any_of(list(map(mark, written))).patterns()
    assert found == (None if given_back is None else list(map(mark, given_back)))


@pytest.mark.parametrize(
    ("written", "matching", "others"),
    [
        (["bucket", "bucket/*"], ["bucket", "bucket/", "bucket/a"], ["bucke", "bucketa", "a", "", "bucke/"]),
        (["group:*", "group"], ["group", "group:", "group:a"], ["grou", "group-a", "roup:", "groupa:"]),
        (["a", "abc*"], ["a", "abc", "abcd"], ["ab", "b"]),
        (["a", "b/*"], ["a", "b/", "b/c"], ["a/", "b"]),
        (["ab", "abc/*"], ["ab", "abc/"], ["abc", "abc-", "ab/"]),
        (["a/*", "b/*"], ["a/", "b/c"], ["a", "b"]),
        (["a?", "a?/*"], ["ab", "ab/c"], ["a", "ab-"]),
        (["a*", "a*/*"], ["a", "a/"], ["b"]),
        (["a", "*"], ["a", "b"], []),
        (["", "/*"], ["", "/", "/a"], ["a"]),
        (["", "*"], ["", "a"], []),
    ],
)
def test_pairs_of_patterns(written: list[str], matching: list[str], others: list[str]) -> None:
    marked = list(map(mark, written))
    for form in (any_of(marked), any_of(any_of(marked).patterns() or [])):
        assert [text for text in [*matching, *others] if form.matches(text)] == matching
    assert sorted(any_of(marked).patterns() or []) == sorted(marked)


@examples(300)
@given(st.lists(VALUES, unique=True, max_size=20), VALUES)
def test_beginnings(texts: list[str], value: str) -> None:
    found: list[int] = []
    Beginnings.of({text: [at] for at, text in enumerate(texts)}).find(value, found)
    assert sorted(found) == [at for at, text in enumerate(texts) if value.startswith(text)]


def test_what_shares_all_its_runs_but_one_is_found_by_that_one() -> None:
    index = Index([mark(f"arn:aws:s3:::*-prod-{number}/x")] for number in range(100))
    assert index.near("arn:aws:s3:::a-prod-7/x") == [7]
    index = Index([mark(f"arn:aws:s3:::*-prod-{number:03}/*")] for number in range(100))
    assert index.near("arn:aws:s3:::a-prod-007/x") == [7]
    assert index.near("arn:aws:s3:::b") == []


def test_runs_in_between_are_found_wherever_they_begin() -> None:
    index = Index([mark(f"*--{number:05}-*")] for number in range(100))
    for value in ("--00007-x", "x--00007-", "x---00007-x", "x--00001x--00007-x", "--0--0--00007-"):
        assert 7 in index.near(value)
    assert index.near("--0000-") == []
    index = Index([mark(f"abc*-{number:05}-*")] for number in range(100))
    assert index.near("abc-00007-x") == [7]


def test_ends_are_found_behind_what_they_share() -> None:
    index = Index([mark(f"*middle*-{number:03}")] for number in range(100))
    assert index.near("a-middle-b-007") == [7]


def test_a_long_list_of_patterns_of_every_form() -> None:
    forms = [mark(form) for n in range(FEW) for form in (f"{n:02}/*", f"*/{n:02}", f"x{n:02}")]
    patterns = any_of(forms)
    assert all(patterns.matches(value) for value in ("07/a", "a/07", "x07"))
    assert not any(patterns.matches(value) for value in ("99/a", "a/99", "x99", "07"))
    assert sorted(patterns.patterns() or []) == sorted(forms)


def test_a_place_that_several_patterns_lead_to_is_told_once() -> None:
    assert Index([["c\x01"], ["a\x01", "ab\x01", "abc"]]).near("abc") == [1]


@pytest.mark.parametrize(
    ("elements", "covered"),
    [
        ({"NotAction": "s3:PutObject"}, True),
        ({"NotAction": ["s3:GetObject", "ec2:*"]}, False),
        ({"Action": ["ec2:*", "*"]}, True),
        ({"Action": [*(f"ec2:*{number}" for number in range(2 * FEW)), "*"]}, True),
        ({"Action": ["ec2:*", "*:GetObject"]}, True),
        ({"Action": ["ec2:*", "s?:Get*"]}, True),
        ({"Action": ["ec2:*", "s3:GetObject"]}, True),
        ({"Action": ["ec2:*", "s4:GetObject"]}, False),
        ({"Action": ["ec2:*", "s?:Put*"]}, False),
        ({"Action": ["s3:Put*", "?c2:Get*"]}, False),
        ({"Action": "s?:Put*"}, False),
        ({"Action": "s?:Get*"}, True),
        ({"Action": "s3:Get?bject"}, True),
    ],
)
def test_among_many_statements_each_is_found_by_all_that_it_covers(elements: dict[str, Any], covered: bool) -> None:
    others = [{"Effect": "Allow", "Action": f"sqs:Send{number}", "Resource": "*"} for number in range(2 * FEW)]
    statements = [*others, {"Effect": "Deny", "Resource": "*", **elements}]
    for some in (statements[-1:], statements):
        policy = load(json.dumps({"Version": "2012-10-17", "Statement": some}), Kind.IDENTITY)
        assert bool(policy.select("s3:GetObject").denies.entries) is covered


def test_statements_about_other_resources_are_not_tried() -> None:
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::bucket-{number:02}/*"} for number in range(60)
    ]
    policy = load(json.dumps({"Version": "2012-10-17", "Statement": statements}), Kind.IDENTITY)
    shelf = policy.select("s3:GetObject").allows
    near = [shelf.near("arn:aws:s3:::bucket-07/x") for _ in range(8)]
    assert [rule.index for rule in near[0]] == list(range(60))
    assert [rule.index for rule in near[-1]] == [7]


MORE = [
    {"Effect": effect, "Action": "*", "Resource": [f"arn:aws:s3:::{more}-{number}/*" for more in ("more", "*-more")]}
    for number in range(FEW)
    for effect in ("Allow", "Deny")
]


def padded(request: dict[str, Any]) -> dict[str, Any]:
    """The request with many statements about other resources in every policy."""
    more = copy.deepcopy(request)
    documents = [each["document"] for each in more["identityPolicies"]] + more["permissionsBoundaries"]
    documents += [each["document"] for level in more["serviceControlPolicies"] for each in level["policies"]]
    for document in documents:
        document["Statement"] = [*MORE, *document["Statement"], *MORE]
    # A trust policy takes no Resource: its statements are all about the role.
    owned = [more["resourcePolicy"]] if "resourcePolicy" in more and ":role/" not in more["resource"] else []
    for document in [*more["endpointPolicies"], *owned]:
        if request["action"] not in generate.TRUSTS or document in more["endpointPolicies"]:
            document["Statement"] += [{**statement, "Principal": "*"} for statement in MORE]
    return more


@examples(100)
@given(generate.requests())
def test_statements_about_other_resources_change_nothing(request: dict[str, Any]) -> None:
    out = io.StringIO()
    run([json.dumps(request)] + [json.dumps(padded(request))] * 6, out)  # asked often enough for an index
    answers = [json.loads(line)["decision"] for line in out.getvalue().splitlines()]
    assert answers == answers[:1] * 7


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_the_same_statement_settles_it_with_an_index_and_without(effect: str) -> None:
    statements = [
        {"Sid": f"S{number}", "Effect": effect, "Action": "s3:*", "Resource": f"arn:aws:s3:::*-{number % 30}/x"}
        for number in range(60)
    ]
    policy = load(json.dumps({"Version": "2012-10-17", "Statement": statements}), Kind.IDENTITY)
    layers = Layers(identity=(Attached("p", policy),))
    request = Request(WHO, "s3:GetObject", "arn:aws:s3:::b-7/x")
    settled = [decide(request, layers).statements for _ in range(8)]
    assert [grant.sid for grant in settled[0]] == ["S7"]
    assert settled == settled[:1] * 8
