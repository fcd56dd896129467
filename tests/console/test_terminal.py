"""The terminal: commands of the AWS CLI as the person who is signed in, and nothing else."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any

import pytest
import yaml
from awscli.formatter import TableFormatter
from awscli.shorthand import ShorthandParseError, ShorthandParser
from awscli.table import MultiTable, Styler
from awscli.text import format_text
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamd.console.terminal import paging, query, shorthand, words
from iamd.console.terminal.command import understand
from iamd.console.terminal.completion import candidates
from iamd.console.terminal.output import written
from iamd.console.terminal.problems import Problem
from iamd.console.terminal.query import Query
from iamd.services.aside import WAITING, aside
from tests.console.visits import post, sign_in
from tests.live import ACCOUNT, Live
from tests.services.signin.browser import Browser
from tests.services.signin.test_login import trail

Run = Callable[[str], Any]
ARN = f"arn:aws:iam::{ACCOUNT}:user"


@pytest.fixture
def typed(browser: Browser, jane: dict[str, str], iam: Any) -> Run:
    """`typed("aws iam list-users")`: what an administrator's terminal answers, with its exit code."""
    iam.attach_user_policy(UserName="Jane", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    sign_in(browser, jane)

    def run(line: str) -> Any:
        status, told = post(browser, "terminal", {"line": line})
        assert status == 200, told
        return told

    return run


def test_commands_do_what_operations_do(typed: Run, server: Live) -> None:
    made = typed("aws iam create-user --user-name ann --path /staff/ --tags Key=team,Value=red Key=cost,Value='a b'")
    user = json.loads(made["text"])["User"]
    assert (made["status"], user["Arn"]) == (0, f"{ARN}/staff/ann")
    assert user["CreateDate"].endswith("+00:00")
    assert user["Tags"] == [{"Key": "team", "Value": "red"}, {"Key": "cost", "Value": "a b"}]
    (event,) = [each for each in trail(server, "CreateUser") if each["userIdentity"]["arn"] == f"{ARN}/Jane"]
    assert event["sessionCredentialFromConsole"] == "true"
    policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
    for nothing in (
        f"aws iam put-user-policy --user-name ann --policy-name p --policy-document '{policy}'",
        'aws iam tag-user --cli-input-json \'{"UserName":"ann","Tags":[{"Key":"x","Value":""}]}\'',
        "aws iam update-account-password-policy --require-symbols --no-require-numbers --minimum-password-length 12",
    ):
        assert typed(nothing) == {"text": "", "status": 0, "secret": False}
    read = typed("aws iam get-user-policy --user-name ann --policy-name p --query PolicyDocument")
    assert json.loads(read["text"]) == json.loads(policy)
    rules = json.loads(typed("aws iam get-account-password-policy")["text"])["PasswordPolicy"]
    assert (rules["RequireSymbols"], rules["RequireNumbers"], rules["MinimumPasswordLength"]) == (True, False, 12)
    names = typed("aws --output text iam list-users --query 'Users[].UserName'")
    assert names["text"].split() == ["ann", "Jane"]
    assert yaml.safe_load(typed("aws sts get-caller-identity --output yaml")["text"])["Arn"] == f"{ARN}/Jane"
    assert "|  UserName" in typed("aws iam get-user --output table")["text"]
    assert typed("aws --region eu-west-1 cloudtrail lookup-events --start-time 2026-01-01 --max-items 1")["status"] == 0
    assert "eu-west-1" in {each["awsRegion"] for each in trail(server, "LookupEvents")}
    assert trail(server, "ListUsers")[-1]["awsRegion"] == "us-east-1"


def test_what_was_done_is_told_though_the_account_is_busy(typed: Run, server: Live, iam: Any) -> None:
    iam.create_user(UserName="ann")
    go = Event()

    async def kept_busy() -> list[Any]:
        return [asyncio.create_task(aside(ACCOUNT, go.wait)) for _ in range(WAITING + 1)]

    async def all_of(busy: list[Any]) -> None:
        await asyncio.gather(*busy)

    busy = server.run(kept_busy())
    with ThreadPoolExecutor() as pool:
        typing = pool.submit(typed, "aws iam create-access-key --user-name ann")
        try:
            while not typing.done() and not iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]:
                pass
        finally:
            go.set()
        told = typing.result()
    server.run(all_of(busy))
    assert "SecretAccessKey" in json.loads(told["text"])["AccessKey"]


