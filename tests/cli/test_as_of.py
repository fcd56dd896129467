"""Questions about the past: `iamd who-can`, `can` and `explain` with `--as-of`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main
from tests.live import ACCOUNT, live

OTHER = "210987654321"
REPORT = "arn:aws:s3:::reports/1"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def allowing(*actions: str) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*"}}
    )


@dataclass
class Story:
    """A data directory, and the revision that each chapter ended with."""

    data: Path
    made: int
    reading: int
    writing: int
    gone: int


def revision(answer: Any) -> int:
    return int(answer["ResponseMetadata"]["HTTPHeaders"]["x-iamd-revision"])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    data = tmp_path_factory.mktemp("data")
    with live(in_memory=False, data_dir=str(data)) as server:
        iam = server.client("iam")
        made = iam.create_user(UserName="alice")
        server.add_account(OTHER)
        reading = iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allowing("s3:GetObject"))
        writing = iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allowing("s3:PutObject"))
        iam.delete_user_policy(UserName="alice", PolicyName="p")
        gone = iam.delete_user(UserName="alice")
    return Story(data, *map(revision, (made, reading, writing, gone)))


@pytest.fixture
def ask(story: Story, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    def ask(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([*arguments, "--json", "--data-dir", str(story.data)])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else said.err

    return ask


Ask = Callable[..., tuple[int, Any]]


def test_who_could_at_each_revision(story: Story, ask: Ask) -> None:
    def may(action: str, when: str) -> bool:
        _, told = ask("who-can", action, REPORT, "--resource-account", ACCOUNT, "--as-of", when)
        assert ROOT in told["allowed"]
        return USER in told["allowed"]

    for action, chapter in (("s3:GetObject", "reading"), ("s3:PutObject", "writing")):
        for name in ("made", "reading", "writing", "gone"):
            assert may(action, f"{ACCOUNT}@{getattr(story, name)}") == (name == chapter)
    assert not may("s3:PutObject", "now")


def test_what_somebody_could_do(story: Story, ask: Ask) -> None:
    _, told = ask("can", "alice", "--service", "s3", "--as-of", f"{ACCOUNT}@{story.writing}")
    assert told["permissions"] == [{"action": "s3:PutObject", "resources": ["*"]}]
    assert ask("can", "alice", "--service", "s3") == (2, "iamd can: there is no principal alice\n")


def test_why_a_request_was_decided_so(story: Story, ask: Ask) -> None:
    asked = ["explain", "--principal", "alice", "--action", "s3:GetObject", "--resource", REPORT]
    code, told = ask(*asked, "--as-of", f"{ACCOUNT}@{story.reading}")
    assert (code, told["decision"]) == (0, "allowed")
    code, told = ask(*asked, "--as-of", f"{ACCOUNT}@{story.writing}")
    assert (code, told["decision"]) == (1, "implicitDeny")


def test_an_account_of_later_is_not_there_yet(story: Story, ask: Ask) -> None:
    _, told = ask("who-can", "iam:ListUsers", "--as-of", f"{ACCOUNT}@{story.made}")
    assert told["allowed"] == [ROOT]
    _, told = ask("who-can", "iam:ListUsers", "--as-of", f"{ACCOUNT}@{story.reading}")
    assert told["allowed"] == [ROOT, ROOT.replace(ACCOUNT, OTHER)]
    assert ask("who-can", "iam:ListUsers", "--as-of", "2001-01-01")[1]["allowed"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["who-can", "iam:ListUsers", "--as-of", "7"], f"whose revision? Write ACCOUNT@7, one of {ACCOUNT}, {OTHER}"),
        (["who-can", "iam:ListUsers", "--as-of", "999999999999@7"], "there is no account 999999999999"),
        (["who-can", "iam:ListUsers", "--as-of", f"{ACCOUNT}@99"], f"account {ACCOUNT} has no revision 99"),
        (["explain", "--action", "iam:ListUsers"], "go with --principal"),
        (["explain", "--principal", "alice"], "--principal takes an --action"),
        (["explain", "x.json", "--principal", "alice", "--action", "iam:ListUsers"], "neither a file nor"),
    ],
)
def test_what_cannot_be_asked(ask: Ask, arguments: list[str], said: str) -> None:
    code, told = ask(*arguments)
    assert code == 2
    assert said in told


def test_no_time_at_all(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ask("can", "alice", "--as-of", "yesterday")
    assert "yesterday is no time: write" in capsys.readouterr().err
