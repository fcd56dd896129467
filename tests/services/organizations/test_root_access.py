"""Central root access: the features, and AssumeRoot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import refused
from tests.services.organizations.support import Org
from tests.services.roles import user_arn

TASKS = "arn:aws:iam::aws:policy/root-task/"
AUDIT = {"arn": f"{TASKS}IAMAuditRootUserCredentials"}
UNLOCK = {"arn": f"{TASKS}S3UnlockBucketPolicy"}
UNTRUSTED = (
    "ServiceAccessNotEnabledException",
    f"Trusted Access for IAM not enabled by organization of input account {ACCOUNT}.",
)


@pytest.fixture
def trusted(org: Org) -> Org:
    """An organization to which IAM has trusted access."""
    org.client.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    return org


def denied(who: str, account: str) -> tuple[str, str]:
    said = f"User: {who} is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::{account}:root"
    return "AccessDenied", said


def test_features_are_switched_each_by_itself(trusted: Org, iam: Any) -> None:
    both = ["RootCredentialsManagement", "RootSessions"]
    assert iam.list_organizations_features()["EnabledFeatures"] == []
    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == ["RootSessions"]
    answer = iam.enable_organizations_root_credentials_management()
    assert (answer["OrganizationId"], answer["EnabledFeatures"]) == (trusted.id, both)
    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == both
    assert iam.disable_organizations_root_sessions()["EnabledFeatures"] == both[:1]
    assert iam.disable_organizations_root_credentials_management()["EnabledFeatures"] == []


def test_features_need_trusted_access_and_the_right_account(org: Org, iam: Any, admin: Any) -> None:
    assert refused(iam.enable_organizations_root_sessions) == UNTRUSTED
    assert refused(iam.list_organizations_features) == UNTRUSTED
    member = org.enter(admin, org.account("dev"))("iam")
    assert refused(member.enable_organizations_root_sessions)[0] == "CallerIsNotManagementAccountException"
    code, _ = refused(member.list_organizations_features)
    assert code == "AccountNotManagementOrDelegatedAdministratorException"


def test_the_root_user_of_a_member_does_one_task(trusted: Org, server: Live, iam: Any, admin: Any) -> None:
    account = trusted.account("dev")
    iam.enable_organizations_root_credentials_management()
    answer = admin("sts").assume_root(TargetPrincipal=account, TaskPolicyArn=AUDIT)
    root = f"arn:aws:iam::{account}:root"
    assert server.client("sts", answer["Credentials"]).get_caller_identity()["Arn"] == root
    session = server.client("iam", answer["Credentials"])
    assert session.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] in (0, 1)
    code, message = refused(session.create_user, UserName="eve")
    assert code == "AccessDenied"
    assert message.partition(". For")[0].endswith(f"in a session policy: {AUDIT['arn']}")
    assert refused(server.client("sts", answer["Credentials"]).get_session_token)[0] == "AccessDenied"
    again = admin("sts").assume_root(TargetPrincipal=root, TaskPolicyArn=AUDIT, DurationSeconds=900)
    assert again["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_what_was_issued_outlives_the_feature(trusted: Org, server: Live, iam: Any, admin: Any) -> None:
    account = trusted.account("dev")
    iam.enable_organizations_root_credentials_management()
    key = admin("sts").assume_root(TargetPrincipal=account, TaskPolicyArn=AUDIT)["Credentials"]
    iam.disable_organizations_root_credentials_management()
    server.client("iam", key).get_account_summary()
    assert refused(admin("sts").assume_root, TargetPrincipal=account, TaskPolicyArn=AUDIT) == denied(
        user_arn("admin"), account
    )


def test_each_refusal_reads_the_same(trusted: Org, server: Live, iam: Any, sts: Any, user: Any, admin: Any) -> None:
    account = trusted.account("dev")
    iam.enable_organizations_root_credentials_management()
    ask = {"TargetPrincipal": account, "TaskPolicyArn": AUDIT}
    audit_only = {"StringEquals": {"sts:TaskPolicyArn": AUDIT["arn"]}}
    carol = user("carol", statement("sts:AssumeRoot", Condition=audit_only))("sts")
    carol.assume_root(**ask)
    assert refused(user("eve")("sts").assume_root, **ask) == denied(user_arn("eve"), account)
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert refused(user("dan", deny)("sts").assume_root, **ask) == denied(user_arn("dan"), account)
    assert refused(sts.assume_root, **ask) == denied(f"arn:aws:iam::{ACCOUNT}:root", account)
    assert refused(admin("sts").assume_root, **ask | {"TaskPolicyArn": UNLOCK}) == denied(user_arn("admin"), account)
    for other in (ACCOUNT, "999999999999"):
        assert refused(carol.assume_root, **ask | {"TargetPrincipal": other}) == denied(user_arn("carol"), other)
    member = trusted.enter(admin, account)("sts")
    assert refused(member.assume_root, **ask)[0] == "AccessDenied"


def test_a_delegated_administrator_may(trusted: Org, iam: Any, admin: Any) -> None:
    security, account = trusted.account("security"), trusted.account("dev")
    iam.enable_organizations_root_credentials_management()
    trusted.client.register_delegated_administrator(AccountId=security, ServicePrincipal="iam.amazonaws.com")
    visit = trusted.enter(admin, security)
    visit("sts").assume_root(TargetPrincipal=account, TaskPolicyArn=AUDIT)
    assert visit("iam").list_organizations_features()["EnabledFeatures"] == ["RootCredentialsManagement"]
    assert visit("iam").disable_organizations_root_credentials_management()["EnabledFeatures"] == []


def test_what_is_asked_for_is_checked_before_anything_is_decided(user: Any) -> None:
    eve = user("eve")("sts")
    for ask in (
        {"TargetPrincipal": "arn:aws:iam::999999999999:user/x", "TaskPolicyArn": AUDIT},
        {"TargetPrincipal": "999999999999", "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}},
        {"TargetPrincipal": "999999999999", "TaskPolicyArn": AUDIT, "DurationSeconds": 901},
    ):
        assert refused(eve.assume_root, **ask)[0] == "ValidationError"