def test_pages_are_put_together(typed: Run, iam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(5):
        iam.create_user(UserName=f"user-{at}")
    every = [*(f"user-{at}" for at in range(5))]
    listed = "aws iam list-users --query '[Users[].UserName,NextToken]'"
    found, token = json.loads(typed(f"{listed} --page-size 2")["text"])
    assert (sorted(found), token) == (sorted([*every, "Jane"]), None)
    first, token = json.loads(typed(f"{listed} --page-size 4 --max-items 3")["text"])
    second, end = json.loads(typed(f"{listed} --page-size 4 --starting-token {token}")["text"])
    assert (sorted(first + second), len(first), end) == (sorted([*every, "Jane"]), 3, None)
    assert json.loads(typed("aws iam list-users --no-paginate")["text"])["IsTruncated"] is False
    assert typed("aws iam list-users --starting-token nonsense")["status"] == 252
    monkeypatch.setattr(paging, "SECONDS", -1.0)
    assert "took longer" in typed("aws iam list-users --page-size 1")["text"]
    monkeypatch.undo()
    monkeypatch.setattr(paging, "MOST_CALLS", 2)
    assert "more than 2 pages" in typed("aws iam list-users --page-size 1")["text"]


WRONG = (
    (
        "aws iam get-user --user-name nobody",
        254,
        "An error occurred (NoSuchEntity) when calling the GetUser operation: ",
    ),
    ("aws iam create-user", 252, "aws: error: the following arguments are required: --user-name"),
    ("aws", 252, "the following arguments are required: command"),
    ("aws iam", 252, "the following arguments are required: operation"),
    ("aws iam lst-users", 252, "  * list-users"),
    ("aws s3 ls", 252, "Found invalid choice 's3'"),
    ("aws iam list-users --colour red", 252, "Unknown options: --colour, red"),
    ("aws iam list-users --output xml", 252, "Invalid choice"),
    ("aws iam list-users --query 'Users['", 252, "Bad value for --query"),
    ("aws iam list-users --max-items x", 252, "expected a number"),
    ("aws iam list-users --starting-token eyJib3RvX3RydW5jYXRlX2Ftb3VudCI6IEluZmluaXR5fQ==", 252, "Bad starting token"),
    ("aws cloudtrail lookup-events --start-time 100000000000000000", 252, "Invalid type for parameter StartTime"),
    ("aws sts get-caller-identity --query 'values(@)[::0]'", 255, "Bad value for --query"),
    ("aws sts get-caller-identity --query 'ceil(`1e400`)'", 255, "Bad value for --query"),
    ("aws sts get-caller-identity --query '[&Arn]'", 255, "& stands before an argument of a function"),
    ("aws sts get-caller-identity --output yaml --query '[`\"\\ud800\"`]'", 255, "cannot be shown in YAML"),
    ("aws iam list-users --endpoint-url http://127.0.0.1", 252, "not available in this terminal"),
    ("aws iam list-users --region mars-1", 255, "Provided region_name 'mars-1'"),
    ("aws iam tag-user --user-name a --tags Key=k,Velue=v", 252, 'Unknown parameter in Tags[0]: "Velue"'),
    ("aws iam tag-user --user-name a --tags Key=k", 252, 'Missing required parameter in Tags[0]: "Value"'),
    ("aws iam tag-user --user-name a --tags nonsense", 252, "Expected: '=', received: 'EOF'"),
    ("aws iam tag-user --user-name a --tags '[{'", 252, "Invalid JSON"),
    ("aws iam list-users --page-size", 252, "argument --page-size: expected one argument"),
    ("aws iam create-policy --policy-name p --policy-document file:///etc/passwd", 252, "there are no files"),
    ("aws iam list-users | cat /etc/passwd", 252, "this terminal has no shell"),
    ("aws iam list-users > /tmp/users", 252, "this terminal has no shell"),
    ("aws iam get-user --user-name $(id)", 252, "this terminal has no shell"),
    ("aws iam get-user --user-name 'open", 252, "A quotation is not closed."),
    ("aws sts assume-role-with-saml --role-arn a --principal-arn b --saml-assertion c", 252, "invalid choice"),
    ("rm -rf /", 127, "rm: command not found"),
    ("", 0, ""),
    ("aws help", 0, "accessanalyzer"),
    ("aws iam help", 0, "create-user"),
    ("aws iam tag-user help", 0, "--tags Key=STRING,Value=STRING ..."),
)


def test_what_is_wrong_is_told_as_the_cli_tells_it(typed: Run) -> None:
    for line, status, told in WRONG:
        printed = typed(line)
        assert (printed["status"], told in printed["text"]) == (status, True), (line, printed)


def test_lines_with_secrets_are_not_to_be_kept(typed: Run) -> None:
    assert typed("aws iam create-login-profile --user-name nobody --password 'correct horse'")["secret"]
    assert typed("aws iam create-login-profile --pasword 'correct horse'")["secret"]
    assert not typed("aws iam list-users")["secret"]


def test_whoever_may_not_is_told_so(browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    status, told = post(browser, "terminal", {"line": "aws iam create-user --user-name eve"})
    assert (status, told["status"]) == (200, 254)
    assert "is not authorized to perform: iam:CreateUser" in told["text"]
    for wrong in ({}, {"line": 5}, {"line": "x" * 70_000}, b"["):
        status, told = post(browser, "terminal", wrong)
        assert (status, told["code"]) == (400, "InvalidInput")


COMPLETED = (
    ("a", ["aws"]),
    ("aws ia", ["iam", "iam-toolbox"]),
    ("aws iam create-us", ["create-user"]),
    ("aws iam create-user --user", ["--user-name"]),
    ("aws iam list-users --user-name x --outp", ["--output"]),
    ("aws iam list-users --output ta", ["table"]),
    ("aws --output json sts get-c", ["get-caller-identity"]),
    ("aws iam update-access-key --status I", ["Inactive"]),
    ("aws iam update-account-password-policy --no-require-sy", ["--no-require-symbols"]),
    ("rm ", []),
    ("aws nothing ", []),
)


def test_completion(browser: Browser, jane: dict[str, str]) -> None:
    sign_in(browser, jane)
    for line, found in COMPLETED:
        assert post(browser, "terminal/completion", {"line": line})[1]["candidates"] == found, line


_PART = st.text("ab=,[]{}'\"\\ .:/-*", max_size=12)


@given(st.lists(_PART, max_size=4).map("".join))
@example("a=b,c=d")
@example("a=b,c,d=e")
@example("a={b=c,d=[e,f]},g=h")
@example("a=['x,y',\"z\"],b=")
@example("a=b\\,c,d=arn:aws:iam::1:user/x y")
@settings(max_examples=100)
def test_shorthand_is_that_of_the_aws_cli(text: str) -> None:
    try:
        expected = ShorthandParser().parse(text)
    except (ShorthandParseError, TypeError):
        expected = None
    try:
        found = shorthand.parse(text)
    except Problem:
        found = None
    if expected is not None:
        assert found == expected


_WORDS = st.sampled_from(
    [*("aws", "iam", "sts", "create-user", "tag-user", "list-users", "help", "--", "-", "--tags", "--user-name", "--no-"),
     *("--query", "--output", "--cli-input-json", "--max-items", "--page-size", "--starting-token", "--tags=x", "'", '"')]
) | st.text("[]{}'\"=,.@|&$\\ ab1\n\u2028é", max_size=8)  # fmt: skip


@given(st.lists(_WORDS, max_size=8).map(" ".join))
@settings(max_examples=200)
def test_whatever_is_typed_is_understood_or_refused(line: str) -> None:
    assert all(isinstance(each, str) for each in candidates(line)[1])
    with suppress(Problem):
        understand(words.split(line)[1:])


_ANSWERS = st.recursive(
    st.text("ab é|", max_size=6) | st.integers(0, 99) | st.booleans(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(["A", "Bb", "Ccc"]), part, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["Users", "Path"]), _ANSWERS, min_size=1))
@settings(max_examples=100)
def test_text_is_that_of_the_aws_cli(answer: dict[str, Any]) -> None:
    stream = io.StringIO()
    try:
        format_text(answer, stream)
    except AttributeError:  # structures and others in one list, which the models have nowhere
        return
    assert written(answer, "text", "ListUsers") == stream.getvalue()


@pytest.mark.parametrize(
    "answer",
    [
        {"Users": [{"Name": "ann", "Path": "/"}, {"Name": "bob", "Path": "/staff/"}]},
        {
            "Users": [{"Name": "ann", "Tags": [{"K": "x", "V": "y"}, {"K": "z", "V": "漢"}]}, {"Name": "b"}],
            "More": ["a", "b"],
        },
        {"Names": [["a", "b"], ["c", "d"]], "One": {"Two": {"Three": [1, 2]}}},
        [["ann", "red"], ["bob", "blue"]],
        ["ann", "bob"],
    ],
)
def test_tables_are_those_of_the_aws_cli(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awscli.table.determine_terminal_width", lambda: 1)  # where structures stand upright
    theirs = object.__new__(TableFormatter)
    theirs.table = MultiTable(initial_section=False, styler=Styler())
    stream = io.StringIO()
    theirs._format_response("ListUsers", answer, stream)
    assert written(answer, "table", "ListUsers") == stream.getvalue()


_OFTEN = f"[{','.join(['@'] * 28)}][]"
MANY = f"['x']|{_OFTEN}|{_OFTEN}|{_OFTEN}"  # 21,952 texts


@pytest.mark.parametrize(
    "expression",
    [
        "|".join(["[@,@]"] * 60),
        "|".join(["[@,@][]"] * 60),
        "|".join(["join('', [to_string(@), to_string(@)])"] * 60),
        "|".join(["{a: @, b: @}"] * 60) + "|to_string(@)",
        f"[{','.join(['@'] * 100)}]",
        "(" * 3_000 + "@" + ")" * 3_000,
        "a" * 5_000,
        f"{MANY}|length(join(join('', @), @))",
        f"{MANY}|map(&`[[{','.join('1' * 1_500)}]]`, @)[][]|length(@)",
    ],
)
def test_queries_are_of_bounded_work(expression: str) -> None:
    with pytest.raises(Problem, match="--query"):
        Query(expression).of({"Users": ["ann", "bob"]})


def test_answers_are_of_bounded_length(monkeypatch: pytest.MonkeyPatch) -> None:
    assert query.weight({"a": ["bc", "d"]}, 100) == 9
    with pytest.raises(Problem, match="too long to be shown"):
        written({"a": "x" * 600_000}, "json", "Get")
    deep: Any = ["x"] * 10_000
    for _ in range(400):
        deep = [deep]
    pairs = {"Row": [{f"k{at}": at} for at in range(1_000)]}
    for value, output in (
        (["x" * 20_000, *["y"] * 20_000], "table"),
        (pairs, "table"),
        (deep, "json"),
        ({"Row": [{f"{at}" * 20: at} for at in range(3_000)]}, "text"),
        ({"a": {"b" * 120_000: ["x"] * 3, "c": deep}}, "json"),
    ):
        with pytest.raises(Problem, match=r"too (long|many)"):
            written(value, output, "Get")
