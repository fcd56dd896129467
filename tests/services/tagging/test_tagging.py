"""Tags of IAM's resources by the Resource Groups Tagging API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT
from tests.services.roles import trusting

USER, ROLE = f"arn:aws:iam::{ACCOUNT}:user/team/alice", f"arn:aws:iam::{ACCOUNT}:role/App"
POLICY, PROFILE = f"arn:aws:iam::{ACCOUNT}:policy/Read", f"arn:aws:iam::{ACCOUNT}:instance-profile/Web"
OIDC, DEVICE = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/a", f"arn:aws:iam::{ACCOUNT}:mfa/phone"
DOCUMENT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}]}'
ALL = [DEVICE, OIDC, POLICY, PROFILE, ROLE, USER]
ALL.sort()


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


@pytest.fixture
def tagging(root: Callable[[str], Any], iam: Any) -> Any:
    """The API as root, with one resource of each of six types, of which none has tags."""
    iam.create_user(UserName="alice", Path="/team/")
    iam.create_role(RoleName="App", AssumeRolePolicyDocument=trusting(f"arn:aws:iam::{ACCOUNT}:root"))
    iam.create_policy(PolicyName="Read", PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="Web")
    iam.create_open_id_connect_provider(Url="https://idp.example.com/a", ThumbprintList=["a" * 40])
    iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")
    return root("resourcegroupstaggingapi")


def arns(answer: dict[str, Any]) -> list[str]:
    return [each["ResourceARN"] for each in answer["ResourceTagMappingList"]]


def test_resources_of_every_type_are_tagged_found_and_untagged(tagging: Any, iam: Any) -> None:
    assert arns(tagging.get_resources()) == []
    assert tagging.tag_resources(ResourceARNList=ALL, Tags={"Team": "red", "Cost": "7"})["FailedResourcesMap"] == {}
    assert arns(tagging.get_resources()) == ALL
    assert iam.list_user_tags(UserName="alice")["Tags"] == [
        {"Key": "Team", "Value": "red"},
        {"Key": "Cost", "Value": "7"},
    ]
    tagging.tag_resources(ResourceARNList=[USER, POLICY], Tags={"team": "blue"})
    assert tagging.get_tag_keys() | {"ResponseMetadata": 0} == {
        "TagKeys": ["Cost", "Team", "team"],
        "PaginationToken": "",
        "ResponseMetadata": 0,
    }
    assert tagging.get_tag_values(Key="team")["TagValues"] == ["blue"]
    found = tagging.get_resources(TagFilters=[{"Key": "team", "Values": ["blue"]}, {"Key": "Cost"}])
    assert arns(found) == [POLICY, USER]
    assert arns(tagging.get_resources(TagFilters=[{"Key": "Team"}], ResourceTypeFilters=["iam:policy", "s3"])) == [
        POLICY
    ]
    assert arns(tagging.get_resources(ResourceTypeFilters=["iam"])) == ALL
    assert arns(tagging.get_resources(ResourceARNList=[ROLE, f"{ROLE}2"])) == [ROLE]
    assert tagging.untag_resources(ResourceARNList=ALL, TagKeys=["Team", "Cost", "team"])["FailedResourcesMap"] == {}
    assert arns(tagging.get_resources()) == []


def test_pages(tagging: Any) -> None:
    tagging.tag_resources(ResourceARNList=ALL, Tags={f"k{n}": "v" for n in range(49)})
    pages = list(tagging.get_paginator("get_resources").paginate(PaginationConfig={"PageSize": 4}))
    assert [arns(page) for page in pages] == [ALL[:4], ALL[4:]]
    by_tags = tagging.get_resources(TagsPerPage=100)
    assert arns(by_tags) == ALL[:2]
    assert arns(tagging.get_resources(PaginationToken=by_tags["PaginationToken"])) == ALL[2:]


def test_each_resource_is_refused_by_itself(tagging: Any, iam: Any, user: Callable[..., Callable[[str], Any]]) -> None:
    condition = {"StringEquals": {"aws:RequestTag/Team": "red"}}
    clerk = user("clerk", allow("tag:*", "iam:TagRole"), allow("iam:TagUser", Condition=condition))
    given = [USER, ROLE, POLICY, f"{ROLE}2", "arn:aws:s3:::bucket"]
    api = clerk("resourcegroupstaggingapi")
    failed = api.tag_resources(ResourceARNList=given, Tags={"Team": "red"})["FailedResourcesMap"]
    assert {arn: (each["StatusCode"], each["ErrorCode"]) for arn, each in failed.items()} == {
        POLICY: (403, "AccessDenied"),
        f"{ROLE}2": (400, "InvalidParameterException"),
        "arn:aws:s3:::bucket": (400, "InvalidParameterException"),
    }
    assert "iam:TagPolicy" in failed[POLICY]["ErrorMessage"]
    assert "AccessDenied" in str(api.tag_resources(ResourceARNList=[USER], Tags={"Team": "blue"}))
    reserved = tagging.tag_resources(ResourceARNList=[USER], Tags={"aws:x": "y"})["FailedResourcesMap"]
    assert reserved[USER]["ErrorCode"] == "InvalidInput"
    assert arns(tagging.get_resources()) == [ROLE, USER]


def test_the_api_itself_takes_a_permission(tagging: Any, user: Callable[..., Callable[[str], Any]]) -> None:
    clerk = user("clerk", allow("iam:*"))("resourcegroupstaggingapi")
    with pytest.raises(ClientError, match=r"AccessDeniedException.*tag:GetResources"):
        clerk.get_resources()
    with pytest.raises(ClientError, match=r"AccessDeniedException.*tag:TagResources"):
        clerk.tag_resources(ResourceARNList=[USER], Tags={"a": "b"})


@pytest.mark.parametrize(
    "params",
    [
        {"ResourcesPerPage": 101},
        {"TagsPerPage": 150},
        {"PaginationToken": "!"},
        {"TagFilters": [{"Values": ["a"]}]},
        {"ResourceARNList": [USER], "ResourceTypeFilters": ["iam"]},
    ],
)
def test_what_cannot_be_asked(tagging: Any, params: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        tagging.get_resources(**params)
