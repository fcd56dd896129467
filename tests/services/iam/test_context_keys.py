"""GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy."""

from __future__ import annotations

import json
from typing import Any

from tests.live import ACCOUNT
from tests.services.iam.documents import TRUST, document, statement
from tests.services.iam.support import denied, refused

KEYS = {"StringEquals": {"aws:username": "${aws:PrincipalTag/team}"}}


def asking(key: str) -> str:
    return document(statement("s3:*", Condition={"StringEquals": {key: "x"}}))


def test_custom_keys_keep_their_spelling_and_repeat_per_document(iam: Any) -> None:
    policies = [document(statement("s3:*", Condition=KEYS), statement("s3:*", Condition=KEYS)), asking("AWS:UserName")]
    answer = iam.get_context_keys_for_custom_policy(PolicyInputList=[*policies, policies[1]])
    assert answer["ContextKeyNames"] == ["aws:username", "aws:PrincipalTag/team", "AWS:UserName", "AWS:UserName"]


def test_what_cannot_be_read_is_invalid_input(iam: Any) -> None:
    unknown = json.dumps({"Statement": {"Effect": "Allow", "Foo": 1}})
    assert refused(iam.get_context_keys_for_custom_policy, PolicyInputList=[unknown]) == (
        "InvalidInput",
        "Syntax errors in policy.",
    )


def test_a_users_keys_are_those_of_all_that_bears_on_it(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="shared", PolicyDocument=asking("x:shared"))["Policy"]["Arn"]
    boundary = iam.create_policy(PolicyName="limit", PolicyDocument=asking("x:limit"))["Policy"]["Arn"]
    iam.create_user(UserName="bob", Path="/a/", PermissionsBoundary=boundary)
    iam.create_group(GroupName="all")
    iam.add_user_to_group(GroupName="all", UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=asking("x:own"))
    iam.put_group_policy(GroupName="all", PolicyName="theirs", PolicyDocument=asking("x:theirs"))
    iam.attach_user_policy(UserName="bob", PolicyArn=policy)
    iam.attach_group_policy(GroupName="all", PolicyArn=policy)
    everything = ["x:own", "x:theirs", "x:shared", "x:limit"]
    for path in ("a/", "", "another/path/"):
        answer = iam.get_context_keys_for_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{path}bob")
        assert answer["ContextKeyNames"] == everything
    group = f"arn:aws:iam::{ACCOUNT}:group/all"
    answer = iam.get_context_keys_for_principal_policy(PolicySourceArn=group, PolicyInputList=[asking("x:own")])
    assert answer["ContextKeyNames"] == ["x:own", "x:theirs", "x:shared"]


def test_a_roles_trust_policy_is_not_asked(iam: Any) -> None:
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=role)["ContextKeyNames"] == []


def test_sources_that_are_none(iam: Any) -> None:
    for arn in (
        "this-is-not-an-iam-source-arn",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s",
        f"arn:aws:iam::{ACCOUNT}:root",
    ):
        assert refused(iam.get_context_keys_for_principal_policy, PolicySourceArn=arn) == (
            "InvalidInput",
            f"Invalid Entity Arn: {arn} does not clearly define entity type and name.",
        )
    for kind in ("user", "group", "role"):
        arn = f"arn:aws:iam::{ACCOUNT}:{kind}/nobody"
        assert refused(iam.get_context_keys_for_principal_policy, PolicySourceArn=arn) == (
            "NoSuchEntity",
            f"The {kind} with name nobody cannot be found.",
        )


def test_the_decision_is_on_the_sources_own_arn(iam: Any, user: Any) -> None:
    iam.create_user(UserName="bob", Path="/a/")
    arn = f"arn:aws:iam::{ACCOUNT}:user/a/bob"
    alice = user("alice", statement("iam:GetContextKeysForPrincipalPolicy", arn))("iam")
    assert alice.get_context_keys_for_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/bob")
    alice_arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert refused(alice.get_context_keys_for_principal_policy, PolicySourceArn=alice_arn) == denied(
        alice_arn, "GetContextKeysForPrincipalPolicy", "user alice"
    )
    assert refused(alice.get_context_keys_for_custom_policy, PolicyInputList=[asking("x:y")]) == denied(
        alice_arn, "GetContextKeysForCustomPolicy", "*"
    )


def test_another_accounts_identities_are_out_of_reach(iam: Any) -> None:
    code, _ = refused(iam.get_context_keys_for_principal_policy, PolicySourceArn="arn:aws:iam::999999999999:user/bob")
    assert code in ("AccessDenied", "NoSuchEntity")
