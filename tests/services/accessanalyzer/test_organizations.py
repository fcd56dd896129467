"""Analyzers of an organization: whoever is in it is inside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, Live
from tests.services.organizations.support import Org
from tests.services.roles import trust

ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/all"
OUTSIDE = "999999999999"
SERVICE = "access-analyzer.amazonaws.com"


@pytest.fixture
def org(server: Live) -> Org:
    orgs = server.client("organizations")
    made = orgs.create_organization(FeatureSet="ALL")["Organization"]
    return Org(server, orgs, made["Id"], orgs.list_roots()["Roots"][0]["Id"])


@pytest.fixture
def inside(org: Org, user: Callable[..., Any]) -> tuple[str, Callable[[str], Any]]:
    """A member account, and clients in it."""
    account = org.account("member")
    return account, org.enter(user("admin", {"Effect": "Allow", "Action": "*", "Resource": "*"}), account)


def test_roles_of_all_accounts_are_looked_at(org: Org, inside: Any, root: Any, iam: Any) -> None:
    account, member = inside
    api = root("accessanalyzer")
    api.create_analyzer(analyzerName="all", type="ORGANIZATION")
    own = {"StringEquals": {"aws:PrincipalOrgID": org.id}}
    other = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    iam.create_role(RoleName="member", AssumeRolePolicyDocument=trust({"AWS": account}))
    iam.create_role(RoleName="own", AssumeRolePolicyDocument=trust({"AWS": "*"}, Condition=own))
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust({"AWS": "*"}, Condition=other))
    member("iam").create_role(RoleName="outside", AssumeRolePolicyDocument=trust({"AWS": OUTSIDE}))
    found = {each["resource"].rpartition("/")[2]: each for each in api.list_findings(analyzerArn=ARN)["findings"]}
    assert found.keys() == {"other", "outside"}
    assert found["outside"]["resourceOwnerAccount"] == account
    looked_at = api.list_analyzed_resources(analyzerArn=ARN, maxResults=100)["analyzedResources"]
    assert {each["resourceOwnerAccount"] for each in looked_at} == {ACCOUNT, account}


def test_unused_access_of_all_accounts(inside: Any, root: Any) -> None:
    api = root("accessanalyzer")
    api.create_analyzer(analyzerName="all", type="ORGANIZATION_UNUSED_ACCESS")
    assert api.list_findings_v2(analyzerArn=ARN)["findings"] == []
    assert len(api.list_analyzed_resources(analyzerArn=ARN)["analyzedResources"]) > 1


def test_a_member_needs_to_be_delegated_and_loses_it_again(org: Org, inside: Any) -> None:
    account, member = inside
    api = member("accessanalyzer")
    with pytest.raises(ClientError, match="ValidationException"):
        api.create_analyzer(analyzerName="all", type="ORGANIZATION")
    org.client.enable_aws_service_access(ServicePrincipal=SERVICE)
    org.client.register_delegated_administrator(AccountId=account, ServicePrincipal=SERVICE)
    arn = api.create_analyzer(analyzerName="all", type="ORGANIZATION")["arn"]
    member("iam").create_role(RoleName="outside", AssumeRolePolicyDocument=trust({"AWS": OUTSIDE}))
    assert [each["status"] for each in api.list_findings(analyzerArn=arn)["findings"]] == ["ACTIVE"]
    org.client.deregister_delegated_administrator(AccountId=account, ServicePrincipal=SERVICE)
    shown = api.get_analyzer(analyzerName="all")["analyzer"]
    assert (shown["status"], shown["statusReason"]) == ("DISABLED", {"code": "DELEGATED_ADMINISTRATOR_DEREGISTERED"})
    assert [each["status"] for each in api.list_findings(analyzerArn=arn)["findings"]] == ["RESOLVED"]


def test_resource_control_policies_count(org: Org, inside: Any, root: Any) -> None:
    account, member = inside
    api = root("accessanalyzer")
    api.create_analyzer(analyzerName="all", type="ORGANIZATION")
    member("iam").create_role(RoleName="shared", AssumeRolePolicyDocument=trust({"AWS": OUTSIDE}))
    found = api.list_findings(analyzerArn=ARN)["findings"]
    assert [each["resourceControlPolicyRestriction"] for each in found] == ["NOT_APPLICABLE"]
    org.client.enable_policy_type(RootId=org.root, PolicyType="RESOURCE_CONTROL_POLICY")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRole",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id}},
    }
    made = org.client.create_policy(
        Name="ours",
        Description="",
        Type="RESOURCE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )["Policy"]["PolicySummary"]["Id"]
    org.client.attach_policy(PolicyId=made, TargetId=account)
    assert [each["status"] for each in api.list_findings(analyzerArn=ARN)["findings"]] == ["RESOLVED"]
