from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.analysis.validation import Finding, validate
from iamd.analysis.validation.arns import overlap
from iamd.analysis.validation.catalogue import ERRORS, SECURITY_WARNINGS, SENTENCES, SUGGESTIONS, WARNINGS
from iamd.analysis.validation.tree import NotJson, read
from iamd.policy import Kind
from iamd.policy.patterns import Pattern, mark
from tests.analysis.validation import cases


def findings(kind: str, text: str) -> tuple[Finding, ...]:
    name, _, resource_type = kind.partition(":")
    return validate(text, Kind(name), resource_type or None)


def codes(kind: str, text: str) -> list[str]:
    return [finding.code for finding in findings(kind, text)]


def test_every_check_has_a_case() -> None:
    assert set(cases.ERRORS) == set(ERRORS)
    assert set(cases.SECURITY_WARNINGS) == set(SECURITY_WARNINGS)
    assert set(cases.WARNINGS) == set(WARNINGS)
    assert set(cases.SUGGESTIONS) == set(SUGGESTIONS)
    assert len(SENTENCES) == len(ERRORS) + len(SECURITY_WARNINGS) + len(WARNINGS) + len(SUGGESTIONS) == 150


@pytest.mark.parametrize(
    ("withdrawn", "statement"),
    [
        ("ALLOW_CONDITION", {"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}),
        ("ALLOW_NOTACTION", {"Action": ..., "NotAction": "iam:*"}),
        ("ALLOW_RESOURCE", {"Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*"}),
        ("NOTRESOURCE", {"Resource": ..., "NotResource": "arn:aws:s3:::amzn-s3-demo-bucket/*"}),
    ],
)
def test_what_aws_has_allowed_since_is_no_finding(withdrawn: str, statement: dict[str, object]) -> None:
    assert f"SCP_SYNTAX_ERROR_{withdrawn}" not in SENTENCES
    assert codes("scp", cases.policy("scp", {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **statement})) == []


@pytest.mark.parametrize("code", sorted(cases.CASES))
def test_each_code_is_found_where_it_is_and_nowhere_else(code: str) -> None:
    kind, bad, good = cases.CASES[code]
    assert code in codes(kind, cases.policy(kind, bad))
    assert code not in codes(kind, cases.policy(kind, good))


@pytest.mark.parametrize(
    ("action", "hint"), [("s3", "Write s3: and an action."), ("s33:GetObject", "Did you mean s3?"), ("nonsense", "")]
)
def test_a_name_that_no_service_has_comes_with_what_may_be_meant(action: str, hint: str) -> None:
    (found,) = findings("identity", cases.policy("identity", {"Action": action}))
    assert found.details == f"No service has the prefix {action.partition(':')[0]}. {hint}".strip()


@pytest.mark.parametrize("kind", cases.SOUND)
def test_nothing_is_found_in_sound_policies(kind: str) -> None:
    assert codes(kind, cases.policy(kind, {})) == []


@pytest.mark.parametrize("code", sorted(set(cases.CASES) - {"JSON_SYNTAX_ERROR"}))
def test_places_are_those_of_the_values(code: str) -> None:
    """What the path leads to stands at the place in the text, and the sentence is complete."""
    kind, bad, _ = cases.CASES[code]
    text = json.dumps(json.loads(cases.policy(kind, bad)), indent=2)
    lines = text.split("\n")
    for finding in findings(kind, text):
        assert "{" not in finding.details.replace("${", "").replace('{"AWS"', "")
        for location in finding.locations:
            value = json.loads(text)
            for step in location.path:
                (what, name), *_ = step.items()
                value = name if what == "key" else value[name]
            start, end = location.start, location.end
            assert json.loads(text[start.offset : end.offset]) == value
            assert sum(len(line) + 1 for line in lines[: start.line - 1]) + start.column == start.offset
        assert finding.learn_more.endswith(finding.code.lower().replace("_", "-"))


def test_broken_json_is_one_finding_with_its_place() -> None:
    (finding,) = validate('{\n  "Version": tru\n}', Kind.IDENTITY)
    assert (finding.code, finding.type) == ("JSON_SYNTAX_ERROR", "ERROR")
    assert finding.details == "This is no JSON: expected a value, at line 2, column 13, index 15."
    assert finding.to_json()["locations"] == [
        {
            "path": [],
            "span": {"start": {"line": 2, "column": 13, "offset": 15}, "end": {"line": 2, "column": 13, "offset": 15}},
        }
    ]


@pytest.mark.parametrize("text", ["", "[", "{,}", '{"a" 1}', '{"a": 1,}', "[1,]", '{"a": 1, "a": 2}', "[" * 30, "1 2"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        read(text)


def test_a_policy_that_is_no_object_is_of_the_wrong_type() -> None:
    assert codes("identity", "[]") == ["DATA_TYPE_MISMATCH"]


def test_names_that_were_nearly_meant_are_told() -> None:
    (finding,) = findings("identity", cases.policy("identity", {"Action": "s3:GetObjcet"}))
    assert finding.details == "The action s3:GetObjcet does not exist. Did you mean s3:GetObject?"


def test_a_resource_policy_of_sts_alone_is_a_trust_policy() -> None:
    assert codes("resource", cases.policy("trust", {})) == []
    assert "FEDERATED_PRINCIPAL_NOT_SUPPORTED" not in codes(
        "resource", cases.policy("trust", cases.federated(cases.SAML))
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(value=JSON)
@settings(max_examples=60)
def test_all_json_is_read_with_its_places(value: object) -> None:
    text = json.dumps(value, indent=1)
    node = read(text)
    assert json.loads(text[node.start : node.end]) == value


@given(text=st.text(max_size=60))
@settings(max_examples=60)
def test_any_text_gets_an_answer(text: str) -> None:
    assert validate(text, Kind.IDENTITY)


@given(
    statement=st.dictionaries(st.sampled_from(["Effect", "Action", "Principal", "Resource", "Condition", "Sid"]), JSON)
)
@settings(max_examples=60)
def test_any_statement_gets_an_answer(statement: dict[str, object]) -> None:
    for kind in Kind:
        validate(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), kind)


@given(one=st.text("ab*?", max_size=5), other=st.text("ab*?", max_size=5))
@settings(max_examples=200)
def test_patterns_overlap_where_some_text_matches_both(one: str, other: str) -> None:
    texts = [""]
    shared = False
    first, second = Pattern(mark(one)), Pattern(mark(other))
    for _ in range(8):
        shared = shared or any(first.matches(text) and second.matches(text) for text in texts)
        texts = [text + char for text in texts for char in "ab"]
    assert overlap(one, other) is shared
