"""`iamd unused`: what nobody used, and the policies that would do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.cli.main import main
from tests import elsewhere
from tests.live import ACCOUNT, live

IAM = f"arn:aws:iam::{ACCOUNT}:"
DAYS_100 = 100 * 86_400 * 1_000_000
Unused = Callable[..., tuple[int, Any]]
LINES = {
    "users": ("created", "password_last_used"),
    "roles": ("created",),
    "policies": ("created",),
    "access_keys": ("created",),
    "login_profiles": ("created",),
    "events": ("time",),
    "last_used": ("time",),
}


def allowing(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def long_ago(root: Any) -> dict[str, Any]:
    """Ann works, and bob and two roles never do; returns ann's first key."""
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    for name in ("ann", "bob"):
        root.create_user(UserName=name)
    for name in ("reader", "idle"):
        root.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    for name, actions in (("loose", ["iam:*"]), ("queues", ["sqs:*"]), ("look", ["iam:List*", "iam:GetUser"])):
        root.create_policy(PolicyName=name, PolicyDocument=allowing(*actions))
    for name in ("queues", "look"):
        root.attach_user_policy(UserName="ann", PolicyArn=f"{IAM}policy/{name}")
    root.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=allowing("sts:AssumeRole", "kms:Decrypt"))
    root.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=allowing("iam:ListUsers"))
    root.create_login_profile(UserName="bob", Password="correct-horse-battery-staple-1")
    root.create_access_key(UserName="ann")
    return dict(root.create_access_key(UserName="ann")["AccessKey"])


def lately(server: Any, key: Any) -> None:
    iam = server.client("iam", key)
    iam.list_users()
    iam.get_user(UserName="bob")
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.delete_user(UserName="bob")
    role = {"RoleArn": f"{IAM}role/reader", "RoleSessionName": "ann"}
    session = server.client("sts", key).assume_role(**role)["Credentials"]
    server.client("iam", session).list_users()
    server.client("iam").create_user(UserName="new")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was done long ago, made a hundred days old, and what was done lately."""
    folder = tmp_path_factory.mktemp("data")
    with live(in_memory=False, data_dir=str(folder)) as server:
        key = long_ago(server.client("iam"))
    aged = [f"UPDATE {table} SET {column} = {column} - {DAYS_100}" for table in LINES for column in LINES[table]]
    elsewhere.query(folder, *aged)
    with live(in_memory=False, data_dir=str(folder)) as server:
        lately(server, key)
    return folder


@pytest.fixture
def unused(data: Path, capsys: pytest.CaptureFixture[str]) -> Unused:
    def unused(*flags: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main(["unused", *flags, "--data-dir", str(data)])
        out = capsys.readouterr().out
        return code, json.loads(out)["accounts"][0] if "--json" in flags else out

    return unused


def names(told: Any, kind: str) -> list[str]:
    return [each["name"].removeprefix(IAM) for each in told["unused"] if each["kind"] == kind]


def test_what_nobody_used(unused: Unused) -> None:
    code, told = unused("--days", "90", "--json")
    assert code == 1
    assert names(told, "user") == ["user/bob"]
    assert names(told, "role") == ["role/idle"]
    assert names(told, "password") == ["user/bob"]
    (key,) = names(told, "access key")
    assert key.endswith(f" of {IAM}user/ann")
    assert {each["name"].partition("/")[2]: each["why"] for each in told["unused"] if each["kind"] == "policy"} == {
        "loose": "attached to nothing",
        "queues": "none of its services was used by whoever has it",
    }


def test_permissions_that_were_not_used(unused: Unused) -> None:
    _, told = unused("--json")
    (ann,) = told["permissions"]
    assert (ann["principal"], ann["services"]) == (f"{IAM}user/ann", ["kms", "sqs"])
    assert "iam:ListRoles" in ann["actions"]
    assert not {"iam:ListUsers", "iam:GetUser", "sts:AssumeRole", "iam:DeleteUser"} & set(ann["actions"])


def test_the_policy_that_would_do_flips_nothing(unused: Unused, data: Path, tmp_path: Path) -> None:
    _, told = unused("--json")
    policy = told["permissions"][0]["policy"]
    actions = {action for each in policy["Statement"] for action in _listed(each["Action"])}
    assert actions == {"iam:ListUsers", "iam:GetUser", "sts:AssumeRole"}
    changes = [
        {"iam:DetachUserPolicy": {"UserName": "ann", "PolicyArn": f"{IAM}policy/look"}},
        {"iam:DetachUserPolicy": {"UserName": "ann", "PolicyArn": f"{IAM}policy/queues"}},
        {"iam:PutUserPolicy": {"UserName": "ann", "PolicyName": "own", "PolicyDocument": policy}},
    ]
    (tmp_path / "change.json").write_text(json.dumps({"changes": changes}))
    assert main(["replay", "--change", str(tmp_path / "change.json"), "--data-dir", str(data)]) == 0


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_people_are_told(unused: Unused) -> None:
    _, text = unused()
    assert f"Users that nobody used: 1\n└─ {IAM}user/bob, never used\n" in text
    assert "Access keys that nobody used: 1\n" in text
    assert f"└─ {IAM}policy/queues, none of its services was used by whoever has it\n" in text
    assert f"{IAM}user/ann may do more than it did\n├─ 2 services not used: kms, sqs\n" in text
    assert 'What it did takes: {"Version": "2012-10-17"' in text


def test_what_is_younger_than_that_is_left_out(unused: Unused) -> None:
    _, told = unused("--days", "365", "--json")
    assert told["unused"] == []
    _, text = unused("--days", "365")
    assert "what was used before that is not known" in text


@pytest.mark.parametrize(
    ("flags", "said"), [(["--days", "0"], "at least 1"), (["--account", "999999999999"], "there is no account")]
)
def test_what_cannot_be_asked(data: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str) -> None:
    assert main(["unused", *flags, "--data-dir", str(data)]) == 2
    assert said in capsys.readouterr().err
