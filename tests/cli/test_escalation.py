"""`iamd escalation` over a data directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from iamd.cli.main import main

ACCOUNT = "111122223333"
IAM = f"arn:aws:iam::{ACCOUNT}:"
MADE = "2026-01-01T00:00:00+00:00"


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def user(name: str, number: int, *groups: str, **policies: Any) -> dict[str, Any]:
    return {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{number:016}",
        "Arn": f"{IAM}user/{name}",
        "CreateDate": MADE,
        "UserPolicyList": [{"PolicyName": each, "PolicyDocument": text} for each, text in policies.items()],
        "GroupList": list(groups),
        "AttachedManagedPolicies": [],
        "Tags": [],
    }


def account() -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"AWS": f"{IAM}root"}, "Action": "sts:AssumeRole"}
    power = {
        "Path": "/",
        "RoleName": "power",
        "RoleId": "AROA0000000000000001",
        "Arn": f"{IAM}role/power",
        "CreateDate": MADE,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "all", "PolicyDocument": allow("*")}],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }
    group = {
        "Path": "/",
        "GroupName": "editors",
        "GroupId": "AGPA0000000000000001",
        "Arn": f"{IAM}group/editors",
        "CreateDate": MADE,
        "GroupPolicyList": [{"PolicyName": "edit", "PolicyDocument": allow("iam:PutGroupPolicy")}],
        "AttachedManagedPolicies": [],
    }
    users = [
        user("eve", 1, assume=allow("sts:AssumeRole")),
        user("ann", 2, "editors"),
        user("bob", 3, s3=allow("s3:*")),
    ]
    return {"UserDetailList": users, "GroupDetailList": [group], "RoleDetailList": [power], "Policies": []}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("escalation")
    file = folder / "account.json"
    file.write_text(json.dumps(account()))
    assert main(["import", "aws-authorization-details", str(file), "--data-dir", str(folder / "data")]) == 0
    return str(folder / "data")


def test_ways_and_what_closes_them_are_told(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["escalation", "--json", "--data-dir", data]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["administrators"] == [f"{IAM}role/power"]
    ways = {each["principal"]: [edge["method"] for edge in each["path"]] for each in told["paths"]}
    assert ways == {f"{IAM}user/eve": ["assuming"], f"{IAM}user/ann": ["edit of own policies"]}
    assert {cut["change"] for cut in told["cuts"]} >= {f"let {IAM}role/power be assumed by no one else"}


def test_the_same_in_words_and_as_a_drawing(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawing = tmp_path / "ways.svg"
    assert main(["escalation", "--data-dir", data, "--svg", str(drawing)]) == 1
    shown = capsys.readouterr().out
    assert "iam:PutGroupPolicy on " in shown
    assert "1 are administrators, 2 more can become one" in shown
    assert ElementTree.parse(drawing).getroot().tag.endswith("svg")


def test_the_way_of_one_principal_is_asked_for(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["escalation", "eve", "power", "--json", "--data-dir", data]) == 1
    (edge,) = json.loads(capsys.readouterr().out)["path"]
    assert edge["steps"][0]["statements"] == [{"policy": "assume", "index": 0, "sid": None}]
    assert main(["escalation", "bob", "--data-dir", data]) == 0
    assert capsys.readouterr().out == f"there is no way from {IAM}user/bob to administrator\n"
    assert main(["escalation", "bob", "--json", "--data-dir", data]) == 0
    assert main(["escalation", "power", "--data-dir", data]) == 1
    assert main(["escalation", "nobody", "--data-dir", data]) == 2
    assert main(["escalation", "bob", "--svg", "x.svg", "--data-dir", data]) == 2


def test_what_the_comparison_says_of_iamd_is_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """docs/explanation/comparison.md: who can become an administrator, who cannot, who is one."""
    root = Path(__file__).parents[2]
    page = (root / "docs/explanation/comparison.md").read_text().splitlines()
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in page if line.startswith("| `")]
    data = ["--data-dir", str(tmp_path / "data")]
    assert main(["import", "aws-authorization-details", str(root / "examples/escalation/account.json"), *data]) == 0
    capsys.readouterr()
    assert main(["escalation", "--json", *data]) == 1
    told = json.loads(capsys.readouterr().out)
    ways = {each["principal"].rpartition("/")[2] for each in told["paths"]}
    administrators = {arn.rpartition("/")[2] for arn in told["administrators"]}
    assert len(rows) == 24
    assert ways == {name for name, _, truth, *_ in rows if truth == "yes"}
    assert administrators >= {name for name, _, truth, *_ in rows if truth == "—"}
    assert not administrators & {name for name, _, truth, *_ in rows if truth == "no"}
