"""Instance profiles, through the public door."""

from __future__ import annotations

import pytest

from iamd.services.iam.quotas import Quotas
from tests.live import ACCOUNT
from tests.services.iam.documents import statement as allow
from tests.services.iam.support import denied, refused
from tests.services.roles import EC2, make_role, role_arn, trust, user_arn

OUTLINE = {"Path", "InstanceProfileName", "InstanceProfileId", "Arn", "CreateDate", "Roles"}
ROLE = {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
TRUST = trust(EC2)
BLUE = [{"Key": "team", "Value": "blue"}]


def profile_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"


@pytest.fixture
def filled(iam):
    """A profile with a role in it."""
    make_role(iam, "App", TRUST, Tags=BLUE, Description="d")
    iam.create_instance_profile(InstanceProfileName="Prof", Path="/p/", Tags=BLUE)
    iam.add_role_to_instance_profile(InstanceProfileName="prof", RoleName="app")


def test_a_new_profile_is_empty(iam):
    profile = iam.create_instance_profile(InstanceProfileName="Prof")["InstanceProfile"]
    assert set(profile) == OUTLINE
    assert profile["Arn"] == profile_arn("Prof")
    assert profile["InstanceProfileId"].startswith("AIPA")
    assert profile["Roles"] == []
    assert iam.get_instance_profile(InstanceProfileName="PROF")["InstanceProfile"] == profile


@pytest.mark.usefixtures("filled")
def test_the_role_is_shown_with_six_members_and_lists_omit_tags(iam):
    profile = iam.get_instance_profile(InstanceProfileName="Prof")["InstanceProfile"]
    assert set(profile) == OUTLINE | {"Tags"}
    assert set(profile["Roles"][0]) == ROLE
    listed = iam.list_instance_profiles(PathPrefix="/p/")
    assert listed["IsTruncated"] is False
    assert [set(each) for each in listed["InstanceProfiles"]] == [OUTLINE]
    of_role = iam.list_instance_profiles_for_role(RoleName="App")["InstanceProfiles"]
    assert of_role == listed["InstanceProfiles"]
    assert iam.list_instance_profiles(PathPrefix="/q/")["InstanceProfiles"] == []


@pytest.mark.usefixtures("filled")
def test_a_profile_holds_one_role(iam):
    make_role(iam, "Other", TRUST)
    full = ("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    for role in ("Other", "App"):
        assert refused(iam.add_role_to_instance_profile, InstanceProfileName="Prof", RoleName=role) == full
    assert refused(iam.delete_instance_profile, InstanceProfileName="Prof") == (
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
    )
    code, _ = refused(iam.remove_role_from_instance_profile, InstanceProfileName="Prof", RoleName="Other")
    assert code == "NoSuchEntity"
    iam.remove_role_from_instance_profile(InstanceProfileName="Prof", RoleName="App")
    assert iam.list_instance_profiles_for_role(RoleName="App")["InstanceProfiles"] == []
    iam.delete_instance_profile(InstanceProfileName="Prof")
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def test_unknown_profiles_and_roles_are_not_found(iam):
    absent = ("NoSuchEntity", "Instance Profile Prof cannot be found.")
    for operation in (
        iam.get_instance_profile,
        iam.delete_instance_profile,
        iam.list_instance_profile_tags,
    ):
        assert refused(operation, InstanceProfileName="Prof") == absent
    for operation in (iam.add_role_to_instance_profile, iam.remove_role_from_instance_profile):
        assert refused(operation, InstanceProfileName="Prof", RoleName="App") == absent
    iam.create_instance_profile(InstanceProfileName="Prof")
    for operation in (iam.add_role_to_instance_profile, iam.remove_role_from_instance_profile):
        assert refused(operation, InstanceProfileName="Prof", RoleName="App") == (
            "NoSuchEntity",
            "The role with name App cannot be found.",
        )
    assert refused(iam.list_instance_profiles_for_role, RoleName="App")[0] == "NoSuchEntity"


def test_names_are_unique_whatever_their_case(iam):
    iam.create_instance_profile(InstanceProfileName="Prof")
    assert refused(iam.create_instance_profile, InstanceProfileName="prof") == (
        "EntityAlreadyExists",
        "Instance Profile prof already exists.",
    )


def test_the_quota_of_profiles(iam, server, monkeypatch):
    monkeypatch.setattr(server.realm, "quotas", Quotas(instance_profiles=1))
    iam.create_instance_profile(InstanceProfileName="one")
    assert refused(iam.create_instance_profile, InstanceProfileName="two") == (
        "LimitExceeded",
        "Cannot exceed quota for InstanceProfilesPerAccount: 1",
    )


def test_lists_page_by_name(iam):
    make_role(iam, "App", TRUST)
    for name in ("b", "C", "a"):
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="App")
    for operation, params in (("list_instance_profiles", {}), ("list_instance_profiles_for_role", {"RoleName": "App"})):
        pages = iam.get_paginator(operation).paginate(**params, PaginationConfig={"PageSize": 2})
        names = [[profile["InstanceProfileName"] for profile in page["InstanceProfiles"]] for page in pages]
        assert names == [["a", "b"], ["C"]]


def test_tag_keys_differ_by_case(iam):
    iam.create_instance_profile(InstanceProfileName="Prof", Tags=BLUE)
    iam.tag_instance_profile(InstanceProfileName="Prof", Tags=[{"Key": "Team", "Value": "red"}])
    both = [*BLUE, {"Key": "Team", "Value": "red"}]
    assert iam.list_instance_profile_tags(InstanceProfileName="Prof")["Tags"] == both
    iam.untag_instance_profile(InstanceProfileName="Prof", TagKeys=["Team", "TEAM"])
    assert iam.get_instance_profile(InstanceProfileName="Prof")["InstanceProfile"]["Tags"] == BLUE


def test_adding_takes_permission_to_pass_the_role_to_ec2(iam, user):
    make_role(iam, "App", TRUST, Tags=BLUE)
    make_role(iam, "Red", TRUST, Tags=[{"Key": "team", "Value": "red"}])
    # The profile is blue: passing a role must be decided on the role's tags, not on these.
    iam.create_instance_profile(InstanceProfileName="Prof", Tags=BLUE)
    add = allow("iam:AddRoleToInstanceProfile")
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com", "aws:ResourceTag/team": "blue"}}
    without = user("without", add)("iam")
    assert refused(without.add_role_to_instance_profile, InstanceProfileName="Prof", RoleName="App") == denied(
        user_arn("without"), "PassRole", role_arn("App")
    )
    elsewhere = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    other = user("other", add, {**allow("iam:PassRole"), "Condition": elsewhere})("iam")
    assert refused(other.add_role_to_instance_profile, InstanceProfileName="Prof", RoleName="App")[0] == "AccessDenied"
    able = user("able", add, {**allow("iam:PassRole"), "Condition": to_ec2})("iam")
    assert refused(able.add_role_to_instance_profile, InstanceProfileName="Prof", RoleName="Red")[0] == "AccessDenied"
    assert refused(able.add_role_to_instance_profile, InstanceProfileName="Prof", RoleName="No")[0] == "AccessDenied"
    able.add_role_to_instance_profile(InstanceProfileName="Prof", RoleName="App")


def test_denials_name_profiles_as_aws_does(iam, user):
    bob = user("bob")("iam")

    assert refused(bob.get_instance_profile, InstanceProfileName="P") == denied(
        user_arn("bob"), "GetInstanceProfile", "instance profile P"
    )
    assert refused(bob.create_instance_profile, InstanceProfileName="P") == denied(
        user_arn("bob"), "CreateInstanceProfile", profile_arn("P")
    )
    assert refused(bob.list_instance_profiles_for_role, RoleName="R") == denied(
        user_arn("bob"), "ListInstanceProfilesForRole", "role R"
    )


def test_creating_with_tags_takes_the_permission_to_tag(iam, user):
    bob = user("bob", allow("iam:CreateInstanceProfile"))("iam")
    bob.create_instance_profile(InstanceProfileName="plain")
    assert refused(bob.create_instance_profile, InstanceProfileName="tagged", Tags=BLUE) == denied(
        user_arn("bob"), "TagInstanceProfile", profile_arn("tagged")
    )


def test_creating_with_an_empty_list_of_tags(iam):
    made = iam.create_instance_profile(InstanceProfileName="web", Tags=[])["InstanceProfile"]
    assert "Tags" not in made
