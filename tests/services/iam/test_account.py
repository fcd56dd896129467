"""The account's alias and summary, through the public door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.live import ACCOUNT, Live, live
from tests.services.iam.documents import TRUST, statement
from tests.services.iam.support import denied, let, refused


def test_an_account_has_no_alias_at_first(iam: Any) -> None:
    answer = iam.list_account_aliases()
    assert answer["AccountAliases"] == []
    assert answer["IsTruncated"] is False


def test_a_new_alias_replaces_the_old_one(iam: Any) -> None:
    iam.create_account_alias(AccountAlias="first-name")
    iam.create_account_alias(AccountAlias="second")
    assert iam.list_account_aliases()["AccountAliases"] == ["second"]
    iam.create_account_alias(AccountAlias="first-name")  # is free again


def test_an_alias_that_is_taken_is_refused_even_to_its_owner(iam: Any) -> None:
    iam.create_account_alias(AccountAlias="acme")
    assert refused(iam.create_account_alias, AccountAlias="acme") == (
        "EntityAlreadyExists",
        "The account alias acme already exists.",
    )


def test_no_two_accounts_have_the_same_alias(iam: Any, server: Live) -> None:
    other = server.client("iam", server.add_account("210987654321"))
    iam.create_account_alias(AccountAlias="acme")
    assert refused(other.create_account_alias, AccountAlias="acme")[0] == "EntityAlreadyExists"
    assert refused(other.delete_account_alias, AccountAlias="acme")[0] == "NoSuchEntity"
    iam.delete_account_alias(AccountAlias="acme")
    other.create_account_alias(AccountAlias="acme")
    assert refused(iam.create_account_alias, AccountAlias="acme")[0] == "EntityAlreadyExists"


@pytest.mark.parametrize("alias", ["-ab", "ab-", "a--b", "Abc", "a_b", "ä-b"])
def test_impossible_aliases_are_refused(iam: Any, alias: str) -> None:
    code, message = refused(iam.create_account_alias, AccountAlias=alias)
    assert code == "ValidationError"
    assert "Value at 'accountAlias' failed to satisfy constraint" in message


def test_an_alias_must_not_look_like_an_account(iam: Any) -> None:
    assert refused(iam.create_account_alias, AccountAlias="123456789012")[0] == "ValidationError"
    iam.create_account_alias(AccountAlias="1234567890123")


def test_only_the_present_alias_can_be_deleted(iam: Any) -> None:
    iam.create_account_alias(AccountAlias="acme")
    assert refused(iam.delete_account_alias, AccountAlias="other")[0] == "NoSuchEntity"
    iam.delete_account_alias(AccountAlias="acme")
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert refused(iam.delete_account_alias, AccountAlias="acme")[0] == "NoSuchEntity"


def test_the_alias_names_the_root_user(iam: Any) -> None:
    iam.create_account_alias(AccountAlias="acme")
    assert iam.get_user()["User"]["UserName"] == "acme"
    assert iam.list_access_keys()["AccessKeyMetadata"][0]["UserName"] == "acme"


# As live AWS answered in September 2026, for an account with default quotas.
QUOTAS = {
    "UsersQuota": 5000,
    "GroupsQuota": 300,
    "RolesQuota": 1000,
    "PoliciesQuota": 1500,
    "InstanceProfilesQuota": 1000,
    "ServerCertificatesQuota": 20,
    "GroupsPerUserQuota": 10,
    "AccessKeysPerUserQuota": 2,
    "SigningCertificatesPerUserQuota": 2,
    "AttachedPoliciesPerUserQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 20,
    "VersionsPerPolicyQuota": 5,
    "PolicyVersionsInUseQuota": 10000,
    "PolicySizeQuota": 6144,
    "UserPolicySizeQuota": 2048,
    "GroupPolicySizeQuota": 5120,
    "RolePolicySizeQuota": 10240,
    "AssumeRolePolicySizeQuota": 2048,
    "GlobalEndpointTokenVersion": 1,
}


def test_the_summary_has_aws_s_34_entries(iam: Any) -> None:
    summary = iam.get_account_summary()["SummaryMap"]
    assert len(summary) == 34
    assert {key: summary[key] for key in QUOTAS} == QUOTAS
    assert {key: value for key, value in summary.items() if key not in QUOTAS and value} == {
        "AccountAccessKeysPresent": 1
    }


def test_quotas_are_those_of_the_settings() -> None:
    given = "groups=1,policies_per_user=2,policies_per_role=1,trust_policy_size=40"
    with live(quotas=given) as server:
        iam = server.client("iam")
        told = {
            "GroupsQuota": 1,
            "AttachedPoliciesPerUserQuota": 2,
            "AttachedPoliciesPerRoleQuota": 1,
            "AssumeRolePolicySizeQuota": 40,
        }
        summary = iam.get_account_summary()["SummaryMap"]
        assert {key: summary[key] for key in QUOTAS} == QUOTAS | told
        iam.create_group(GroupName="one")
        assert refused(iam.create_group, GroupName="two") == (
            "LimitExceeded",
            "Cannot exceed quota for GroupsPerAccount: 1",
        )
        iam.create_user(UserName="alice")
        for name in ("ReadOnlyAccess", "PowerUserAccess"):
            iam.attach_user_policy(UserName="alice", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
        assert refused(iam.attach_user_policy, UserName="alice", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess") == (
            "LimitExceeded",
            "Cannot exceed quota for PoliciesPerUser: 2",
        )
        assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=TRUST) == (
            "LimitExceeded",
            "Cannot exceed quota for ACLSizePerRole: 40",
        )


def test_the_summary_counts_what_is_there(iam: Any) -> None:
    for name in ("a", "b"):
        iam.create_user(UserName=name)
    iam.create_group(GroupName="g")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Groups"], summary["PolicyVersionsInUse"]) == (2, 1, 0)


def test_policies_in_use_are_counted_once_each(iam: Any) -> None:
    boundary, attached = ("arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_user(UserName="a", PermissionsBoundary=boundary)
    iam.create_user(UserName="b", PermissionsBoundary=boundary)
    iam.attach_user_policy(UserName="a", PolicyArn=attached)
    iam.attach_user_policy(UserName="b", PolicyArn=attached)
    assert iam.get_account_summary()["SummaryMap"]["PolicyVersionsInUse"] == 2


def test_denials_name_no_resource(iam: Any, user: Callable[..., Any]) -> None:
    eve = user("eve")("iam")
    arn = f"arn:aws:iam::{ACCOUNT}:user/eve"
    assert refused(eve.list_account_aliases) == denied(arn, "ListAccountAliases", "*")
    assert refused(eve.get_account_summary)[0] == "AccessDenied"
    assert refused(eve.create_account_alias, AccountAlias="acme")[0] == "AccessDenied"
    let(iam, "eve", statement(["iam:GetAccountSummary", "iam:CreateAccountAlias"]))
    eve.get_account_summary()
    eve.create_account_alias(AccountAlias="acme")


def test_the_version_of_global_tokens_is_kept(iam: Any) -> None:
    for version in (2, 1, 2):
        iam.set_security_token_service_preferences(GlobalEndpointTokenVersion=f"v{version}Token")
        assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == version
    code, message = refused(iam.set_security_token_service_preferences, GlobalEndpointTokenVersion="v3Token")
    assert code == "ValidationError"
    assert message.endswith("constraint: Member must satisfy enum value set: [v2Token, v1Token]")


def test_the_version_of_global_tokens_is_no_resource(iam: Any, user: Callable[..., Any]) -> None:
    eve = user("eve")("iam")
    refusal = refused(eve.set_security_token_service_preferences, GlobalEndpointTokenVersion="v2Token")
    assert refusal == denied(f"arn:aws:iam::{ACCOUNT}:user/eve", "SetSecurityTokenServicePreferences", "*")
