"""`iamd explain`: the reasons of one decision, for people and for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.explaining import write
from iamd.cli.main import main
from iamd.cli.requests import parse, read
from iamd.cli.tree import Paper
from iamd.policy import explain

ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
REQUEST: dict[str, Any] = {
    "principal": "arn:aws:iam::111122223333:user/alice",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::reports/2026.csv",
    "identityPolicies": [{"name": "p", "document": {"Version": "2012-10-17", "Statement": [ALLOW]}}],
}


class Terminal(io.StringIO):
    """A stream of people, in some encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


def file(tmp_path: Path, request: dict[str, Any], indent: int | None = 2) -> str:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request, indent=indent, ensure_ascii=False))
    return str(path)


def told(change: dict[str, Any], out: io.StringIO | None = None) -> str:
    """What people are told about the request with some fields changed."""
    out = out or io.StringIO()
    request, layers = read(parse(json.dumps(REQUEST | change)))
    write(Paper(out), request, explain(request, layers))
    return out.getvalue()


def conditional(effect: str, **condition: Any) -> dict[str, Any]:
    statement = {**ALLOW, "Effect": effect, "Condition": condition}
    statements = [ALLOW, statement] if effect == "Deny" else [statement]
    return {"identityPolicies": [{"name": "p", "document": {"Version": "2012-10-17", "Statement": statements}}]}


def test_the_exit_code_is_the_decision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", file(tmp_path, REQUEST)]) == 0
    assert capsys.readouterr().out.startswith("ALLOWED\n")
    assert main(["explain", file(tmp_path, REQUEST | {"action": "ec2:RunInstances"})]) == 1
    assert capsys.readouterr().out.startswith("DENIED\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "Expecting"),
        (b"[]", "must be an object"),
        (b"{\xff", "not UTF-8"),
        (b'{"principal": "*"}', "`action` is missing"),
        (b'{"principal": "*", "principal": "*"}', "repeated key"),
        (b"[" * 100_000, "recursion"),
        (json.dumps(REQUEST | {"resourcePolicy": {"Statement": ALLOW}}).encode(), "resourcePolicy, 1:"),
    ],
)
def test_what_is_no_request_is_told(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(content)
    assert main(["explain", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "nowhere.json"]) == 2
    assert "nowhere.json: No such file" in capsys.readouterr().err


def test_lines_are_those_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = {"context": {"aws:userid": "\u03a3 \U0001f600 \\u0022"}, **REQUEST}
    name = file(tmp_path, request)
    assert main(["explain", "--json", name]) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    lines = Path(name).read_text().split("\n")
    assert lines[layer["statements"][0]["line"]].strip() == '"Effect": "Allow",'
    assert lines[layer["statements"][0]["line"] - 1].strip() == "{"


def test_a_request_nested_too_deeply_for_places_is_still_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = file(tmp_path, REQUEST | {"id": json.loads("[" * 40 + "]" * 40)})
    assert main(["explain", "--json", name]) == 0
    assert json.loads(capsys.readouterr().out)["layers"][0]["statements"][0]["line"] == 1


def test_a_terminal_has_colours_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = told({}, Terminal("utf-8"))
    assert shown.startswith("\x1b[32mALLOWED\x1b[0m\n")
    assert "\u2514\u2500 \x1b[32m\u2713 " in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in told({}, Terminal("utf-8"))


def test_where_the_encoding_has_no_lines_plain_characters_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    told({}, Terminal("ascii")).encode("ascii")
    assert "`- + policies of the caller: allow it" in told({}, Terminal("ascii"))


@pytest.mark.parametrize(
    ("effect", "condition", "context", "said"),
    [
        ("Allow", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "192.0.2.1"},
         "it applies only when aws:SourceIp is in 10.0.0.0/8, but it is 192.0.2.1"),
        ("Allow", {"StringNotLike": {"aws:userid": ["A*", "B*"]}}, {"aws:userid": "AB"},
         "it applies only when aws:userid is like none of A* or B*, but it is AB"),
        ("Allow", {"StringEqualsIfExists": {"a:b": ["1", "2", "3", "4", "5", "6", "7"]}}, {"a:b": ""},
         "a:b is 1, 2, 3, 4, 5 or 2 more or is absent, but it is empty"),
        ("Allow", {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}, {"aws:TagKeys": ["a", "b"]},
         "some value of aws:TagKeys is team, but its values are a and b"),
        ("Allow", {"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}, {"aws:TagKeys": ["a"]},
         "every value of aws:TagKeys is team, but its values are a"),
        ("Allow", {"StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ["a", "b"]},
         "its values are a and b, which only ForAllValues and ForAnyValue compare"),
        ("Allow", {"StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": []}, "it has no values"),
        ("Allow", {"Null": {"aws:TokenIssueTime": "false"}}, {},
         "only when aws:TokenIssueTime is there, but the request has no aws:TokenIssueTime"),
        ("Deny", {"Null": {"aws:TokenIssueTime": "true"}}, {},
         "it applies when aws:TokenIssueTime is absent, and the request has no aws:TokenIssueTime"),
    ],
)  # fmt: skip
def test_conditions_are_told_in_words(effect: str, condition: Any, context: Any, said: str) -> None:
    assert said in told(conditional(effect, **condition) | {"context": context})


def test_what_is_left_out_or_cannot_be_helped_is_told() -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    many = {"identityPolicies": [{"name": "p", "document": {"Statement": [everything] * 9}}]}
    assert "and by 4 more" in told(many)
    assert "no statement in them is about this service" in told({"action": "ec2:RunInstances"})
    trust = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    root = {"principal": "arn:aws:iam::111122223333:root", "action": "sts:AssumeRole"}
    root |= {"resource": "arn:aws:iam::111122223333:role/r", "resourcePolicy": {"Statement": [trust]}}  # type: ignore[dict-item]
    assert "No change of these policies would." in told(root)
    assert "no policy had to be asked" in told({"action": "sts:GetCallerIdentity", "resource": "*"})


def test_somebody_anonymous_and_two_ways() -> None:
    named = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    shown = told({"principal": "*", "resourcePolicy": {"Statement": [named]}})
    assert "somebody anonymous may not s3:GetObject" in shown
    assert (
        "- Make an exception: statement 1 of resourcePolicy, line 1 denies it, in the policy of the resource." in shown
    )
    reading = {**named, "Effect": "Allow", "Action": "s3:List*"}
    two = told({"resourcePolicy": {"Statement": [reading]}, "identityPolicies": []})
    assert "\nor\n- Add to the policy of the resource:\n" in two


@pytest.mark.parametrize("element", ["Action", "NotAction", "Resource", "NotResource"])
def test_an_empty_list_grants_nothing(element: str) -> None:
    statement = {name: value for name, value in ALLOW.items() if name != element.removeprefix("Not")} | {element: []}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    text = told({"identityPolicies": [{"name": "p", "document": document}]})
    if element == "Action":
        assert "no statement in them is about this service" in text
    else:
        assert f"its {element} is an empty list, which grants nothing" in text
