"""`iamd evaluate --jsonl`: a decision for every line, in order."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from iamd.cli.evaluate import run

REQUEST: dict[str, Any] = {
    "id": "a",
    "principal": "arn:aws:iam::111122223333:user/alice",
    "action": "s3:GetObject",
    "resource": "*",
    "identityPolicies": [
        {"name": "p", "document": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}
    ],
}
SESSION = "arn:aws:sts::111122223333:assumed-role/app/run"


def answers(*lines: str, explain: bool = False) -> list[dict[str, Any]]:
    out = io.StringIO()
    assert run(lines, out, explain) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_bad_line_is_answered_and_the_rest_goes_on() -> None:
    good = json.dumps(REQUEST)
    found = answers(good, "\n", "{", json.dumps(REQUEST | {"id": 2, "wrong": 1}), good)
    assert found == [
        {"id": "a", "decision": "allowed"},
        {"id": None, "error": found[1]["error"]},
        {"id": 2, "error": "unknown field `wrong`"},
        {"id": "a", "decision": "allowed"},
    ]


def test_each_answer_is_written_before_the_next_line_is_read() -> None:
    out = io.StringIO()

    def lines() -> Iterator[str]:
        for number in range(3):
            assert len(out.getvalue().splitlines()) == number
            yield json.dumps(REQUEST | {"id": number})

    run(lines(), out)
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"principal": "alice"}, "principal"),
        ({"principal": None}, "`principal` is missing"),
        ({"principalAccount": "444455556666"}, "is not of account"),
        ({"action": "GetObject"}, "service:Action"),
        ({"action": 1}, "`action` must be a string"),
        ({"action": ""}, "`action` is missing"),
        ({"action": None}, "`action` is missing"),
        ({"action": ":Get"}, "service:Action"),
        ({"action": "s3:"}, "service:Action"),
        ({"action": "s3:*"}, "one action"),
        ({"principal": "arn:aws:iam::111122223333:group/g"}, "is no root user"),
        ({"principal": "arn:aws:s3:::bucket"}, "principal"),
        ({"principal": "service:"}, "principal"),
        ({"principal": ["*"]}, "`principal` must be a string"),
        ({"principalAccount": 111122223333}, "`principalAccount` must be a string"),
        ({"principalAccount": "111122223333"}, None),
        ({"principalCanonicalUser": {}}, "`principalCanonicalUser` must be a string"),
        ({"managementAccount": 1}, "`managementAccount` must be a string"),
        ({"managementAccount": None}, None),
        ({"resource": ""}, "`resource` must be an ARN"),
        ({"resource": ["*"]}, "`resource` must be a string"),
        ({"resource": None}, None),
        ({"resourceAccount": 1}, "`resourceAccount` must be a string"),
        ({"sessionIssuer": "x"}, None),
        ({"principal": SESSION, "sessionIssuer": "x"}, "session issuer `x`"),
        ({"principal": SESSION, "sessionIssuer": "arn:aws:iam::444455556666:role/app"}, "session issuer"),
        ({"principal": SESSION, "sessionIssuer": "arn:aws:iam::111122223333:user/app"}, "session issuer"),
        ({"principal": SESSION, "sessionIssuer": "arn:aws:iam::111122223333:role/eu/app"}, None),
        ({"context": None}, None),
        ({"context": ""}, "`context` must be an object"),
        ({"context": {"a": None}}, "context key `a`"),
        ({"context": {"a": True}}, "context key `a`"),
        ({"context": {"a": ["x", 1]}}, "context key `a`"),
        ({"context": {"a": []}}, None),
        ({"identityPolicies": None}, None),
        ({"identityPolicies": ""}, "must be a list of {name, document}"),
        ({"permissionsBoundaries": False}, "`permissionsBoundaries` must be a list"),
        ({"sessionPolicies": {}}, "`sessionPolicies` must be a list"),
        ({"serviceControlPolicies": 0}, "`serviceControlPolicies` must be a list"),
        ({"resourceControlPolicies": ""}, "`resourceControlPolicies` must be a list"),
        ({"resourceControlPolicies": [{"target": "r", "policies": [{"document": []}]}]}, "must be an object"),
        ({"endpointPolicies": [[]]}, "must be an object"),
        ({"resourcePolicy": []}, None),
        ({"resourcePolicy": None}, None),
        ({"resourcePolicy": {}}, "Statement is empty"),
        ({"resourcePolicy": "x"}, "must be an object"),
        ({"context": []}, None),
        ({"context": [1]}, "`context` must be an object"),
        ({"context": {"a": 1}}, "context key `a`"),
        ({"identityPolicies": {"a": 1}}, "must be a list of {name, document}"),
        ({"identityPolicies": [{"name": "p"}]}, "must be a list of {name, document}"),
        ({"identityPolicies": [{"name": "p", "document": "x"}]}, "must be an object"),
        ({"serviceControlPolicies": ["x"]}, "must be a list of {target, policies}"),
        ({"serviceControlPolicies": [{"target": "r"}]}, "must be a list of {name, document}"),
        ({"permissionsBoundaries": "x"}, "must be a list"),
        ({"sessionPolicies": [{"Statement": []}]}, "Syntax errors in policy."),
        ({"resourcePolicy": {"Statement": [{"Effect": "Allow", "Action": "*"}]}}, "Missing required field Principal"),
    ],
)
def test_what_is_no_request_is_told(change: dict[str, Any], error: str | None) -> None:
    (found,) = answers(json.dumps(REQUEST | change))
    assert (error is None and "decision" in found) or str(error) in found["error"]


def test_a_key_may_not_be_repeated_anywhere_in_a_line() -> None:
    line = json.dumps(REQUEST).replace('"Effect": "Allow"', '"Effect": "Deny", "Effect": "Allow"')
    assert answers(line) == [{"id": None, "error": "repeated key in an object"}]


def test_an_explained_answer_has_the_trace() -> None:
    (found,) = answers(json.dumps(REQUEST), explain=True)
    assert found["decision"] == "allowed"
    assert found["trace"]["layers"] == [
        {
            "layer": "identity-based",
            "outcome": "allowed",
            "statements": [{"policy": "p", "index": 0, "sid": None, "line": 1, "effect": "Allow"}],
        }
    ]
