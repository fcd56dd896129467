"""`iamd test`: reading test files, running them, and telling the outcome."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from iamd.cli.main import main
from iamd.cli.policytests import run as running
from iamd.cli.policytests.run import coverage, find, run_all, run_file
from iamd.cli.policytests.watch import watch

HEAD = """\
policies:
  reader: reader.json
  edge:
    Version: 2012-10-17
    Statement:
      - {Sid: All, Effect: Allow, Action: "s3:*", Resource: "*"}
      - Sid: NoDeletes
        Effect: Deny
        Action: s3:Delete*
        Resource: "*"
principals:
  ann:
    principal: arn:aws:iam::111122223333:user/ann
    identityPolicies: [reader, edge]
    context: {aws:username: ann}
resources:
  report: {resource: "arn:aws:s3:::reports/1"}
"""
READER = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
  ]
}
"""
GOOD = "tests:\n  - {name: reads, principal: ann, action: s3:GetObject, resource: report, expect: allowed}\n"
BAD = "tests:\n  - {name: reads, principal: ann, action: s3:GetObject, resource: report, expect: denied}\n"

UNSOUND = "policies:\n  p: {Statement: {Effect: Alow, Action: '*', Resource: '*'}}\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "a.test.yaml", head: str = HEAD) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "reader.json").write_text(READER)
        path.write_text(head + text)
        return path

    return write


@pytest.fixture(autouse=True)
def outside_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def problems(write: Write, *lines: str) -> list[str]:
    """What was wrong with the checks of one test."""
    report = run_file(write("tests:\n  - " + "\n    ".join(lines) + "\n"))
    assert not report.error, report.error
    return [result.problem for result in report.results]


def test_the_examples_hold_and_touch_every_statement(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "examples/policy-tests", "--fail-under", "100"]) == 0
    assert "26 passed, 0 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("action", "expect", "problem"),
    [
        ("s3:GetObject", "allowed", ""),
        ("s3:GetObject", "denied", "expected denied, got allowed"),
        ("s3:DeleteObject", "denied", ""),
        ("s3:DeleteObject", "explicitDeny", ""),
        ("s3:DeleteObject", "implicitDeny", "expected implicitDeny, got explicitDeny"),
        ("ec2:RunInstances", "denied", ""),
        ("ec2:RunInstances", "implicitDeny", ""),
        ("ec2:RunInstances", "allowed", "expected allowed, got implicitDeny"),
    ],
)
def test_the_decision_must_be_the_expected_one(write: Write, action: str, expect: str, problem: str) -> None:
    assert problems(write, f"principal: ann\n    action: {action}\n    expect: {expect}") == [problem]


@pytest.mark.parametrize(
    ("statement", "action", "expect", "problem"),
    [
        ("reader/Read", "s3:GetObject", "allowed", ""),
        ("edge/All", "s3:GetObject", "allowed", ""),
        ("reader/1", "s3:GetObject", "allowed", ""),
        ("edge/NoDeletes", "s3:DeleteObject", "denied", ""),
        ("reader/Read", "s3:PutObject", "allowed", "statement 1 of reader does not allow it"),
        ("edge/All", "s3:DeleteObject", "denied", "statement 1 of edge does not deny it"),
    ],
)
def test_the_expected_statement_must_have_a_part_in_it(
    write: Write, statement: str, action: str, expect: str, problem: str
) -> None:
    (found,) = problems(
        write, f"principal: ann\n    action: {action}\n    expect: {expect}\n    statement: {statement}"
    )
    assert found.endswith(problem)
    assert bool(found) == bool(problem)


def test_lists_make_a_check_of_every_combination(write: Write) -> None:
    report = run_file(
        write(
            "tests:\n  - {principal: ann, action: [s3:GetObject, s3:PutObject], resource: [report, '*'], expect: allowed}\n"
        )
    )
    assert [result.name for result in report.results] == [
        "ann, s3:GetObject on report",
        "ann, s3:GetObject on *",
        "ann, s3:PutObject on report",
        "ann, s3:PutObject on *",
    ]


