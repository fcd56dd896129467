"""`iamd replay`: which recorded calls a change would decide otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.cli.main import main
from tests.live import ACCOUNT, live

IAM = f"arn:aws:iam::{ACCOUNT}:"
Replay = Callable[..., tuple[int, Any]]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


TRUST = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:TagSession"]})


def denied(call: Callable[..., Any], **params: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        call(**params)


def perform(server: Any) -> None:
    """Ann lists users three times and reads a user by tag; her session of a role reads users, narrowed once."""
    root = server.client("iam")
    root.create_user(UserName="ann", Tags=[{"Key": "team", "Value": "red"}])
    root.create_user(UserName="bob", Path="/x/", Tags=[{"Key": "team", "Value": "blue"}])
    tagged = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    own = policy(allow("iam:ListUsers", "sts:AssumeRole", "sts:TagSession"), allow("iam:GetUser", Condition=tagged))
    root.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=json.dumps(own))
    root.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    root.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=json.dumps(policy(allow("iam:List*"))))
    key = root.create_access_key(UserName="ann")["AccessKey"]
    iam, sts = server.client("iam", key), server.client("sts", key)
    for _ in range(3):
        iam.list_users()
    iam.get_user(UserName="ann")
    denied(iam.get_user, UserName="bob")
    denied(iam.list_groups)
    role = {"RoleArn": f"{IAM}role/reader", "RoleSessionName": "work", "Tags": [{"Key": "team", "Value": "blue"}]}
    wide = sts.assume_role(**role)["Credentials"]
    server.client("iam", wide).list_roles()
    narrow = sts.assume_role(**role, Policy=json.dumps(policy(allow("iam:ListUsers"))))["Credentials"]
    server.client("iam", narrow).list_users()
    denied(server.client("iam", narrow).list_roles)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with live(in_memory=False, data_dir=str(folder)) as server:
        perform(server)
    return folder


@pytest.fixture
def replay(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Replay:
    def replay(
        *changes: dict[str, Any], flags: tuple[str, ...] = ("--json",), requests: tuple[Any, ...] = ()
    ) -> tuple[int, Any]:
        file = tmp_path / "change.yaml"
        file.write_text(json.dumps({"changes": changes, "requests": requests}))
        capsys.readouterr()
        code = main(["replay", "--change", str(file), "--data-dir", str(data), *flags])
        told = capsys.readouterr()
        return code, json.loads(told.out) if "--json" in flags and told.out else told.out + told.err

    return replay


def flips(told: Any) -> list[tuple[str, str, str, int]]:
    return [
        (
            each["principal"].partition(":::")[2] or each["principal"].split(":")[5],
            each["action"],
            each["would"],
            each["calls"],
        )
        for each in told["flips"]
    ]


def put(name: str, document: Any, user: str = "ann") -> dict[str, Any]:
    return {"iam:PutUserPolicy": {"UserName": user, "PolicyName": name, "PolicyDocument": document}}


def test_no_change_flips_nothing_and_nothing_has_drifted(replay: Replay) -> None:
    code, told = replay()
    assert (code, told["flips"], told["touched"]) == (0, [], 0)
    assert told["calls"] >= 15
    code, told = replay(put("more", policy(allow("sqs:*"))))
    assert (code, told["touched"]) == (0, 0)


def test_every_recorded_decision_is_made_again(replay: Replay) -> None:
    """A policy about everything that changes nothing: all calls of ann's and the role's are decided, as recorded."""
    nothing = policy({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:nothing": "true"}}})
    role = {"iam:PutRolePolicy": {"RoleName": "reader", "PolicyName": "n", "PolicyDocument": nothing}}
    code, told = replay(put("n", nothing), role)
    assert (code, told["flips"], told["driftedBefore"]) == (0, [], 0)
    assert told["touched"] == 11


def test_what_would_be_denied(replay: Replay) -> None:
    denial = policy({"Sid": "NoUsers", "Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*"})
    code, told = replay(put("no", denial))
    assert (code, flips(told)) == (1, [("user/ann", "iam:ListUsers", "deny", 3)])
    (flip,) = told["flips"]
    assert (flip["settledBy"], flip["statements"]) == (
        "identity-based",
        [{"policy": "no", "index": 0, "sid": "NoUsers"}],
    )
    code, text = replay(put("no", denial), flags=())
    assert code == 1
    assert text.startswith(
        "3 recorded calls would be denied\n└─ ✗ arn:aws:iam::123456789012:user/ann\n   └─ iam:ListUsers"
    )
    assert "3 calls, last 20" in text
    assert "; statement NoUsers of no denies it\n" in text


def test_what_would_be_allowed(replay: Replay) -> None:
    code, told = replay(put("more", policy(allow("iam:ListGroups", "iam:GetUser"))))
    assert (code, flips(told)) == (
        1,
        [("user/ann", "iam:GetUser", "allow", 1), ("user/ann", "iam:ListGroups", "allow", 1)],
    )
    assert told["flips"][0]["resources"] == [f"{IAM}user/x/bob"]


def test_the_tags_of_then_count(replay: Replay) -> None:
    blue = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    code, told = replay(put("blue", policy(allow("iam:GetUser", Condition=blue))))
    assert (code, flips(told)) == (1, [("user/ann", "iam:GetUser", "allow", 1)])
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    change = {
        "iam:PutRolePolicy": {
            "RoleName": "reader",
            "PolicyName": "no",
            "PolicyDocument": policy(
                {"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*", "Condition": tagged}
            ),
        }
    }
    assert flips(replay(change)[1]) == [("role/reader", "iam:ListUsers", "deny", 1)]


def test_session_policies_still_narrow(replay: Replay) -> None:
    everything = {
        "iam:PutRolePolicy": {"RoleName": "reader", "PolicyName": "read", "PolicyDocument": policy(allow("*"))}
    }
    code, told = replay(everything)
    assert (code, told["flips"], told["driftedBefore"]) == (0, [], 0)
    nothing = {"iam:DeleteRolePolicy": {"RoleName": "reader", "PolicyName": "read"}}
    assert flips(replay(nothing)[1]) == [
        ("role/reader", "iam:ListRoles", "deny", 1),
        ("role/reader", "iam:ListUsers", "deny", 1),
    ]


TRIED = (
    {"principal": "ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::reports/1"},
    {"principal": f"{IAM}user/ann", "action": "sts:AssumeRole", "resource": f"{IAM}role/reader"},
    {
        "principal": "ann",
        "action": "iam:GetUser",
        "resource": f"{IAM}user/ann",
        "context": {"aws:ResourceTag/team": "red"},
    },
)


def test_requests_that_are_on_no_record(replay: Replay) -> None:
    reads = policy({"Sid": "Reads", **allow("s3:GetObject"), "Resource": "arn:aws:s3:::reports/*"})
    nobody = policy({"Effect": "Deny", "Principal": {"AWS": f"{IAM}user/ann"}, "Action": "sts:AssumeRole"})
    trust = {"iam:UpdateAssumeRolePolicy": {"RoleName": "reader", "PolicyDocument": nobody}}
    code, told = replay(put("more", reads), trust, requests=TRIED)
    assert code == 1, told
    assert [(each["before"], each["after"], each["settledBy"]) for each in told["requests"]] == [
        ("implicitDeny", "allowed", "identity-based"),
        ("allowed", "explicitDeny", "role trust"),
        ("allowed", "allowed", "identity-based"),
    ]
    assert told["requests"][0]["statements"] == [{"policy": "more", "index": 0, "sid": "Reads"}]
    code, text = replay(put("more", reads), requests=TRIED[:1], flags=())
    assert f"{IAM}user/ann: s3:GetObject on arn:aws:s3:::reports/1: allowed instead of denied; statement Reads" in text
    assert replay(requests=TRIED)[0] == 0
    for wrong, said in (
        ({"principal": "eve", "action": "s3:GetObject"}, "eve"),
        ({"action": "s3:GetObject"}, "principal"),
    ):
        code, text = replay(requests=(wrong,))
        assert (code, said in text) == (2, True)


def test_each_request_is_decided_for_its_own_principal(replay: Replay) -> None:
    """Ann may list users, bob may not, whoever was asked about before."""
    may = {"ann": "allowed", "bob": "implicitDeny", "root": "allowed", "reader": "allowed"}
    names = [name for one in may for other in may for name in (one, other, other)]
    told = replay(requests=tuple({"principal": name, "action": "iam:ListUsers"} for name in names))[1]["requests"]
    assert [(each["before"], each["after"]) for each in told] == [(may[name], may[name]) for name in names]


def test_trust_policies_and_boundaries(replay: Replay) -> None:
    trust = policy({"Effect": "Allow", "Principal": {"AWS": f"{IAM}user/x/bob"}, "Action": "sts:AssumeRole"})
    change = {"iam:UpdateAssumeRolePolicy": {"RoleName": "reader", "PolicyDocument": trust}}
    code, told = replay(change)
    assert (code, flips(told)) == (1, [("user/ann", "sts:AssumeRole", "deny", 2)])
    assert told["flips"][0]["settledBy"] == "role trust"
    bound = {
        "iam:PutUserPermissionsBoundary": {
            "UserName": "ann",
            "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        }
    }
    assert flips(replay(bound)[1]) == [
        ("user/ann", "sts:AssumeRole", "deny", 2),
    ]


def test_changes_build_on_each_other(replay: Replay) -> None:
    made = {"iam:CreatePolicy": {"PolicyName": "all", "PolicyDocument": policy(allow("iam:*"))}}
    attached = {"iam:AttachUserPolicy": {"UserName": "ann", "PolicyArn": f"{IAM}policy/all"}}
    _, told = replay(made, attached)
    assert {flip["action"] for flip in told["flips"]} == {"iam:GetUser", "iam:ListGroups"}
    assert replay(attached)[0] == 2


def test_times_are_looked_at_where_policies_do(replay: Replay) -> None:
    now = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    past = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    late, early = (
        policy({"Effect": "Deny", "Action": "iam:ListUsers", "Resource": "*", "Condition": when})
        for when in (now, past)
    )
    assert flips(replay(put("late", late))[1]) == [("user/ann", "iam:ListUsers", "deny", 3)]
    assert replay(put("early", early))[1]["flips"] == []


def test_only_of_the_time_that_is_asked_about(replay: Replay) -> None:
    code, told = replay(put("no", policy(allow("*"))), flags=("--json", "--until", "2020-01-01"))
    assert (code, told["calls"]) == (0, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iam:GetUser": {"UserName": "ann"}}, "iam:GetUser is no operation of iam or organizations that changes"),
        ({"s3:PutBucketPolicy": {}}, "no operation of iam or organizations"),
        ({"iam:PutUserPolicy": {"UserName": "ann"}}, "Member must not be null"),
        ({"iam:PutUserPolicy": {"Nobody": "ann"}}, "it has no parameter Nobody"),
        ({"iam:DeleteUserPolicy": {"UserName": "ann", "PolicyName": "x"}}, "cannot be found"),
        ({"iam:DeleteUser": {"UserName": "ann"}, "account": "999999999999"}, "there is no account 999999999999"),
        ({"organizations:DisablePolicyType": {"RootId": "r-ab12", "PolicyType": "TAG_POLICY"}}, "name its account"),
        ({"a": {}, "b": {}}, "a change must be one call"),
        ({"iam:PutUserPolicy": {"PolicyDocument": {"file": "gone.json"}}}, "gone.json"),
    ],
)
def test_a_change_that_cannot_be_made(replay: Replay, change: dict[str, Any], said: str) -> None:
    code, told = replay(change)
    assert code == 2
    assert said in told


@pytest.mark.parametrize("text", ["changes: x", "[]", "more: 1", "changes: [1]", "changes: [", "\xff"])
def test_a_file_that_is_no_changeset(data: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "change.yaml"
    file.write_text(text, "latin-1")
    assert main(["replay", "--change", str(file), "--data-dir", str(data)]) == 2
