"""Tag policies of an organization, in force on those resources of IAM for which AWS enforces them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, Live
from tests.services.organizations.support import document

SAID = "The tag policy does not allow the specified value for the following tag key: '{}'."
POLICY = document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
COST = {
    "tag_key": {"@@assign": "CostCenter"},
    "tag_value": {"@@assign": ["100", "2*0"]},
    "enforced_for": {"@@assign": ["iam:policy", "s3:bucket"]},
}


@pytest.fixture
def orgs(server: Live) -> Any:
    client = server.client("organizations")
    client.create_organization(FeatureSet="ALL")
    client.enable_policy_type(RootId=client.list_roots()["Roots"][0]["Id"], PolicyType="TAG_POLICY")
    return client


@pytest.fixture
def enforce(orgs: Any) -> Callable[..., str]:
    """Make a tag policy and attach it to the root."""

    def make(name: str, **tags: Any) -> str:
        content = json.dumps({"tags": tags})
        made = orgs.create_policy(Type="TAG_POLICY", Name=name, Description="", Content=content)["Policy"]
        id = str(made["PolicySummary"]["Id"])
        orgs.attach_policy(PolicyId=id, TargetId=orgs.list_roots()["Roots"][0]["Id"])
        return id

    return make


def tagged(key: str, value: str) -> list[dict[str, str]]:
    return [{"Key": "Free", "Value": "any"}, {"Key": key, "Value": value}]


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as denied:
        call(**parameters)
    error = denied.value.response["Error"]
    assert error["Code"] == "InvalidInput"
    return str(error["Message"])


def test_values_and_spelling_count(server: Live, enforce: Callable[..., str], orgs: Any) -> None:
    policy = enforce("cost", costcenter=COST)
    iam = server.client("iam")
    made = iam.create_policy(PolicyName="a", PolicyDocument=POLICY, Tags=tagged("CostCenter", "100"))
    arn = made["Policy"]["Arn"]
    for value in ("101", "2", "2_1"):
        assert refused(iam.tag_policy, PolicyArn=arn, Tags=tagged("CostCenter", value)) == SAID.format("CostCenter")
    iam.tag_policy(PolicyArn=arn, Tags=tagged("CostCenter", "2 and 0"))
    said = refused(iam.create_policy, PolicyName="b", PolicyDocument=POLICY, Tags=tagged("costcenter", "100"))
    assert said == SAID.format("costcenter")
    iam.create_policy(PolicyName="b", PolicyDocument=POLICY)  # nothing has to be tagged
    iam.create_user(UserName="ann", Tags=tagged("CostCenter", "7"))  # AWS does not enforce it for users
    iam.create_instance_profile(InstanceProfileName="p", Tags=tagged("CostCenter", "7"))  # nor does this policy
    orgs.update_policy(PolicyId=policy, Content=json.dumps({"tags": {"costcenter": {**COST, "enforced_for": {}}}}))
    iam.tag_policy(PolicyArn=arn, Tags=tagged("CostCenter", "7"))


def test_lower_case_and_any_value_are_the_default(server: Live, enforce: Callable[..., str]) -> None:
    enforce("any", Team={"enforced_for": {"@@assign": ["iam:ALL_SUPPORTED"]}})
    iam = server.client("iam")
    iam.create_instance_profile(InstanceProfileName="p", Tags=tagged("team", "whichever"))
    said = refused(iam.tag_instance_profile, InstanceProfileName="p", Tags=tagged("Team", "whichever"))
    assert said == SAID.format("Team")


def test_every_kind_of_resource(server: Live, enforce: Callable[..., str]) -> None:
    iam = server.client("iam")
    profile = iam.create_instance_profile(InstanceProfileName="p")["InstanceProfile"]["InstanceProfileName"]
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="d")["VirtualMFADevice"]["SerialNumber"]
    thumbprint = {"Url": "https://issuer.example", "ThumbprintList": ["a" * 40]}
    issuer = iam.create_open_id_connect_provider(**thumbprint)["OpenIDConnectProviderArn"]
    enforce("none", x={"tag_value": {"@@assign": ["y"]}, "enforced_for": {"@@assign": ["iam:*"]}})
    bad = [{"Key": "x", "Value": "z"}]
    assert refused(iam.tag_instance_profile, InstanceProfileName=profile, Tags=bad)
    assert refused(iam.tag_mfa_device, SerialNumber=serial, Tags=bad)
    assert refused(iam.create_virtual_mfa_device, VirtualMFADeviceName="e", Tags=bad)
    assert refused(iam.tag_open_id_connect_provider, OpenIDConnectProviderArn=issuer, Tags=bad)
    assert refused(iam.create_open_id_connect_provider, **{**thumbprint, "Url": "https://other.example"}, Tags=bad)
    iam.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "x", "Value": "y"}])


def test_a_member_account_is_bound_where_it_is(server: Live, enforce: Callable[..., str], orgs: Any, user: Any) -> None:
    admin = user("admin", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    begun = orgs.create_account(Email="ann@example.com", AccountName="ann")["CreateAccountStatus"]["Id"]
    status = orgs.describe_create_account_status(CreateAccountRequestId=begun)["CreateAccountStatus"]
    account = status["AccountId"]
    content = json.dumps({"tags": {"costcenter": COST}})
    made = orgs.create_policy(Type="TAG_POLICY", Name="t", Description="", Content=content)["Policy"]
    orgs.attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=account)
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    key = admin("sts").assume_role(RoleArn=role, RoleSessionName="visit")["Credentials"]
    there = server.client("iam", key)
    bad = {"PolicyName": "a", "PolicyDocument": POLICY, "Tags": tagged("CostCenter", "7")}
    assert refused(there.create_policy, **bad) == SAID.format("CostCenter")
    assert server.client("iam").create_policy(**bad)["Policy"]["Arn"].split(":")[4] == ACCOUNT