def test_a_test_overrides_what_it_uses_and_contexts_add_up(write: Write) -> None:
    owned = """
  own:
    Version: 2012-10-17
    Statement:
      Effect: Allow
      Action: "*"
      Resource: "*"
      Condition: {StringEquals: {aws:username: ann, aws:PrincipalTag/team: red}, Bool: {aws:SecureTransport: true}}
"""
    head = HEAD.replace("\nprincipals:", owned + "principals:").replace(
        "identityPolicies: [reader, edge]", "identityPolicies: own"
    )
    test = "tests:\n  - {principal: ann, action: ec2:RunInstances, expect: %s, context: {%s}}\n"
    full = "aws:PrincipalTag/team: red, aws:SecureTransport: true"
    assert not run_file(write(test % ("allowed", full), head=head)).failed
    assert not run_file(write(test % ("denied", f"{full}, aws:username: bob"), head=head)).failed


def test_every_kind_of_policy_can_be_given(write: Write) -> None:
    head = HEAD.replace(
        "principals:",
        """\
  trust:
    Version: 2012-10-17
    Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: sts:AssumeRole}
  everything:
    Version: 2012-10-17
    Statement: {Effect: Allow, Action: "*", Resource: "*"}
  everybody:
    Version: 2012-10-17
    Statement: {Effect: Allow, Principal: "*", Action: "*", Resource: "*"}
principals:""",
    )
    test = """\
tests:
  - principal: arn:aws:iam::111122223333:user/bob
    action: sts:AssumeRole
    resource: arn:aws:iam::111122223333:role/r
    identityPolicies: everything
    permissionsBoundaries: everything
    sessionPolicies: [everything]
    endpointPolicies: everybody
    serviceControlPolicies: [[everything], [everything, reader]]
    resourceControlPolicies: [[everybody]]
    resourcePolicy: trust
    expect: allowed
    statement: trust/1
"""
    report = run_file(write(test, head=head))
    assert report.error == ""
    assert not report.failed


