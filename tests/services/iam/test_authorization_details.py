"""GetAccountAuthorizationDetails, through the public door."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.live import ACCOUNT
from tests.services.iam.documents import READ, TRUST, WRITE
from tests.services.iam.support import denied, refused

LISTS = ("UserDetailList", "RoleDetailList", "GroupDetailList", "Policies")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"


@pytest.fixture
def furnished(iam: Any) -> str:
    """An account with one or two of everything; returns the ARN of its own policy."""
    arn: str = iam.create_policy(PolicyName="own", PolicyDocument=READ, Description="Told by GetPolicy only.")[
        "Policy"
    ]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)
    iam.create_group(GroupName="crew")
    iam.attach_group_policy(GroupName="crew", PolicyArn=arn)
    iam.create_user(UserName="bare")
    iam.create_user(UserName="full", PermissionsBoundary=POWER_USER, Tags=[{"Key": "a", "Value": "b"}])
    iam.add_user_to_group(GroupName="crew", UserName="full")
    iam.put_user_policy(UserName="full", PolicyName="inline", PolicyDocument=READ)
    iam.attach_user_policy(UserName="full", PolicyArn=READ_ONLY)
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "a", "Value": "b"}])
    iam.create_instance_profile(InstanceProfileName="vessel", Tags=[{"Key": "a", "Value": "b"}])
    iam.add_role_to_instance_profile(InstanceProfileName="vessel", RoleName="worker")
    return arn


def names(answer: dict[str, Any]) -> list[str]:
    """The names of everything in an answer, in AWS's order of kinds."""
    keys = ("UserName", "RoleName", "GroupName", "PolicyName")
    return [entity[key] for section, key in zip(LISTS, keys, strict=True) for entity in answer[section]]


def test_an_empty_account_has_four_empty_lists(iam: Any) -> None:
    answer = iam.get_account_authorization_details()
    assert {section: answer[section] for section in LISTS} == {section: [] for section in LISTS}
    assert answer["IsTruncated"] is False
    assert "Marker" not in answer


def test_everything_is_told_and_of_awss_policies_those_in_use(iam: Any, furnished: str) -> None:
    answer = iam.get_account_authorization_details()
    assert names(answer) == ["bare", "full", "worker", "crew", "own", "PowerUserAccess", "ReadOnlyAccess"]


def test_a_users_details(iam: Any, furnished: str) -> None:
    bare, full = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
    plain = {"Path", "UserName", "UserId", "Arn", "CreateDate"}
    assert set(bare) == {*plain, "GroupList", "AttachedManagedPolicies", "Tags"}
    assert (bare["GroupList"], bare["AttachedManagedPolicies"], bare["Tags"]) == ([], [], [])
    assert full["UserPolicyList"] == [{"PolicyName": "inline", "PolicyDocument": json.loads(READ)}]
    assert full["GroupList"] == ["crew"]
    assert full["AttachedManagedPolicies"] == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    assert full["PermissionsBoundary"]["PermissionsBoundaryArn"] == POWER_USER
    assert full["Tags"] == [{"Key": "a", "Value": "b"}]


def test_a_roles_details(iam: Any, furnished: str) -> None:
    [role] = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert (role["RolePolicyList"], role["AttachedManagedPolicies"], role["RoleLastUsed"]) == ([], [], {})
    assert "MaxSessionDuration" not in role
    [profile] = role["InstanceProfileList"]
    assert "Tags" not in profile
    assert set(profile["Roles"][0]) == {
        "Path",
        "RoleName",
        "RoleId",
        "Arn",
        "CreateDate",
        "AssumeRolePolicyDocument",
    }


def test_a_groups_details(iam: Any, furnished: str) -> None:
    [group] = iam.get_account_authorization_details(Filter=["Group"])["GroupDetailList"]
    assert group["GroupPolicyList"] == []
    assert group["AttachedManagedPolicies"] == [{"PolicyName": "own", "PolicyArn": furnished}]


def test_a_policys_details(iam: Any, furnished: str) -> None:
    [policy] = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    assert policy["Arn"] == furnished
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (1, 0)
    assert "Description" not in policy
    assert "Tags" not in policy
    versions = [(v["VersionId"], v["IsDefaultVersion"], v["Document"]) for v in policy["PolicyVersionList"]]
    assert versions == [("v2", False, json.loads(WRITE)), ("v1", True, json.loads(READ))]


