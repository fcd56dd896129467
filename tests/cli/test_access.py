"""`iamd import`, `iamd who-can` and `iamd can` over a data directory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamd.analysis.access import Question, permissions
from iamd.cli.access.accounts import load_accounts
from iamd.cli.access.surroundings import load_surroundings
from iamd.cli.main import main
from iamd.cli.progress import progress
from iamd.policy import decide
from tests import elsewhere
from tests.live import ACCOUNT as LIVE
from tests.live import live

EXAMPLE = Path("examples/imported-account")
ACCOUNT = "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}:"
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the example's account."""
    folder = tmp_path_factory.mktemp("data") / "new"
    given = ["--service-control-policies", str(EXAMPLE / "scps.json")]
    given += ["--resource-policies", str(EXAMPLE / "resource-policies.json"), "--data-dir", str(folder)]
    assert main(["import", "aws-authorization-details", str(EXAMPLE / "account.json"), *given]) == 0
    return folder


@pytest.fixture
def ask(data: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command over the data with `--json`; its exit code and what it printed."""

    def ask(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([*arguments, "--json", "--data-dir", str(data)])
        return code, json.loads(capsys.readouterr().out)

    return ask


def details(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLE / "account.json").read_text())
    return {**found, **changes}


def imported(tmp_path: Path, found: Any, *flags: str) -> int:
    file = tmp_path / "account.json"
    file.write_text(json.dumps(found) if not isinstance(found, str) else found)
    return main(["import", "aws-authorization-details", str(file), "--data-dir", str(tmp_path / "data"), *flags])


@pytest.mark.parametrize(
    ("arguments", "code", "allowed"),
    [
        (["s3:GetObject", "arn:aws:s3:::reports/red/1"], 0, ["root", "user/ann", "user/eve", "role/apps/web"]),
        (["s3:GetObject", "arn:aws:s3:::reports/secret/1"], 0, ["root"]),
        (["s3:ListBucket", "arn:aws:s3:::reports"], 0, ["root", "role/apps/web"]),
        (["iam:CreateUser"], 1, []),
        (["sts:AssumeRole", f"{IAM}role/auditor"], 0, ["user/ann"]),
        (["iam:ListUsers"], 0, ["root", "role/auditor"]),
        (["s3:PutObject", "arn:aws:s3:::b/k", "--resource-account", "444455556666"], 1, []),
    ],
)
def test_who_can(ask: Ask, arguments: list[str], code: int, allowed: list[str]) -> None:
    found, told = ask("who-can", *arguments)
    assert (found, told["allowed"]) == (code, [IAM + name for name in allowed])


def test_what_depends_on_unknown_keys_is_told(ask: Ask) -> None:
    code, told = ask("who-can", "s3:GetObject", "arn:aws:s3:::reports/blue/1")
    (conditional,) = told["conditional"]
    assert conditional["principal"] == f"{IAM}user/bob"
    assert conditional["needs"][0]["conditions"][0]["key"] == "aws:SourceIp"
    _, known = ask("who-can", "s3:GetObject", "arn:aws:s3:::reports/blue/1", "--context", "aws:SourceIp=192.0.2.9")
    assert f"{IAM}user/bob" in known["allowed"]
    assert code == 0


def test_who_can_agrees_with_decisions(data: Path, ask: Ask) -> None:
    accounts = load_accounts(elsewhere.place(data))
    for action in ("s3:GetObject", "s3:PutObject", "iam:CreateUser", "sts:AssumeRole", "kms:Decrypt"):
        for resource in ("arn:aws:s3:::reports/red/1", f"{IAM}role/auditor", f"{IAM}role/apps/web"):
            _, told = ask("who-can", action, resource)
            question = Question(action, resource, accounts.owner_of(resource), accounts.policy_of(resource))
            expected = [each.principal.arn for each in accounts.holders() if decide(*question.by(each)).allowed]
            assert told["allowed"] == expected
            reach = accounts.reach({}, resource)
            able = [
                each.principal.arn for each in accounts.holders() if list(permissions(each, [(action, True)], reach))
            ]
            assert able == expected


def test_can(ask: Ask) -> None:
    _, told = ask("can", "ann", "--service", "s3", "--service", "STS")
    assert told["permissions"] == [
        {"action": "s3:GetObject", "resources": ["arn:aws:s3:::reports/red/*"]},
        {"action": "s3:GetObjectVersion", "resources": ["arn:aws:s3:::reports/red/*"]},
        {"action": "sts:AssumeRole", "resources": [f"{IAM}role/auditor"]},
        {"action": "sts:GetCallerIdentity", "resources": ["*"]},
        {"action": "sts:GetSessionToken", "resources": ["*"]},
    ]
    _, edge = ask("can", f"{IAM}role/apps/web", "--service", "s3")
    assert edge["permissions"][0] == {
        "action": "s3:GetObject",
        "resources": ["arn:aws:s3:::*/*"],
        "denied": ["arn:aws:s3:::reports/secret/*"],
    }
    code, nothing = ask("can", "bob", "--service", "ec2")
    assert (code, nothing["permissions"]) == (1, [])


def test_people_are_told_in_a_tree(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--service", "s3", "--context", "aws:SourceIp=192.0.2.9", "--data-dir", str(data)]
    assert main(["can", "bob", *flags]) == 0
    assert "actions on arn:aws:s3:::reports/*\n" in capsys.readouterr().out
    assert main(["can", "auditor", "--service", "iam", "--verbose", "--data-dir", str(data)]) == 0
    assert "GetUser" in capsys.readouterr().out
    assert main(["who-can", "s3:GetObject", "arn:aws:s3:::reports/red/1", "--data-dir", str(data)]) == 0
    told = capsys.readouterr().out
    assert f"{IAM}user/bob, if aws:SourceIp is in 192.0.2.0/24" in told
    assert "4 of 6 principals are allowed" in told


def test_a_policy_of_the_resource_can_be_given(ask: Ask, tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"{IAM}user/bob"}, "Action": "sqs:*", "Resource": "*"}
    file = tmp_path / "queue.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"
    _, told = ask("who-can", "sqs:SendMessage", queue, "--resource-policy", str(file))
    assert told["allowed"] == [f"{IAM}root", f"{IAM}user/bob"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["who-can", "s3"], "an action is service:Action"),
        (["who-can", "s3:GetObject", "--context", "x"], "write KEY=VALUE"),
        (["who-can", "s3:GetObject", "--resource-policy", "nowhere.json"], "No such file"),
        (["who-can", "s3:GetObject", "--resource-policy", str(EXAMPLE / "account.json")], "Syntax errors|unknown"),
        (["can", "nobody"], "there is no principal nobody"),
        (["can", "ann", "--service", "unicorn"], "no service `unicorn`"),
    ],
)
def test_wrong_questions_are_told(
    data: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--data-dir", str(data)]) == 2
    err = capsys.readouterr().err
    assert any(part in err for part in said.split("|")), err


@pytest.mark.embedded("its file is not there")
def test_without_data_there_is_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["who-can", "s3:GetObject", "--data-dir", str(tmp_path)]) == 2
    assert "there is no database" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_account_is_imported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path, details(), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["account"] == ACCOUNT
    assert told["rootSecretAccessKey"]
    assert imported(tmp_path, details()) == 2
    assert f"account {ACCOUNT} is there already" in capsys.readouterr().err


def test_names_that_two_have_are_not_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = details()
    found["RoleDetailList"][1] |= {"RoleName": "ann", "Arn": f"{IAM}role/ann"}
    assert imported(tmp_path, found) == 0
    assert main(["can", "ann", "--data-dir", str(tmp_path / "data")]) == 2
    assert f"which one? {IAM}role/ann, {IAM}user/ann" in capsys.readouterr().err
    assert main(["can", f"{IAM}user/ann", "--service", "sts", "--data-dir", str(tmp_path / "data")]) == 0


def test_policies_of_aws_that_differ_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = details()
    found["UserDetailList"][0]["AttachedManagedPolicies"] = [
        {"PolicyName": "Unheard", "PolicyArn": "arn:aws:iam::aws:policy/Unheard"}
    ]
    found["Policies"][1]["DefaultVersionId"] = "v999"
    assert imported(tmp_path, found) == 0
    told = capsys.readouterr().out
    assert "arn:aws:iam::aws:policy/Unheard is not in the reference: here it allows nothing" in told
    assert "AdministratorAccess has another version in the reference" in told


def broken(section: str, at: int, **changes: Any) -> dict[str, Any]:
    found = details()
    entity = found[section][at]
    for name, value in changes.items():
        if value is None:
            del entity[name]
        else:
            entity[name] = value
    return found


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("{", "no JSON"),
        ({}, "this is not what"),
        (details(IsTruncated=True), "cut off"),
        (details(UserDetailList=[], GroupDetailList=[], RoleDetailList=[], Policies=[]), "just one account"),
        (broken("UserDetailList", 0, Arn="arn:aws:iam::444455556666:user/ann"), "just one account"),
        (broken("UserDetailList", 0, UserId=None), "no 'UserId'"),
        (broken("UserDetailList", 0, CreateDate="yesterday"), "not as AWS prints it"),
        (broken("UserDetailList", 0, GroupList=["nowhere"]), "no 'nowhere'"),
        (broken("Policies", 0, DefaultVersionId="v9"), "comes without its default version"),
        (broken("RoleDetailList", 0, AssumeRolePolicyDocument={"Statement": []}), "trust policy of web"),
        (broken("UserDetailList", 1, UserPolicyList=[{"PolicyName": "p", "PolicyDocument": "%7B"}]), "policy p"),
    ],
)
def test_what_is_no_account_is_told(found: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(tmp_path, found) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "data" / "iamd.db").exists()


@pytest.mark.parametrize(
    ("flag", "content", "said"),
    [
        ("--service-control-policies", '[{"target": "r"}]', "control policies must be a list"),
        ("--resource-control-policies", '{"a": 1}', "control policies must be a list"),
        ("--resource-policies", "[]", "an object of documents by ARN"),
        ("--resource-policies", '{"arn:aws:s3:::b": {}}', "policy `arn:aws:s3:::b`"),
        ("--resource-policies", None, "No such file"),
    ],
)
def test_unsound_surroundings_are_told_before_anything_is_written(
    flag: str, content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file.json"
    if content is not None:
        file.write_text(content)
    assert imported(tmp_path, details(), flag, str(file)) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_the_management_account_is_kept(tmp_path: Path) -> None:
    scps = str(EXAMPLE / "scps.json")
    assert imported(tmp_path, details(), "--service-control-policies", scps, "--management-account", ACCOUNT) == 0
    assert load_surroundings(tmp_path / "data", ACCOUNT).management_account == ACCOUNT
    assert main(["who-can", "iam:CreateUser", "--data-dir", str(tmp_path / "data")]) == 0  # SCPs do not bind it
    (tmp_path / "data/surroundings" / f"{ACCOUNT}.json").write_text("[]")
    assert main(["who-can", "iam:CreateUser", "--data-dir", str(tmp_path / "data")]) == 2


def test_an_account_that_a_server_tells_is_imported_as_it_is(tmp_path: Path) -> None:
    """Both forms of documents: percent-encoded as the API answers, and as the CLI prints them."""
    with live() as server:
        iam = server.client("iam")
        everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
        iam.create_group(GroupName="g", Path="/x/")
        iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=json.dumps(everything))
        arn = iam.create_policy(PolicyName="m", PolicyDocument=json.dumps(everything))["Policy"]["Arn"]
        iam.create_user(UserName="u", PermissionsBoundary=arn, Tags=[{"Key": "k", "Value": "v"}])
        iam.add_user_to_group(GroupName="g", UserName="u")
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{LIVE}:user/u"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)
        iam.create_instance_profile(InstanceProfileName="i")
        iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
        iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        answer = iam.get_account_authorization_details()
    answer.pop("ResponseMetadata")
    assert imported(tmp_path, json.loads(json.dumps(answer, default=lambda moment: moment.isoformat()))) == 0
    accounts = load_accounts(elsewhere.place(tmp_path / "data"))
    records = accounts.records[LIVE]
    assert [user.boundary for user in records.users] == [arn]
    assert [profile.role_id for profile in records.profiles] == [role.id for role in records.roles]
    assert [role.trusted for role in records.roles] == [
        ((f"arn:aws:iam::{LIVE}:user/u", next(iter(records.users)).id),)
    ]
    user = accounts.holder("u")
    assert user.context["aws:principaltag/k"] == "v"
    assert decide(*Question("s3:GetObject", "arn:aws:s3:::b/k").by(user)).allowed
    arn = f"arn:aws:iam::{LIVE}:role/r"
    assert decide(*Question("sts:AssumeRole", arn, None, accounts.trusts[arn]).by(user)).allowed
    assert decide(*Question("ec2:DescribeInstances").by(accounts.holder("r"))).allowed


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_told_to_people_only(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr("iamd.cli.progress.perf_counter", lambda: float(next(ticks)))
    screen, pipe = Screen(), io.StringIO()
    assert list(progress(range(3), 3, "asked", screen)) == [0, 1, 2]
    assert "\r\x1b[Kasked: 1 of 3" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")
    assert list(progress(range(3), 3, "asked", pipe)) == [0, 1, 2]
    assert pipe.getvalue() == ""
