"""Groups and their members, through the public door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iamd.services.iam.quotas import Quotas
from tests.live import ACCOUNT, Live
from tests.services.iam.documents import READ, document, statement
from tests.services.iam.support import denied, let, refused

NO_GROUP = ("NoSuchEntity", "The group with name none cannot be found.")
NO_USER = ("NoSuchEntity", "The user with name nobody cannot be found.")


@pytest.fixture
def crew(iam: Any) -> dict[str, Any]:
    """A group with the members Zoe and adam."""
    group: dict[str, Any] = iam.create_group(GroupName="Crew", Path="/ship/")["Group"]
    for name in ("Zoe", "adam"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="Crew", UserName=name)
    return group


def names(answer: dict[str, Any]) -> list[str]:
    return [user["UserName"] for user in answer["Users"]]


def test_a_new_group_has_what_aws_shows(iam: Any) -> None:
    group = iam.create_group(GroupName="Ops", Path="/a/")["Group"]
    assert set(group) == {"Path", "GroupName", "GroupId", "Arn", "CreateDate"}
    assert group["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/a/Ops"
    assert group["GroupId"].startswith("AGPA")
    answer = iam.get_group(GroupName="ops")
    assert answer["Group"] == group
    assert answer["Users"] == []
    assert answer["IsTruncated"] is False
    assert iam.list_groups()["Groups"] == [group]


def test_names_are_unique_whatever_their_case(iam: Any, crew: dict[str, Any]) -> None:
    told = ("EntityAlreadyExists", "Group with name CREW already exists.")
    assert refused(iam.create_group, GroupName="CREW") == told
    iam.create_group(GroupName="other")
    assert refused(iam.update_group, GroupName="other", NewGroupName="CREW") == told


def test_the_number_of_groups_has_a_quota(iam: Any, server: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.realm, "quotas", Quotas(groups=1))
    iam.create_group(GroupName="one")
    assert refused(iam.create_group, GroupName="two") == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerAccount: 1",
    )


def test_unknown_groups_and_users_are_told(iam: Any, crew: dict[str, Any]) -> None:
    iam.create_user(UserName="eve")
    assert refused(iam.get_group, GroupName="none") == NO_GROUP
    assert refused(iam.update_group, GroupName="none", NewPath="/x/") == NO_GROUP
    assert refused(iam.delete_group, GroupName="none") == NO_GROUP
    assert refused(iam.add_user_to_group, GroupName="none", UserName="eve") == NO_GROUP
    assert refused(iam.remove_user_from_group, GroupName="none", UserName="nobody") == NO_GROUP
    assert refused(iam.add_user_to_group, GroupName="crew", UserName="nobody") == NO_USER
    assert refused(iam.remove_user_from_group, GroupName="crew", UserName="nobody") == NO_USER
    assert refused(iam.list_groups_for_user, UserName="nobody") == NO_USER


def test_members_are_listed_by_name_in_pages(iam: Any, crew: dict[str, Any]) -> None:
    first = iam.get_group(GroupName="Crew", MaxItems=1)
    assert names(first) == ["adam"]
    assert first["IsTruncated"] is True
    assert names(iam.get_group(GroupName="Crew", Marker=first["Marker"])) == ["Zoe"]


def test_adding_twice_and_removing_the_absent_succeed(iam: Any, crew: dict[str, Any]) -> None:
    iam.add_user_to_group(GroupName="crew", UserName="ZOE")
    assert names(iam.get_group(GroupName="Crew")) == ["adam", "Zoe"]
    iam.remove_user_from_group(GroupName="crew", UserName="zoe")
    iam.remove_user_from_group(GroupName="crew", UserName="zoe")
    assert names(iam.get_group(GroupName="Crew")) == ["adam"]


def test_a_user_is_in_at_most_ten_groups(iam: Any) -> None:
    iam.create_user(UserName="busy")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="busy")
    assert refused(iam.add_user_to_group, GroupName="g10", UserName="busy") == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerUser: 10",
    )
    iam.add_user_to_group(GroupName="g0", UserName="busy")  # is there already
    iam.remove_user_from_group(GroupName="g0", UserName="busy")
    iam.add_user_to_group(GroupName="g10", UserName="busy")


def test_groups_of_a_user_are_listed_by_name_in_pages(iam: Any, crew: dict[str, Any]) -> None:
    iam.create_group(GroupName="away")
    iam.add_user_to_group(GroupName="away", UserName="Zoe")
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName="zoe", PaginationConfig={"PageSize": 1})
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["away", "Crew"]
    assert iam.list_groups_for_user(UserName="adam")["Groups"] == [crew]


def test_groups_are_listed_by_path(iam: Any, crew: dict[str, Any]) -> None:
    iam.create_group(GroupName="shore")
    assert [group["GroupName"] for group in iam.list_groups(PathPrefix="/ship/")["Groups"]] == ["Crew"]
    pages = iam.get_paginator("list_groups").paginate(PaginationConfig={"PageSize": 1})
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["Crew", "shore"]


def test_a_group_keeps_its_members_when_it_is_renamed(iam: Any, crew: dict[str, Any]) -> None:
    iam.update_group(GroupName="crew", NewGroupName="Band", NewPath="/stage/")
    answer = iam.get_group(GroupName="band")
    assert answer["Group"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/stage/Band"
    assert answer["Group"]["GroupId"] == crew["GroupId"]
    assert names(answer) == ["adam", "Zoe"]
    assert refused(iam.get_group, GroupName="Crew")[0] == "NoSuchEntity"


def test_a_member_keeps_its_groups_when_it_is_renamed(iam: Any, crew: dict[str, Any]) -> None:
    iam.update_user(UserName="Zoe", NewUserName="Ada")
    assert names(iam.get_group(GroupName="Crew")) == ["Ada", "adam"]


def test_a_group_is_deleted_only_when_nothing_is_left(iam: Any, crew: dict[str, Any]) -> None:
    policy = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.put_group_policy(GroupName="Crew", PolicyName="p", PolicyDocument=READ)
    iam.attach_group_policy(GroupName="Crew", PolicyArn=policy)
    assert refused(iam.delete_group, GroupName="Crew") == (
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    )
    for name in ("Zoe", "adam"):
        iam.remove_user_from_group(GroupName="Crew", UserName=name)
    assert refused(iam.delete_group, GroupName="Crew")[1] == "Cannot delete entity, must delete policies first."
    iam.delete_group_policy(GroupName="Crew", PolicyName="p")
    assert refused(iam.delete_group, GroupName="Crew")[1] == "Cannot delete entity, must detach all policies first."
    iam.detach_group_policy(GroupName="Crew", PolicyArn=policy)
    iam.delete_group(GroupName="Crew")
    assert iam.list_groups()["Groups"] == []


def test_members_have_the_groups_permissions_while_they_are_members(
    iam: Any, crew: dict[str, Any], server: Live
) -> None:
    iam.put_group_policy(GroupName="Crew", PolicyName="p", PolicyDocument=document(statement("iam:ListGroups")))
    zoe = server.client("iam", iam.create_access_key(UserName="Zoe")["AccessKey"])
    assert zoe.list_groups()["Groups"] == [crew]
    iam.remove_user_from_group(GroupName="Crew", UserName="Zoe")
    assert refused(zoe.list_groups)[0] == "AccessDenied"
    iam.add_user_to_group(GroupName="Crew", UserName="Zoe")
    assert zoe.list_groups()["Groups"] == [crew]


def test_denials_name_the_resource_as_aws_does(iam: Any, crew: dict[str, Any], server: Live) -> None:
    zoe = server.client("iam", iam.create_access_key(UserName="Zoe")["AccessKey"])
    arn = f"arn:aws:iam::{ACCOUNT}:user/Zoe"

    def check(operation: Callable[..., Any], action: str, resource: str, **params: str) -> None:
        assert refused(operation, **params) == denied(arn, action, resource)

    check(zoe.create_group, "CreateGroup", f"arn:aws:iam::{ACCOUNT}:group/p/new", GroupName="new", Path="/p/")
    check(zoe.list_groups, "ListGroups", f"arn:aws:iam::{ACCOUNT}:group/")
    check(zoe.get_group, "GetGroup", "group Crew", GroupName="Crew")
    check(zoe.get_group, "GetGroup", "group none", GroupName="none")
    check(zoe.add_user_to_group, "AddUserToGroup", "group Crew", GroupName="Crew", UserName="nobody")
    check(zoe.list_groups_for_user, "ListGroupsForUser", "user Zoe", UserName="Zoe")
    groups = f"arn:aws:iam::{ACCOUNT}:group/ship/"
    let(iam, "Zoe", statement("iam:UpdateGroup", f"{groups}Crew"))
    check(zoe.update_group, "UpdateGroup", f"{groups}Gang", GroupName="Crew", NewGroupName="Gang")
    zoe.update_group(GroupName="Crew", NewPath="/ship/")