def test_the_details_of_awss_policies(iam: Any, furnished: str) -> None:
    boundary, attached = iam.get_account_authorization_details(Filter=["AWSManagedPolicy"])["Policies"]
    assert (boundary["Arn"], boundary["AttachmentCount"], boundary["PermissionsBoundaryUsageCount"]) == (
        POWER_USER,
        0,
        1,
    )
    assert (attached["Arn"], attached["AttachmentCount"]) == (READ_ONLY, 1)
    [version] = attached["PolicyVersionList"]
    assert version["VersionId"] == attached["DefaultVersionId"]
    assert version["Document"]["Statement"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 1000])
def test_pages_run_across_all_kinds(iam: Any, furnished: str, size: int) -> None:
    whole = names(iam.get_account_authorization_details())
    paginator = iam.get_paginator("get_account_authorization_details")
    pages = [names(page) for page in paginator.paginate(PaginationConfig={"PageSize": size})]
    assert [name for page in pages for name in page] == whole
    assert all(len(page) == size for page in pages[:-1])
    assert pages[-1]


def test_a_marker_holds_for_its_filter_in_any_spelling(iam: Any, furnished: str) -> None:
    first = iam.get_account_authorization_details(Filter=["Group", "User"], MaxItems=2)
    rest = iam.get_account_authorization_details(Filter=["User", "Group", "User"], Marker=first["Marker"])
    assert names(first) + names(rest) == ["bare", "full", "crew"]
    told = ("ValidationError", "Marker and Filter do not match")
    details = iam.get_account_authorization_details
    assert refused(details, Filter=["User"], Marker=first["Marker"]) == told
    assert refused(details, Marker=first["Marker"]) == told
    assert refused(details, Marker="not-an-aws-marker") == told


def test_all_kinds_by_name_are_no_filter(iam: Any, furnished: str) -> None:
    first = iam.get_account_authorization_details(MaxItems=3)
    kinds = ["AWSManagedPolicy", "LocalManagedPolicy", "User", "Role", "Group"]
    rest = iam.get_account_authorization_details(Filter=kinds, Marker=first["Marker"])
    assert names(first) + names(rest) == names(iam.get_account_authorization_details())


def test_a_marker_survives_changes(iam: Any, furnished: str) -> None:
    first = iam.get_account_authorization_details(Filter=["User", "Group"], MaxItems=1)
    iam.delete_user(UserName="bare")
    iam.create_user(UserName="aaron")
    iam.create_user(UserName="zoe")
    rest = iam.get_account_authorization_details(Filter=["User", "Group"], Marker=first["Marker"])
    assert names(rest) == ["full", "zoe", "crew"]


def test_unknown_kinds_are_refused(iam: Any) -> None:
    code, message = refused(iam.get_account_authorization_details, Filter=["user"])
    assert code == "ValidationError"
    assert "Member must satisfy enum value set" in message


def test_one_permission_tells_all(iam: Any, user: Callable[..., Any]) -> None:
    eve = user("eve")("iam")
    arn = f"arn:aws:iam::{ACCOUNT}:user/eve"
    assert refused(eve.get_account_authorization_details) == denied(arn, "GetAccountAuthorizationDetails", "*")


def test_what_has_changed_is_told_anew(iam: Any) -> None:
    def told(member: str, kind: str) -> dict[str, Any]:
        [found] = iam.get_account_authorization_details(Filter=[kind])[member]
        return dict(found)

    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ)["Policy"]["Arn"]
    iam.create_group(GroupName="g")
    iam.create_user(UserName="ann")
    iam.add_user_to_group(GroupName="g", UserName="ann")
    assert told("UserDetailList", "User")["GroupList"] == ["g"]
    assert told("Policies", "LocalManagedPolicy")["AttachmentCount"] == 0
    iam.update_group(GroupName="g", NewGroupName="h")
    assert told("UserDetailList", "User")["GroupList"] == ["h"]
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    assert [each["PolicyName"] for each in told("UserDetailList", "User")["AttachedManagedPolicies"]] == ["p"]
    assert told("Policies", "LocalManagedPolicy")["AttachmentCount"] == 1
    assert iam.list_policies(Scope="Local")["Policies"][0]["AttachmentCount"] == 1
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=READ)
    assert [each["PolicyName"] for each in told("UserDetailList", "User")["UserPolicyList"]] == ["own"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ, SetAsDefault=True)
    versions = told("Policies", "LocalManagedPolicy")["PolicyVersionList"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in versions] == [("v2", True), ("v1", False)]
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert len(told("Policies", "LocalManagedPolicy")["PolicyVersionList"]) == 1
