"""Users, through the public door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from iamd.services.iam import quotas
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import statement
from tests.services.iam.support import denied, let, refused
from tests.services.roles import make_role, trust

USERS = f"arn:aws:iam::{ACCOUNT}:user/"
STRANGER = f"{USERS}stranger"


def test_a_new_user_has_what_aws_shows_and_nothing_more(iam: Any) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    user = iam.create_user(UserName="Alice", Path="/team/a/")["User"]
    assert set(user) == {"Path", "UserName", "UserId", "Arn", "CreateDate"}
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/a/Alice"
    assert user["UserId"].startswith("AIDA")
    assert len(user["UserId"]) == 21
    assert user["CreateDate"] >= before
    assert iam.get_user(UserName="Alice")["User"] == user


def test_tags_and_boundary_appear_where_there_are_some(iam: Any) -> None:
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    tags = [{"Key": "Team", "Value": "blue"}, {"Key": "empty", "Value": ""}]
    created = iam.create_user(UserName="bob", Tags=tags, PermissionsBoundary=boundary)["User"]
    assert created["Tags"] == tags
    assert created["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": boundary,
    }
    assert iam.get_user(UserName="bob")["User"] == created
    assert set(iam.list_users()["Users"][0]) == {"Path", "UserName", "UserId", "Arn", "CreateDate"}


def test_names_are_unique_and_found_whatever_their_case(iam: Any) -> None:
    iam.create_user(UserName="Carol")
    assert refused(iam.create_user, UserName="CAROL") == (
        "EntityAlreadyExists",
        "User with name CAROL already exists.",
    )
    assert iam.get_user(UserName="carol")["User"]["UserName"] == "Carol"


@pytest.mark.parametrize("path", ["//", "/a", "a/", "/ü/", "/a b/", "/\x7f/", "/a/\n", "/a\n/"])
def test_impossible_paths_are_refused(iam: Any, path: str) -> None:
    code, message = refused(iam.create_user, UserName="dave", Path=path)
    assert code == "ValidationError"
    assert message.startswith("1 validation error detected: Value at 'path' failed to satisfy constraint:")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ünal", "name\n", "n" * 65])
def test_impossible_names_are_refused(iam: Any, name: str) -> None:
    code, message = refused(iam.create_user, UserName=name)
    assert code == "ValidationError"
    assert "Value at 'userName' failed to satisfy constraint:" in message


def test_a_path_may_hold_two_slashes_in_a_row(iam: Any) -> None:
    assert iam.create_user(UserName="dave", Path="/a//b/")["User"]["Path"] == "/a//b/"


def test_an_unknown_boundary_is_refused(iam: Any) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/none"
    assert refused(iam.create_user, UserName="erin", PermissionsBoundary=arn) == (
        "NoSuchEntity",
        f"Scope ARN: {arn} does not exist or is not attachable.",
    )
    assert refused(iam.get_user, UserName="erin")[0] == "NoSuchEntity"


def test_an_unknown_user_is_told_by_every_operation(iam: Any) -> None:
    told = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert refused(iam.get_user, UserName="nobody") == told
    assert refused(iam.update_user, UserName="nobody", NewPath="/x/") == told
    assert refused(iam.delete_user, UserName="nobody") == told
    assert refused(iam.tag_user, UserName="nobody", Tags=[{"Key": "a", "Value": "b"}]) == told
    assert refused(iam.untag_user, UserName="nobody", TagKeys=["a"]) == told
    assert refused(iam.list_user_tags, UserName="nobody") == told


def test_the_number_of_users_has_a_quota(iam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "USERS", 1)
    iam.create_user(UserName="one")
    assert refused(iam.create_user, UserName="two") == (
        "LimitExceeded",
        "Cannot exceed quota for UsersPerAccount: 1",
    )
    # A name that is taken is told before the quota.
    assert refused(iam.create_user, UserName="one")[0] == "EntityAlreadyExists"


def test_renaming_changes_the_arn_and_keeps_the_rest(iam: Any) -> None:
    user = iam.create_user(UserName="old", Path="/a/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    iam.update_user(UserName="OLD", NewUserName="new", NewPath="/b/")
    moved = iam.get_user(UserName="new")["User"]
    assert moved["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/b/new"
    assert {**moved, "Arn": 0, "Path": 0, "UserName": 0} == {**user, "Arn": 0, "Path": 0, "UserName": 0}
    assert refused(iam.get_user, UserName="old")[0] == "NoSuchEntity"


def test_a_name_may_change_its_case_but_not_become_anothers(iam: Any) -> None:
    iam.create_user(UserName="frank")
    iam.create_user(UserName="grace")
    iam.update_user(UserName="frank", NewUserName="Frank")
    assert iam.get_user(UserName="FRANK")["User"]["UserName"] == "Frank"
    assert refused(iam.update_user, UserName="frank", NewUserName="GRACE") == (
        "EntityAlreadyExists",
        "User with name GRACE already exists.",
    )
    iam.update_user(UserName="grace")  # nothing to change
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["Frank", "grace"]


def test_lists_are_sorted_paged_and_filtered_by_path(iam: Any) -> None:
    names = ["Beta", "alpha", "delta", "Gamma"]
    for name in names:
        iam.create_user(UserName=name, Path="/x/" if name == "delta" else "/x/y/")
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 3}))
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [["alpha", "Beta", "delta"], ["Gamma"]]
    assert [page["IsTruncated"] for page in pages] == [True, False]
    assert "Marker" not in pages[1]
    below = iam.list_users(PathPrefix="/x/y/")["Users"]
    assert [user["UserName"] for user in below] == ["alpha", "Beta", "Gamma"]
    assert iam.list_users(PathPrefix="/none/")["Users"] == []


def test_a_marker_survives_the_removal_of_what_it_names(iam: Any) -> None:
    for name in ("a", "b", "c"):
        iam.create_user(UserName=name)
    first = iam.list_users(MaxItems=2)
    iam.delete_user(UserName="b")
    rest = iam.list_users(MaxItems=1, Marker=first["Marker"])
    assert [user["UserName"] for user in rest["Users"]] == ["c"]


@pytest.mark.parametrize("marker", ["???", "not a marker", "/w==", "YQ"])
def test_a_marker_of_nobodys_making_is_refused(iam: Any, marker: str) -> None:
    assert refused(iam.list_users, Marker=marker)[0] == "ValidationError"


def test_a_user_is_deleted_only_when_nothing_is_left(iam: Any) -> None:
    iam.create_user(UserName="henry")
    iam.create_group(GroupName="crew")
    iam.add_user_to_group(GroupName="crew", UserName="henry")
    let(iam, "henry", statement("*"))
    policy = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.attach_user_policy(UserName="henry", PolicyArn=policy)
    key = iam.create_access_key(UserName="henry")["AccessKey"]["AccessKeyId"]

    def conflict() -> str:
        code, message = refused(iam.delete_user, UserName="henry")
        assert code == "DeleteConflict"
        return message

    assert conflict() == "Cannot delete entity, must remove users from group first."
    iam.remove_user_from_group(GroupName="crew", UserName="henry")
    assert conflict() == "Cannot delete entity, must delete policies first."
    iam.delete_user_policy(UserName="henry", PolicyName="let")
    assert conflict() == "Cannot delete entity, must detach all policies first."
    iam.detach_user_policy(UserName="henry", PolicyArn=policy)
    assert conflict() == "Cannot delete entity, must delete access keys first."
    iam.delete_access_key(UserName="henry", AccessKeyId=key)
    iam.delete_user(UserName="henry")
    assert refused(iam.get_user, UserName="henry")[0] == "NoSuchEntity"


def test_a_user_of_a_deleted_users_name_is_another(iam: Any) -> None:
    first = iam.create_user(UserName="ivy")["User"]["UserId"]
    iam.delete_user(UserName="ivy")
    assert iam.create_user(UserName="ivy")["User"]["UserId"] != first


def test_tags_replace_those_of_the_same_key_whatever_its_case(iam: Any) -> None:
    iam.create_user(UserName="jack", Tags=[{"Key": "Team", "Value": "red"}, {"Key": "site", "Value": "x"}])
    iam.tag_user(UserName="jack", Tags=[{"Key": "TEAM", "Value": "blue"}])
    tags = iam.list_user_tags(UserName="jack")
    assert tags["Tags"] == [{"Key": "site", "Value": "x"}, {"Key": "TEAM", "Value": "blue"}]
    assert tags["IsTruncated"] is False
    iam.untag_user(UserName="jack", TagKeys=["team", "unknown"])
    assert iam.list_user_tags(UserName="jack")["Tags"] == [{"Key": "site", "Value": "x"}]


def test_untagging_nothing_succeeds_and_tagging_nothing_does_not(iam: Any) -> None:
    iam.create_user(UserName="kate")
    iam.untag_user(UserName="kate", TagKeys=[])
    assert refused(iam.tag_user, UserName="kate", Tags=[]) == (
        "InvalidInput",
        "Error occurred while validating input. ",
    )


def test_reserved_and_repeated_keys_are_refused(iam: Any) -> None:
    iam.create_user(UserName="liam")
    reserved = [{"Key": "aws:x", "Value": "1"}] * 2  # reserved keys are told before repeated ones
    told = ("InvalidInput", "Tag keys beginning with aws: are reserved for system use.")
    assert refused(iam.tag_user, UserName="liam", Tags=reserved) == told
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    told = ("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    assert refused(iam.tag_user, UserName="liam", Tags=twice) == told
    assert refused(iam.create_user, UserName="mia", Tags=twice) == told
    assert iam.list_user_tags(UserName="liam")["Tags"] == []


def test_a_user_has_at_most_fifty_tags(iam: Any) -> None:
    iam.create_user(UserName="noah", Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(49)])
    two = [{"Key": "x", "Value": ""}, {"Key": "y", "Value": ""}]
    assert refused(iam.tag_user, UserName="noah", Tags=two)[0] == "LimitExceeded"
    iam.tag_user(UserName="noah", Tags=two[:1])
    iam.tag_user(UserName="noah", Tags=[{"Key": "K0", "Value": "replaced"}])
    assert len(iam.list_user_tags(UserName="noah")["Tags"]) == 50


def test_tags_are_paged_even_when_their_keys_are_long(iam: Any) -> None:
    keys = [f"{n}" + "\N{CJK UNIFIED IDEOGRAPH-4E00}" * 127 for n in range(5)]
    iam.create_user(UserName="olga", Tags=[{"Key": key, "Value": "v"} for key in keys])
    pages = iam.get_paginator("list_user_tags").paginate(UserName="olga", PaginationConfig={"PageSize": 2})
    assert [tag["Key"] for page in pages for tag in page["Tags"]] == keys


def test_the_root_user_describes_itself(iam: Any) -> None:
    user = iam.get_user()["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert user["UserId"] == ACCOUNT


def test_a_user_describes_itself_when_no_name_is_given(user: Callable[..., Any]) -> None:
    paul = user("paul", statement("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/paul"))
    assert paul("iam").get_user()["User"]["UserName"] == "paul"


@pytest.fixture
def stranger(user: Callable[..., Any]) -> Any:
    """The client of a user without any permission."""
    return user("stranger")("iam")


def test_denials_name_the_resource_as_aws_does(iam: Any, stranger: Any) -> None:
    iam.create_user(UserName="target", Path="/x/")
    assert refused(stranger.create_user, UserName="new", Path="/p/") == denied(STRANGER, "CreateUser", f"{USERS}p/new")
    assert refused(stranger.list_users) == denied(STRANGER, "ListUsers", USERS)
    assert refused(stranger.list_users, PathPrefix="/p/") == denied(STRANGER, "ListUsers", f"{USERS}p/")
    assert refused(stranger.get_user, UserName="target") == denied(STRANGER, "GetUser", "user target")
    assert refused(stranger.delete_user, UserName="target") == denied(STRANGER, "DeleteUser", "user target")
    assert refused(stranger.list_user_tags, UserName="target") == denied(STRANGER, "ListUserTags", "user target")


def test_names_cannot_be_probed_without_permission(iam: Any, stranger: Any) -> None:
    assert refused(stranger.get_user, UserName="nobody") == denied(STRANGER, "GetUser", "user nobody")


def test_a_path_limits_what_may_be_created_and_seen(iam: Any, stranger: Any) -> None:
    let(iam, "stranger", statement(["iam:CreateUser", "iam:GetUser"], f"arn:aws:iam::{ACCOUNT}:user/x/*"))
    stranger.create_user(UserName="inside", Path="/x/")
    assert refused(stranger.create_user, UserName="outside")[0] == "AccessDenied"
    # The stored path decides, whatever the spelling of the name.
    assert stranger.get_user(UserName="INSIDE")["User"]["UserName"] == "inside"
    iam.update_user(UserName="inside", NewPath="/y/")
    assert refused(stranger.get_user, UserName="inside")[0] == "AccessDenied"


def test_renaming_takes_permission_on_both_names(iam: Any, stranger: Any) -> None:
    iam.create_user(UserName="john")
    let(iam, "stranger", statement("iam:UpdateUser", f"{USERS}john"))
    assert refused(stranger.update_user, UserName="john", NewUserName="robert") == denied(
        STRANGER, "UpdateUser", f"{USERS}robert"
    )
    let(iam, "stranger", statement("iam:UpdateUser", f"{USERS}john"), statement("iam:UpdateUser", f"{USERS}robert"))
    stranger.update_user(UserName="john", NewUserName="robert")


def test_creating_with_tags_takes_the_permission_to_tag(iam: Any, stranger: Any) -> None:
    let(iam, "stranger", statement("iam:CreateUser"))
    tags = [{"Key": "a", "Value": "b"}]
    assert refused(stranger.create_user, UserName="tagged", Tags=tags) == denied(STRANGER, "TagUser", f"{USERS}tagged")
    stranger.create_user(UserName="untagged")
    let(iam, "stranger", statement(["iam:CreateUser", "iam:TagUser"]))
    stranger.create_user(UserName="tagged", Tags=tags)


def test_tags_in_the_request_and_on_the_user_decide(iam: Any, stranger: Any) -> None:
    iam.create_user(UserName="mine", Tags=[{"Key": "owner", "Value": "stranger"}])
    iam.create_user(UserName="other")
    let(
        iam,
        "stranger",
        statement("iam:DeleteUser", Condition={"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}),
        statement("iam:TagUser", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),
        statement("iam:UntagUser", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
    )
    assert refused(stranger.tag_user, UserName="other", Tags=[{"Key": "team", "Value": "red"}])[0] == "AccessDenied"
    stranger.tag_user(UserName="other", Tags=[{"Key": "team", "Value": "blue"}])
    assert refused(stranger.untag_user, UserName="other", TagKeys=["team", "owner"])[0] == "AccessDenied"
    stranger.untag_user(UserName="other", TagKeys=["team"])
    assert refused(stranger.delete_user, UserName="other")[0] == "AccessDenied"
    stranger.delete_user(UserName="mine")


def test_a_boundary_may_be_demanded(iam: Any, stranger: Any) -> None:
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    let(iam, "stranger", statement("iam:CreateUser", Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}}))
    assert refused(stranger.create_user, UserName="free")[0] == "AccessDenied"
    another = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert refused(stranger.create_user, UserName="free", PermissionsBoundary=another)[0] == "AccessDenied"
    stranger.create_user(UserName="bound", PermissionsBoundary=boundary)


def test_a_role_session_must_name_the_user(iam: Any, user: Callable[..., Any], server: Live) -> None:
    role = make_role(iam, "worker", trust({"AWS": ACCOUNT}))
    assume = user("paul", statement("sts:AssumeRole"))("sts").assume_role
    session = server.client("iam", assume(RoleArn=role, RoleSessionName="test")["Credentials"])
    told = ("ValidationError", "Must specify userName when calling with non-User credentials")
    assert refused(session.get_user) == told
    assert refused(session.create_access_key) == told
    assert refused(session.list_access_keys) == told
