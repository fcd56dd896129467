"""Servers for `with` blocks: who acts, what is left behind, and what is said when one does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError

from iamd.testing import Server, StartError


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server(account_id="111122223333", region="eu-west-1") as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.reset()
    return running


def test_the_root_user_has_the_account_that_was_named(server: Server) -> None:
    assert server.root.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:root"
    assert server.root.client("sts").meta.region_name == "eu-west-1"


def test_users_may_what_their_statements_say(server: Server) -> None:
    alice = server.user("alice", {"Action": "iam:ListUsers", "Resource": "*"})
    assert [user["UserName"] for user in alice.client("iam").list_users()["Users"]] == ["alice"]
    bob = server.user(
        "bob", {"Action": "iam:*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"}
    )
    with pytest.raises(ClientError, match="explicit deny"):
        bob.client("iam").list_users()


def test_roles_are_sessions(server: Server) -> None:
    deployer = server.role("deployer", {"Action": "iam:GetRole", "Resource": "*"}, session="run-1")
    assert deployer.arn == "arn:aws:sts::111122223333:assumed-role/deployer/run-1"
    assert deployer.client("sts").get_caller_identity()["Arn"] == deployer.arn


def test_the_whole_process_acts_as_an_identity(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another")
    before = dict(os.environ)
    with server.user("alice").acting():
        assert boto3.client("sts").get_caller_identity()["Arn"].endswith("user/alice")
        with server.user("bob").acting():
            assert boto3.client("sts").get_caller_identity()["Arn"].endswith("user/bob")
        assert boto3.client("sts").get_caller_identity()["Arn"].endswith("user/alice")
    assert dict(os.environ) == before


def test_a_reset_leaves_nothing(server: Server) -> None:
    server.user("alice")
    server.reset()
    assert server.client("iam").list_users()["Users"] == []


def test_other_accounts(server: Server) -> None:
    other, third = server.account("other"), server.account("third")
    assert len({server.account_id, other.account_id, third.account_id}) == 3
    alice = other.user("alice", {"Action": "iam:ListUsers", "Resource": "*"})
    assert alice.arn == f"arn:aws:iam::{other.account_id}:user/alice"
    assert [each["UserName"] for each in alice.client("iam").list_users()["Users"]] == ["alice"]
    assert third.role("app").arn == f"arn:aws:sts::{third.account_id}:assumed-role/app/test"
    with pytest.raises(ValueError, match="already"):
        server.account("other")


def test_secrets_are_in_no_repr(server: Server) -> None:
    role = server.role("deployer")
    assert role.credentials.secret_access_key not in repr(role)
    assert str(role.credentials.session_token) not in repr(role)


def test_what_does_not_start_says_why() -> None:
    with pytest.raises(StartError, match="IAMD_THROTTLE"), Server(throttle="sometimes"):
        pass
    with pytest.raises(StartError, match="did not start"), Server(seconds=0):
        pass


def test_settings_of_the_surroundings_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAMD_DATA_DIR", "/nowhere")
    with Server() as server:
        assert server.client("sts").get_caller_identity()["Account"] == "123456789012"
    server.stop()
    with pytest.raises(StartError, match="does not run"):
        server.reset()


def test_the_plugin_imports_nothing_heavy() -> None:
    told = (
        "import pytest, sys; before = set(sys.modules); import iamd.testing.plugin; print(*set(sys.modules) - before)"
    )
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    others = [name for name in ran.stdout.split() if not name.startswith("iamd")]
    assert len(others) < 20, others
    assert not {"boto3", "botocore", "uvicorn", "urllib.request"} & set(others)