@pytest.mark.parametrize(
    ("text", "head", "line", "said"),
    [
        ("", "[1]", 1, "a test file is a mapping"),
        ("", "", 1, "a test file is a mapping"),
        ("test: []\n", HEAD, 18, "unknown field `test`: did you mean `tests`?"),
        ("tests: []\n", HEAD, 18, "at least one test"),
        ("tests: [x]\n", HEAD, 18, "a test must be a mapping"),
        ("", HEAD, 1, "at least one test"),
        ("tests:\n  - {principal: ann, action: 'a:b', expct: allowed}\n", HEAD, 19, "did you mean `expect`?"),
        ("tests:\n  - {principal: ann, action: 'a:b'}\n", HEAD, 19, "the test has no `expect`"),
        ("tests:\n  - {principal: ann, action: 'a:b', expect: yes}\n", HEAD, 19, "`expect` must be one of allowed,"),
        ("tests:\n  - {principal: an, action: 'a:b', expect: denied}\n", HEAD, 19, "did you mean `ann`?"),
        ("tests:\n  - {principal: [[x]], action: 'a:b', expect: denied}\n", HEAD, 19, "must be a text or a list"),
        ("tests:\n  - {principal: ann, action: ab, expect: denied}\n", HEAD, 19, "`action` must be `service:Action`"),
        ("tests:\n  - {principal: 'a:b', action: 'a:b', expect: denied}\n", HEAD, 19, "principal `a:b`"),
        (
            "tests:\n  - {principal: ann, action: 'a:b', expect: denied, statement: reader/Raed}\n",
            HEAD, 19, "policy `reader` has no statement `Raed`",
        ),
        (
            "tests:\n  - {principal: ann, action: 'a:b', expect: denied, identityPolicies: raeder}\n",
            HEAD, 19, "did you mean `reader`?",
        ),
        (
            "tests:\n  - {principal: ann, action: 'a:b', expect: denied, serviceControlPolicies: [edge]}\n",
            HEAD, 19, "a list of lists",
        ),
        (
            "tests:\n  - {principal: ann, action: 'a:b', expect: denied, resourcePolicy: edge}\n",
            HEAD, 3, "policy `edge`",
        ),
        ("policies: {p: nowhere.json}\n", "", 1, "No such file"),
        ("policies: {p: []}\n", "", 1, "the path of a file, or a document"),
        ("policies: []\n", "", 1, "`policies` must be a mapping"),
        ("principals: {p: {}}\n", "", 1, "must be a mapping with `principal`"),
        (
            UNSOUND + "tests: [{principal: '*', action: 'a:b', expect: denied}]\n",
            "", 2, "`Effect` must be",
        ),
        ("a: 1\na: 2\n", "", 2, "`a` is there twice"),
        ("a: [\n", "", 2, "no YAML"),
        ("a: &x 1\nb: *x\n", "", 2, "aliases are not taken"),
        ("a: !!python/name:os.system x\n", "", 1, "unknown tag"),
        ("? [a]\n: b\n", "", 1, "a key must be a text"),
        ("[" * 500, "", 1, "nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_test_file_is_told_with_its_line(
    write: Write, text: str, head: str, line: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(text, head=head)
    report = run_file(path)
    assert said in report.error
    assert report.line == line
    assert main(["test", str(path)]) == 2
    assert f"{path}:{line}: " in capsys.readouterr().out


def test_yaml_keeps_texts_as_they_are(write: Write) -> None:
    head = HEAD + "tests:\n  - {principal: ann, action: 's3:x', resourceAccount: 011122223333, expect: denied,"
    assert run_file(write(" context: {a: 010, b: 1.50, c: 2012-10-17, d: yes}}\n", head=head)).error == ""


def test_files_are_found_in_folders_but_not_in_hidden_ones(write: Write, tmp_path: Path) -> None:
    write(GOOD, "b/c/x.test.yml")
    write(GOOD, ".hidden/x.test.yaml")
    write(GOOD, "other.yaml")
    assert find([tmp_path, tmp_path / "other.yaml", tmp_path]) == [tmp_path / "b/c/x.test.yml", tmp_path / "other.yaml"]


def test_exit_codes(write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(write(GOOD))]) == 0
    assert main(["test", str(write(BAD, "b.test.yaml"))]) == 1
    assert main(["test", str(write("", "c.test.yaml")), str(tmp_path / "a.test.yaml")]) == 2
    assert main(["test", "nowhere"]) == 2
    assert main(["test", str(tmp_path / "a.test.yaml"), "--watch", "--json"]) == 2
    (tmp_path / "empty").mkdir()
    assert main(["test", str(tmp_path / "empty")]) == 2
    assert "no *.test.yaml in" in capsys.readouterr().err


def test_a_failure_is_explained(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    text = "tests:\n  - {name: queues, principal: ann, action: sqs:GetQueue, expect: denied}\n"
    path = write(text)
    assert main(["test", str(path)]) == 1
    told = capsys.readouterr().out
    assert f"{path}:19: queues: expected denied, got allowed" in told
    assert "allowed by statement 2 of reader, line 5" in told
    assert "AWS has no action `sqs:GetQueue`" in told


def test_statements_that_no_test_touches_are_told(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(GOOD)
    assert main(["test", str(path), "--coverage", "--verbose"]) == 0
    told = capsys.readouterr().out
    assert "statements touched: 2 of 4 (50 %)" in told
    assert f"{os.path.relpath(path.parent)}/reader.json:5: no test touches statement 2 of reader" in told
    assert f'{os.path.relpath(path)}:7: no test touches statement "NoDeletes" of edge' in told
    assert main(["test", str(path), "--fail-under", "50"]) == 0
    assert main(["test", str(path), "--fail-under", "50.1"]) == 1


def test_a_policy_file_of_several_tests_is_covered_by_all_of_them(write: Write) -> None:
    queues = "tests:\n  - {principal: ann, action: sqs:SendMessage, expect: allowed}\n"
    missed, total = coverage([run_file(write(GOOD)), run_file(write(queues, "b.test.yaml"))])
    assert total == 6  # the inline policies are two
    assert all(place.policy == "edge" for place in missed)


def test_json_tells_all(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(write(BAD)), "--json"]) == 1
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    (check,) = told["files"][0]["checks"]
    assert check == {
        "name": "reads", "line": 19, "passed": False, "problem": "expected denied, got allowed", "warning": None
    }  # fmt: skip
    assert told["statements"]["total"] == 4


def test_junit_has_a_case_for_every_check(write: Write, tmp_path: Path) -> None:
    odd = BAD.replace("reads", '"a \\x01 <b> & \\"c\\""')
    out = tmp_path / "out.xml"
    files = [str(write(GOOD)), str(write(odd, "b.test.yaml")), str(write("", "c.test.yaml"))]
    assert main(["test", *files, "--junit", str(out)]) == 2
    suites = ElementTree.parse(out).getroot().findall("testsuite")
    assert [suite.get("failures") for suite in suites] == ["0", "1", "0"]
    assert [suite.get("errors") for suite in suites] == ["0", "0", "1"]
    failure = suites[1].find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "expected denied, got allowed"
    assert "What the policies say" in (failure.text or "")
    case = suites[1].find("testcase")
    assert case is not None
    assert (case.get("name"), case.get("line")) == ('a \ufffd <b> & "c"', "19")
    assert main(["test", files[0], "--junit", str(tmp_path / "no/out.xml")]) == 2


def test_github_shows_failures_beside_their_lines(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(BAD.replace("reads", '"50 %: a, b"'))
    broken = write("", "c.test.yaml")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["test", str(path), str(broken), "--coverage"]) == 2
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert lines[0].startswith(f"::error file={path},line=19,title=50 %25%3A a%2C b::expected denied, got allowed%0A")
    assert lines[1].startswith(f"::error file={broken},line=1,title=policy test::")
    assert any(line.startswith("::notice file=") and "title=coverage::no test touches" in line for line in lines)
    assert not any("\r" in line for line in lines)


def test_several_files_run_in_processes_with_the_same_outcome(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write(text, f"{number}.test.yaml") for number, text in enumerate([GOOD, BAD, ""])]
    alone = list(run_all(paths, 1))
    monkeypatch.setattr(running, "_WORTH_PROCESSES", 0)
    together = list(run_all(paths, 2))
    for one, other in zip(alone, together, strict=True):
        assert (one.path, one.error, one.touched) == (other.path, other.error, other.touched)
        assert [result.problem for result in one.results] == [result.problem for result in other.results]


def test_watching_runs_again_after_a_change(write: Write) -> None:
    path = write(GOOD)
    rounds: list[int] = []

    class Enough(Exception):
        pass

    def run() -> list[Path]:
        rounds.append(len(run_file(path).failed))
        if len(rounds) == 3:
            raise Enough
        return [path, path.with_name("later.json")]

    pauses = iter([None, BAD, None, "later"])

    def wait(_seconds: float) -> None:
        change = next(pauses)
        if change == "later":
            path.with_name("later.json").write_text("{}")
        elif change:
            path.write_text(HEAD + change + "\n")

    with pytest.raises(Enough):
        watch(run, wait)
    assert rounds == [0, 1, 1]


def test_the_watching_command_goes_on_after_a_failure(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()

    def wait(_seconds: float) -> None:
        if (folder / "a.test.yaml").exists():
            raise KeyboardInterrupt
        write(GOOD, "tests/a.test.yaml")

    monkeypatch.setattr("time.sleep", wait)
    assert main(["test", str(folder), "--watch"]) == 130
    told = capsys.readouterr()
    assert "no *.test.yaml" in told.err
    assert "1 passed" in told.out
