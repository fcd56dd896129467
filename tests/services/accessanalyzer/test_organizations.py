"""Analyzers of an organization: whoever is in it is inside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamd.services.accessanalyzer.resource_kinds import with_policy
from iamd.services.aside import WAITING, aside
from iamd.services.known_resources import Listed
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


def test_a_member_that_keeps_asking_holds_up_nobody_elses_analyzer(server: Live, inside: Any, root: Any) -> None:
    account, member = inside
    api = root("accessanalyzer")
    api.create_analyzer(analyzerName="all", type="ORGANIZATION")
    member("iam").create_role(RoleName="outside", AssumeRolePolicyDocument=trust({"AWS": OUTSIDE}))
    go = Event()

    async def kept_busy() -> list[Any]:
        return [asyncio.create_task(aside(account, go.wait)) for _ in range(WAITING + 1)]

    async def all_of(busy: list[Any]) -> None:
        await asyncio.gather(*busy)

    busy = server.run(kept_busy())
    try:
        found = api.list_findings(analyzerArn=ARN)["findings"]
    finally:
        go.set()
        server.run(all_of(busy))
    assert [each["resourceOwnerAccount"] for each in found] == [account]


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
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalAccount": [ACCOUNT, account]}},
    }
    made = org.client.create_policy(
        Name="ours",
        Description="",
        Type="RESOURCE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )["Policy"]["PolicySummary"]["Id"]
    org.client.attach_policy(PolicyId=made, TargetId=account)
    assert [each["status"] for each in api.list_findings(analyzerArn=ARN)["findings"]] == ["RESOLVED"]
    own = member("accessanalyzer")
    own.create_analyzer(analyzerName="own", type="ACCOUNT")
    asked = {"analyzerArn": f"arn:aws:access-analyzer:us-east-1:{account}:analyzer/own"}
    cognito = {"Federated": "cognito-identity.amazonaws.com"}
    found = []
    for proposed in (trust({"AWS": OUTSIDE}), trust(cognito, "sts:AssumeRoleWithWebIdentity")):
        configurations = {f"arn:aws:iam::{account}:role/shared": {"iamRole": {"trustPolicy": proposed}}}
        preview = own.create_access_preview(**asked, configurations=configurations)["id"]
        found += own.list_access_preview_findings(**asked, accessPreviewId=preview)["findings"]
    assert [(each["principal"], each["resourceControlPolicyRestriction"]) for each in found] == [(cognito, "APPLIED")]


class Buckets:
    """An inventory of one bucket of one account."""

    def __init__(self, account: str, policy: dict[str, Any]) -> None:
        self.account, self.policy = account, policy

    async def of(self, account_id: str, region: str) -> Listed:
        return Listed([with_policy("arn:aws:s3:::ours", self.policy)] if account_id == self.account else [])


def test_resources_of_a_member(org: Org, inside: Any, root: Any, user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account, member = inside
    shared = [
        {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::ours/*"}
        for who in (OUTSIDE, ACCOUNT)
    ]
    policy = {"Version": "2012-10-17", "Statement": shared}
    monkeypatch.setattr(org.server.realm, "inventories", (Buckets(account, policy),))
    user("reader", {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})
    member("iam").create_user(UserName="nobody")
    api = root("accessanalyzer")
    for name, type_ in (("all", "ORGANIZATION"), ("within", "ORGANIZATION_INTERNAL_ACCESS")):
        api.create_analyzer(analyzerName=name, type=type_)
    (outside,) = api.list_findings(analyzerArn=ARN)["findings"]
    assert (outside["principal"], outside["resourceOwnerAccount"]) == ({"AWS": OUTSIDE}, account)
    within = ARN.replace("/all", "/within")
    found = {}
    for each in api.list_findings_v2(analyzerArn=within)["findings"]:
        assert each["resourceOwnerAccount"] == account
        (detail,) = api.get_finding_v2(analyzerArn=within, id=each["id"])["findingDetails"]
        access = detail["internalAccessDetails"]
        found[access["principal"]["AWS"].rpartition("/")[2]] = access
    assert found["reader"]["accessType"] == "INTRA_ORG"
    assert found["reader"]["action"] == ["s3:GetObject"]
    assert found["reader"]["principalOwnerAccount"] == ACCOUNT
    assert "nobody" not in found
    assert all(each["accessType"] == "INTRA_ACCOUNT" for name, each in found.items() if name not in ("reader", "admin"))
