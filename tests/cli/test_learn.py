"""`iamd learn report` and `iamd record`: the policies that what was done needs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.cli.main import main
from iamd.testing import Server
from tests import elsewhere

PROGRAM = """
import boto3
s3 = boto3.client("s3")
for number in range(6):
    s3.put_object(Bucket="reports", Key=f"2026/{number}.csv", Body=b"x")
s3.list_objects_v2(Bucket="reports", Prefix="2026/")
boto3.client("sts").get_caller_identity()
raise SystemExit(3)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server on which a user and a role did something, and were refused something."""
    folder = tmp_path_factory.mktemp("data")
    with Server(in_memory=False, data_dir=folder, **elsewhere.settings(folder)) as server:
        alice = server.user("alice", {"Action": ["iam:GetUser", "iam:ListUsers"], "Resource": "*"}).client("iam")
        alice.list_users()
        alice.get_user(UserName="alice")
        with pytest.raises(ClientError):
            alice.create_user(UserName="bob")
        server.role("app-reader", {"Action": "iam:ListRoles", "Resource": "*"}).client("iam").list_roles()
    return folder


def report(capsys: pytest.CaptureFixture[str], data: Path, *flags: str) -> Any:
    assert main(["learn", "report", "--json", "--data-dir", str(data), *flags]) == 0
    return {each["principal"].rpartition(":")[2]: each for each in json.loads(capsys.readouterr().out)}


def actions(policy: Any) -> set[str]:
    named = [each["Action"] for each in policy["Statement"]]
    return {action for each in named for action in ([each] if isinstance(each, str) else each)}


def test_each_principal_gets_the_policy_for_what_it_did(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    found = report(capsys, data)
    assert set(found) == {"user/alice", "user/app-reader-assumes", "role/app-reader"}
    assert found["user/alice"]["policy"]["Statement"] == [
        {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::123456789012:user/alice"},
        {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "arn:aws:iam::123456789012:user/"},
    ]
    assert actions(found["user/app-reader-assumes"]["policy"]) == {"sts:AssumeRole"}
    assert actions(found["role/app-reader"]["policy"]) == {"iam:ListRoles"}


def test_what_was_refused_is_left_out_unless_it_is_wanted(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert "iam:CreateUser" not in actions(report(capsys, data)["user/alice"]["policy"])
    assert "iam:CreateUser" in actions(report(capsys, data, "--with-denied")["user/alice"]["policy"])


def test_reports_are_of_some_time_and_principal(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert set(report(capsys, data, "--principal", "alice", "--since", "1h")) == {"user/alice"}
    assert main(["learn", "report", "--data-dir", str(data), "--until", "2020-01-01"]) == 1


def test_reports_are_files_too(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    assert main(["learn", "report", "--data-dir", str(data), "--to", str(tmp_path / "policies")]) == 0
    written = sorted(file.name for file in (tmp_path / "policies").iterdir())
    assert written == ["role-app-reader.json", "user-alice.json", "user-app-reader-assumes.json"]
    assert main(["validate", *map(str, (tmp_path / "policies").iterdir())]) == 0
    assert main(["learn", "report", "--data-dir", str(data), "--to", str(tmp_path / "policies" / written[0])]) == 2
    assert "calls:" not in capsys.readouterr().out
    assert main(["learn", "report", "--data-dir", str(data)]) == 0
    assert "user/alice, 3 calls:" in capsys.readouterr().out


def test_a_program_is_recorded(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    before = f"'{Path(sys.executable).parent}/aws' s3 mb s3://reports >&2"
    assert main(["record", "--output", str(file), "--before", before, "--", sys.executable, "-c", PROGRAM]) == 3
    assert capfd.readouterr().out == ""
    policy = json.loads(file.read_text())
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::reports",
            "Condition": {"StringEquals": {"s3:prefix": "2026/"}},
        },
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/2026/*"},
    ]


def test_what_cannot_be_recorded_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "--upstream", "s3", "--", "true"]) == 2
    assert "must be SERVICE=URL" in capfd.readouterr().err
    assert main(["record", "--upstream", "*=http://127.0.0.1:1", "--", "no-such-program"]) == 2
    assert "no-such-program: No such file" in capfd.readouterr().err
    assert main(["record", "--upstream", "*=http://127.0.0.1:1", "--", "true"]) == 0
    assert "no request that needs a permission" in capfd.readouterr().err
    assert main(["record", "--upstream", "*=http://127.0.0.1:1", "--before", "false", "--", "true"]) == 2
    assert "--before failed" in capfd.readouterr().err
