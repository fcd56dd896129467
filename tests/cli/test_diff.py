"""`iamd diff`: what access changed between two points in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main
from tests.live import ACCOUNT, live

IAM = f"arn:aws:iam::{ACCOUNT}:"
Diff = Callable[..., tuple[int, Any]]


def policy(*actions: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def trust(who: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """A data directory, and the revision after each step."""
    folder, reached = tmp_path_factory.mktemp("data"), {}
    with live(in_memory=False, data_dir=str(folder)) as server:
        iam = server.client("iam")

        def step(name: str, operation: str, **params: Any) -> None:
            answer = getattr(iam, operation)(**params)
            reached[name] = int(answer["ResponseMetadata"]["HTTPHeaders"]["x-iamd-revision"])

        put = {"UserName": "ann", "PolicyName": "p"}
        step("ann", "create_user", UserName="ann", Tags=[{"Key": "team", "Value": "red"}])
        step("read", "put_user_policy", **put, PolicyDocument=policy("s3:GetObject", "custom:Do"))
        step("write", "put_user_policy", **put, PolicyDocument=policy("s3:PutObject", "custom:Do"))
        office = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
        step("office", "put_user_policy", **put, PolicyDocument=policy("s3:PutObject", "custom:Do", Condition=office))
        step("role", "create_role", RoleName="ops", AssumeRolePolicyDocument=trust(f"{IAM}user/ann"))
        step("closed", "update_assume_role_policy", RoleName="ops", PolicyDocument=trust(f"{IAM}role/ops"))
        step("all", "attach_user_policy", UserName="ann", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
        sqs = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
        step("bound", "put_user_permissions_boundary", UserName="ann", PermissionsBoundary=sqs)
        step("tagged", "tag_user", UserName="ann", Tags=[{"Key": "cost", "Value": "1"}])
    return folder, reached


@pytest.fixture
def diff(data: tuple[Path, dict[str, int]], capsys: pytest.CaptureFixture[str]) -> Diff:
    folder, reached = data

    def diff(before: str, after: str | None = None, *flags: str) -> tuple[int, Any]:
        capsys.readouterr()
        asked = [str(reached[name]) for name in (before, after) if name is not None]
        code = main(["diff", *asked, *(flags or ["--json"]), "--data-dir", str(folder)])
        out = capsys.readouterr().out
        return code, out if flags else json.loads(out)

    return diff


def of(told: Any, principal: str = "user/ann") -> dict[str, Any]:
    found = [each for each in told["principals"] if each["principal"] == IAM + principal]
    return found[0] if found else {"gained": [], "lost": []}


def test_what_was_gained_and_lost(diff: Diff) -> None:
    code, told = diff("read", "write")
    assert code == 1
    ann = of(told)
    assert ann["gained"] == [{"action": "s3:PutObject", "resources": ["*"], "before": None, "after": ""}]
    assert ann["lost"] == [{"action": "s3:GetObject", "resources": ["*"], "before": "", "after": None}]
    assert [each["principal"] for each in told["principals"]] == [f"{IAM}user/ann"]


def test_the_other_way_round_it_is_the_contrary(diff: Diff) -> None:
    forth, back = of(diff("ann", "write")[1]), of(diff("write", "ann")[1])
    assert [each["action"] for each in forth["gained"]] == ["s3:PutObject", "custom:Do"]
    assert [each["action"] for each in back["lost"]] == ["s3:PutObject", "custom:Do"]


def test_nothing_changed(diff: Diff) -> None:
    assert diff("read", "read") == (0, {"principals": [], "texts": {}})


def test_conditions_count(diff: Diff) -> None:
    lost = of(diff("write", "office")[1])["lost"]
    assert {each["after"] for each in lost} == {"if aws:SourceIp is in 192.0.2.0/24"}
    _, text = diff("write", "office", "--text")
    assert "✗ custom: Do on *, if aws:SourceIp is in 192.0.2.0/24 (before in any case)\n" in text
    assert f"{IAM}user/ann inline policy p\n" in text
    assert '+        "aws:SourceIp": "192.0.2.0/24"\n' in text
    assert text.endswith("1 principals have other access, 1 texts differ\n")


def test_trust_is_access(diff: Diff) -> None:
    ann = of(diff("office", "role")[1])
    assert [(each["action"], each["resources"]) for each in ann["gained"]] == [("sts:AssumeRole", [f"{IAM}role/ops"])]
    told = diff("role", "closed")[1]
    assert [each["action"] for each in of(told)["lost"]] == ["sts:AssumeRole"]


def test_a_boundary_takes_what_it_does_not_name(diff: Diff) -> None:
    ann = of(diff("all", "bound")[1])
    lost = {each["action"] for each in ann["lost"]}
    assert {"iam:CreateUser", "s3:PutObject"} <= lost
    assert not any(action.startswith("sqs:") for action in lost)
    assert ann["gained"] == []
    _, text = diff("all", "bound", "--verbose")
    assert "CreateUser" in text


def test_texts_differ_where_access_does_not(diff: Diff) -> None:
    code, told = diff("bound", "tagged")
    assert (code, told["principals"]) == (0, [])


def test_until_now(diff: Diff) -> None:
    assert diff("tagged")[0] == 0


def test_the_revisions_are_listed(data: tuple[Path, dict[str, int]], capsys: pytest.CaptureFixture[str]) -> None:
    folder, reached = data
    assert main(["history", "--json", "--data-dir", str(folder)]) == 0
    told = {each["revision"]: each["changes"] for each in map(json.loads, capsys.readouterr().out.splitlines())}
    assert told[reached["ann"]] == ["users ann added"]
    assert told[reached["read"]] == ["inline policies p of ann added"]
    assert told[reached["write"]] == ["inline policies p of ann changed"]
    assert told[reached["all"]] == ["attachments arn:aws:iam::aws:policy/IAMFullAccess of ann added"]
    assert told[reached["bound"]] == ["users ann changed"]
    assert main(["history", "-n", "2", "--data-dir", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [str(reached["bound"]), str(reached["tagged"])]
    assert lines[0].endswith("Z  users ann changed")
