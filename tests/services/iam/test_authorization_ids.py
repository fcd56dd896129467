"""Denials that can be asked about afterwards, by the authorization id in their message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main
from iamd.guard.denials import needed
from tests.live import ROOT_KEY, ROOT_SECRET, Live, live
from tests.services.iam.support import authorization_id, refused


def test_each_denial_of_iam_has_an_id_of_its_own(user: Any) -> None:
    bob = user("bob")("iam")
    ids = {authorization_id(bob.get_role, RoleName="App") for _ in range(3)}
    assert len(ids) == 3


def test_some_denials_have_none(user: Any) -> None:
    bob = user("bob")
    for operation, params in (
        (bob("sts").get_access_key_info, {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}),
        (bob("iam").list_organizations_features, {}),
    ):
        code, message = refused(operation, **params)
        assert code == "AccessDenied"
        assert "authorization id" not in message


def test_the_audit_record_has_the_id(server: Live, user: Any) -> None:
    denied = authorization_id(user("bob")("iam").list_users)
    kept = server.run(server.realm.store.denial(denied, needed))
    assert kept is not None
    assert kept.account_id == "123456789012"
    assert server.run(server.realm.store.denial("0" * 25, needed)) is None


def test_a_denial_is_explained_from_the_data_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:ListGroups", "Resource": "*"}}
    with live(in_memory=False, data_dir=str(tmp_path)) as server:
        iam = server.client("iam", {"AccessKeyId": ROOT_KEY, "SecretAccessKey": ROOT_SECRET})
        iam.create_user(UserName="bob")
        iam.put_user_policy(UserName="bob", PolicyName="then", PolicyDocument=json.dumps(policy))
        bob = server.client("iam", iam.create_access_key(UserName="bob")["AccessKey"])
        denied = authorization_id(bob.list_users)
        iam.delete_user_policy(UserName="bob", PolicyName="then")
    asked = ["explain", "--authorization-id", denied, "--data-dir", str(tmp_path)]
    assert main(asked) == 1
    told = capsys.readouterr().out
    assert "user/bob may not iam:ListUsers" in told
    assert "statement 1 of then" in told, "the policy as it was then"
    assert main([*asked, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["decision"] == "implicitDeny"
    assert main(["explain", "--authorization-id", "nothing", "--data-dir", str(tmp_path)]) == 2
    assert "kept for a day" in capsys.readouterr().err
