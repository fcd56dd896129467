"""Roles, through the public door."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from iamd.services.iam.quotas import Quotas
from tests.live import ACCOUNT
from tests.services.iam.documents import statement as allow
from tests.services.iam.support import denied, refused
from tests.services.roles import EC2, make_role, role_arn, trust, trusting, user_arn

TRUST = trust(EC2)
OUTLINE = {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
TAGS = [{"Key": "Team", "Value": "blue"}, {"Key": "stage", "Value": ""}]
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"


def everything(iam):
    return iam.create_role(
        RoleName="App",
        Path="/team/",
        AssumeRolePolicyDocument=TRUST,
        Description="what it is for",
        MaxSessionDuration=7200,
        PermissionsBoundary=BOUNDARY,
        Tags=TAGS,
    )["Role"]


def test_a_new_role_has_what_aws_shows_and_nothing_more(iam):
    before = datetime.now(UTC).replace(microsecond=0)
    role = iam.create_role(RoleName="App", AssumeRolePolicyDocument=TRUST)["Role"]
    assert set(role) == OUTLINE
    assert role["Arn"] == role_arn("App")
    assert role["RoleId"].startswith("AROA")
    assert len(role["RoleId"]) == 21
    assert role["CreateDate"] >= before
    assert iam.get_role(RoleName="App")["Role"] == {**role, "MaxSessionDuration": 3600, "RoleLastUsed": {}}


def test_each_answer_shows_its_own_members(iam):
    assert set(everything(iam)) == OUTLINE | {"Tags", "PermissionsBoundary"}
    role = iam.get_role(RoleName="App")["Role"]
    assert set(role) == OUTLINE | {"Tags", "PermissionsBoundary", "Description", "MaxSessionDuration", "RoleLastUsed"}
    assert role["Arn"] == role_arn("team/App")
    assert role["Tags"] == TAGS
    assert role["MaxSessionDuration"] == 7200
    assert role["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY}
    listed = iam.list_roles()
    assert listed["IsTruncated"] is False
    assert set(listed["Roles"][0]) == OUTLINE | {"Description", "MaxSessionDuration"}
    described = iam.update_role_description(RoleName="app", Description="other")["Role"]
    assert set(described) == OUTLINE | {"Description"}
    assert described["Description"] == "other"


def test_update_changes_what_is_given_and_keeps_the_rest(iam):
    everything(iam)
    iam.update_role(RoleName="App", Description="new")
    iam.update_role(RoleName="App")
    role = iam.get_role(RoleName="App")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 7200)
    iam.update_role(RoleName="App", MaxSessionDuration=43200)
    role = iam.get_role(RoleName="App")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 43200)


@pytest.mark.parametrize("seconds", [3599, 43201])
def test_the_longest_session_is_between_one_and_twelve_hours(iam, seconds):
    for operation in (iam.create_role, iam.update_role):
        more = {"AssumeRolePolicyDocument": TRUST} if operation == iam.create_role else {}
        code, message = refused(operation, RoleName="App", MaxSessionDuration=seconds, **more)
        assert code == "ValidationError"
        assert "'maxSessionDuration' failed to satisfy constraint" in message


def test_names_are_unique_and_found_whatever_their_case(iam):
    make_role(iam, "App", TRUST)
    assert refused(iam.create_role, RoleName="APP", AssumeRolePolicyDocument=TRUST) == (
        "EntityAlreadyExists",
        "Role with name APP already exists.",
    )
    assert iam.get_role(RoleName="app")["Role"]["RoleName"] == "App"


def test_unknown_roles_are_not_found(iam):
    absent = ("NoSuchEntity", "The role with name App cannot be found.")
    assert refused(iam.get_role, RoleName="App") == absent
    assert refused(iam.delete_role, RoleName="App") == absent
    assert refused(iam.update_role, RoleName="App") == absent
    assert refused(iam.update_role_description, RoleName="App", Description="") == absent
    assert refused(iam.update_assume_role_policy, RoleName="App", PolicyDocument=TRUST) == absent
    assert refused(iam.tag_role, RoleName="App", Tags=TAGS) == absent
    assert refused(iam.untag_role, RoleName="App", TagKeys=["Team"]) == absent
    assert refused(iam.list_role_tags, RoleName="App") == absent


def test_the_path_of_service_linked_roles_is_not_for_customers(iam):
    path = "/aws-service-role/ecs.amazonaws.com/"
    assert refused(iam.create_role, RoleName="AWSServiceRoleForECS", Path=path, AssumeRolePolicyDocument=TRUST) == (
        "InvalidInput",
        "Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles",
    )


def test_the_quota_of_roles(iam, server, monkeypatch):
    monkeypatch.setattr(server.realm, "quotas", Quotas(roles=2))
    make_role(iam, "one", TRUST)
    make_role(iam, "two", TRUST)
    assert refused(iam.create_role, RoleName="three", AssumeRolePolicyDocument=TRUST) == (
        "LimitExceeded",
        "Cannot exceed quota for RolesPerAccount: 2",
    )


def test_lists_go_by_name_in_pages_under_a_path(iam):
    for name in ("delta", "Alpha", "charlie", "bravo"):
        make_role(iam, name, TRUST, Path="/a/" if name != "bravo" else "/b/")
    pages = iam.get_paginator("list_roles").paginate(PathPrefix="/a/", PaginationConfig={"PageSize": 2})
    names = [[role["RoleName"] for role in page["Roles"]] for page in pages]
    assert names == [["Alpha", "charlie"], ["delta"]]


def test_a_role_is_deleted_once_it_has_nothing_left(iam):
    make_role(iam, "App", TRUST)
    iam.create_instance_profile(InstanceProfileName="p")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="App")
    iam.put_role_policy(
        RoleName="App",
        PolicyName="own",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allow("s3:*")}),
    )
    iam.attach_role_policy(RoleName="App", PolicyArn=BOUNDARY)
    conflict = "Cannot delete entity, must {}."
    assert refused(iam.delete_role, RoleName="App") == (
        "DeleteConflict",
        conflict.format("remove roles from instance profile first"),
    )
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="App")
    assert refused(iam.delete_role, RoleName="App") == ("DeleteConflict", conflict.format("delete policies first"))
    iam.delete_role_policy(RoleName="App", PolicyName="own")
    assert refused(iam.delete_role, RoleName="App") == (
        "DeleteConflict",
        conflict.format("detach all policies first"),
    )
    iam.detach_role_policy(RoleName="App", PolicyArn=BOUNDARY)
    iam.delete_role(RoleName="app")
    assert iam.list_roles()["Roles"] == []


def test_tags_ignore_case_and_page(iam):
    everything(iam)
    iam.tag_role(RoleName="App", Tags=[{"Key": "TEAM", "Value": "red"}, {"Key": "new", "Value": "1"}])
    expected = [
        {"Key": "stage", "Value": ""},
        {"Key": "TEAM", "Value": "red"},
        {"Key": "new", "Value": "1"},
    ]
    pages = iam.get_paginator("list_role_tags").paginate(RoleName="App", PaginationConfig={"PageSize": 2})
    assert [tag for page in pages for tag in page["Tags"]] == expected
    iam.untag_role(RoleName="App", TagKeys=["team", "STAGE", "absent"])
    assert iam.get_role(RoleName="App")["Role"]["Tags"] == [{"Key": "new", "Value": "1"}]
    iam.untag_role(RoleName="App", TagKeys=["new"])
    assert "Tags" not in iam.get_role(RoleName="App")["Role"]


def test_last_use_is_told(iam, user):
    bob = user("bob")
    arn = make_role(iam, "App", trusting(user_arn("bob")))
    before = datetime.now(UTC).replace(microsecond=0)
    bob("sts").assume_role(RoleArn=arn, RoleSessionName="here")
    used = iam.get_role(RoleName="App")["Role"]["RoleLastUsed"]
    assert used["LastUsedDate"] >= before
    assert used["Region"] == "us-east-1"
    assert "RoleLastUsed" not in iam.list_roles()["Roles"][0]


def test_denials_name_roles_as_aws_does(iam, user):
    make_role(iam, "App", TRUST)
    bob = user("bob")("iam")

    assert refused(bob.get_role, RoleName="App") == denied(user_arn("bob"), "GetRole", "role App")
    assert refused(bob.get_role, RoleName="Absent") == denied(user_arn("bob"), "GetRole", "role Absent")
    assert refused(bob.create_role, RoleName="New", Path="/p/", AssumeRolePolicyDocument=TRUST) == denied(
        user_arn("bob"), "CreateRole", role_arn("p/New")
    )
    assert refused(bob.list_roles, PathPrefix="/p/") == denied(user_arn("bob"), "ListRoles", role_arn("p/"))


def test_condition_keys_of_roles(iam, user):
    own = {"StringEquals": {"iam:ResourceTag/Team": "blue", "iam:PermissionsBoundary": BOUNDARY}}
    born = {
        "StringEquals": {"aws:RequestTag/team": "blue", "iam:PermissionsBoundary": BOUNDARY},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    }
    bob = user(
        "bob",
        {**allow(["iam:DeleteRole", "iam:UpdateAssumeRolePolicy"]), "Condition": own},
        {**allow(["iam:CreateRole", "iam:TagRole"]), "Condition": born},
    )("iam")
    blue = [{"Key": "team", "Value": "blue"}]
    new = {"AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": BOUNDARY}
    bob.create_role(RoleName="good", Tags=blue, **new)
    assert refused(bob.create_role, RoleName="bad", Tags=[*blue, *TAGS[1:]], **new)[0] == "AccessDenied"
    assert refused(bob.create_role, RoleName="bad", Tags=blue, AssumeRolePolicyDocument=TRUST)[0] == "AccessDenied"
    make_role(iam, "red", TRUST, Tags=[{"Key": "team", "Value": "red"}], PermissionsBoundary=BOUNDARY)
    assert refused(bob.update_assume_role_policy, RoleName="red", PolicyDocument=TRUST)[0] == "AccessDenied"
    bob.update_assume_role_policy(RoleName="good", PolicyDocument=trust({"AWS": ACCOUNT}))
    bob.delete_role(RoleName="good")


def test_creating_with_tags_takes_the_permission_to_tag(iam, user):
    bob = user("bob", allow("iam:CreateRole"))("iam")
    bob.create_role(RoleName="plain", AssumeRolePolicyDocument=TRUST)
    assert refused(bob.create_role, RoleName="tagged", AssumeRolePolicyDocument=TRUST, Tags=TAGS) == denied(
        user_arn("bob"), "TagRole", role_arn("tagged")
    )
