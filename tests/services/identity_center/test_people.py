"""The identity store: users with all their attributes, groups, memberships."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.identity_center.conftest import Center

WHOLE = {
    "Name": {
        "Formatted": "Ann Doe",
        "FamilyName": "Doe",
        "GivenName": "Ann",
        "MiddleName": "M",
        "HonorificPrefix": "Dr",
    },
    "DisplayName": "Ann",
    "NickName": "annie",
    "ProfileUrl": "https://example.com/ann",
    "Emails": [{"Value": "Ann@example.com", "Type": "work", "Primary": True}],
    "Addresses": [{"StreetAddress": "1 Main", "Locality": "Bonn", "Country": "DE", "Primary": True}],
    "PhoneNumbers": [{"Value": "+15550100", "Type": "work", "Primary": True}],
    "UserType": "employee",
    "Title": "Engineer",
    "PreferredLanguage": "de",
    "Locale": "de-DE",
    "Timezone": "Europe/Berlin",
    "Photos": [{"Value": "https://example.com/a.png", "Primary": True}],
    "Website": "https://example.com",
    "Birthdate": "2000-02-29",
    "Roles": [{"Value": "lead", "Primary": True}],
}
ENTERPRISE = "aws:identitystore:enterprise"


def refusal(call: Callable[..., Any], **params: Any) -> Any:
    with pytest.raises(ClientError) as refused:
        call(**params)
    return refused.value.response


def test_a_user_keeps_every_attribute(center: Center) -> None:
    store, here = center.store, {"IdentityStoreId": center.store_id}
    extension = {ENTERPRISE: {"costCenter": "42", "manager": {"value": "bob"}}}
    made = store.create_user(**here, UserName="ann", **WHOLE, Extensions=extension)
    told = store.describe_user(**here, UserId=made["UserId"], Extensions=[ENTERPRISE])
    assert {key: told[key] for key in WHOLE} == WHOLE
    assert told["Extensions"] == extension
    assert (told["UserName"], told["UserStatus"], told["UserArn"]) == ("ann", "ENABLED", made["UserArn"])
    assert made["UserId"].startswith(center.store_id[2:] + "-")
    assert "Extensions" not in store.describe_user(**here, UserId=made["UserArn"])
    for path, value in (("userName", "ANN"), ("emails.value", "ann@EXAMPLE.com")):
        by = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}
        assert store.get_user_id(**here, AlternateIdentifier=by)["UserId"] == made["UserId"]
    unknown = {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": "bob"}}
    answered = refusal(store.get_user_id, **here, AlternateIdentifier=unknown)
    assert (answered["Error"]["Code"], answered["ResourceType"]) == ("ResourceNotFoundException", "USER")
    taken = refusal(center.new_user, name="ANN")
    assert taken["Error"]["Message"] == "Duplicate UserName"
    assert (taken["Error"]["Code"], taken["Reason"]) == ("ConflictException", "UNIQUENESS_CONSTRAINT_VIOLATION")
    assert taken["RequestId"]
    taken = refusal(center.new_user, name="bob", Emails=[{"Value": "ANN@example.com"}])
    assert taken["Reason"] == "UNIQUENESS_CONSTRAINT_VIOLATION"


def test_an_update_changes_attributes_by_path_all_or_none(center: Center) -> None:
    store = center.store
    user = {"IdentityStoreId": center.store_id, "UserId": center.new_user("ann", Title="Engineer")}

    def update(**values: Any) -> Any:
        operations = [
            {"AttributePath": path.replace("_", "."), "AttributeValue": value} for path, value in values.items()
        ]
        return store.update_user(**user, Operations=operations)

    first = store.describe_user(**user)["Revision"]
    emails = [{"value": "ann@example.com", "type": "work", "primary": True}]
    answered = update(name_familyName="Roe", title=None, emails=emails, nickName="annie")
    told = store.describe_user(**user)
    assert told["Name"] == {"GivenName": "ann", "FamilyName": "Roe"}
    assert told["Emails"] == [{"Value": "ann@example.com", "Type": "work", "Primary": True}]
    assert "Title" not in told
    assert told["Revision"] == answered["Revision"] != first
    path = [{"AttributePath": f"{ENTERPRISE}.costCenter", "AttributeValue": "42"}]
    store.update_user(**user, Operations=path)
    assert store.describe_user(**user, Extensions=[ENTERPRISE])["Extensions"] == {ENTERPRISE: {"costCenter": "42"}}
    for bad in (
        {"displayName": None},
        {"nickName": 7},
        {"nick": "x"},
        {"emails": "x"},
        {"emails": [{"value": "a", "wrong": "b"}]},
        {"name_familyName": ""},
        {"nickName": "kept?", "title": "x" * 1025},
        {"userStatus": "GONE"},
        {"name": 5},
        {"name": 5, "name_familyName": "x"},
        {ENTERPRISE: 5, f"{ENTERPRISE}_costCenter": "x"},
    ):
        assert refusal(update, **bad)["Error"]["Code"] == "ValidationException", bad
    assert store.describe_user(**user)["NickName"] == "annie"
    update(userStatus="DISABLED")
    assert store.describe_user(**user)["UserStatus"] == "DISABLED"
    stale = refusal(store.update_user, **user, Operations=path, Revision=first)
    assert (stale["Error"]["Code"], stale["Reason"]) == ("ConflictException", "CONCURRENT_MODIFICATION")


@pytest.mark.parametrize(
    "given",
    [
        {"UserName": "Administrator"},
        {"DisplayName": None},
        {"Name": {"GivenName": "a"}},
        {"UserName": "with space"},
        {"Extensions": {ENTERPRISE: {"unknown": "x"}}},
        {"Extensions": {"aws:identitystore:other": {}}},
        {"Emails": [{"Value": "a"}, {"Value": "b"}]},
        {"Photos": [{"Value": "a", "Primary": True}, {"Value": "b", "Primary": True}]},
    ],
)
def test_users_that_cannot_be(center: Center, given: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"UserName": "ann", "Name": {"GivenName": "a", "FamilyName": "b"}, "DisplayName": "c"}
    params = {key: value for key, value in {**whole, **given}.items() if value is not None}
    answered = refusal(center.store.create_user, IdentityStoreId=center.store_id, **params)
    assert answered["Error"]["Code"] == "ValidationException"


def test_what_is_missing_is_told_in_awss_words(center: Center) -> None:
    create, here = center.store.create_user, {"IdentityStoreId": center.store_id}
    assert refusal(create, **here)["Error"]["Message"] == "userName is a required attribute"
    told = refusal(create, **here, UserName="ann", Name={"GivenName": "a"})["Error"]["Message"]
    expected = ("displayname", "familyname")
    assert told == ", ".join(f"{each}: The attribute {each} is required" for each in expected)


def test_groups_and_who_is_in_them(center: Center) -> None:
    store, here = center.store, {"IdentityStoreId": center.store_id}
    ann, bob = center.new_user("ann"), center.new_user("bob")
    group = store.create_group(**here, DisplayName="Devs", Description="who builds")["GroupId"]
    other = store.create_group(**here, DisplayName="Ops")["GroupId"]
    assert refusal(store.create_group, **here, DisplayName="devs")["Reason"] == "UNIQUENESS_CONSTRAINT_VIOLATION"
    member = {"MemberId": {"UserId": ann}}
    made = store.create_group_membership(**here, GroupId=group, **member)["MembershipId"]
    again = refusal(store.create_group_membership, **here, GroupId=group, **member)
    assert again["Reason"] == "UNIQUENESS_CONSTRAINT_VIOLATION"
    nobody = refusal(store.create_group_membership, **here, GroupId=group, MemberId={"UserId": group})
    assert (nobody["ResourceType"], nobody["ResourceId"]) == ("USER", group)
    assert store.get_group_membership_id(**here, GroupId=group, **member)["MembershipId"] == made
    assert store.describe_group_membership(**here, MembershipId=made)["MemberId"] == member["MemberId"]
    results = store.is_member_in_groups(**here, **member, GroupIds=[group, other])["Results"]
    assert [each["MembershipExists"] for each in results] == [True, False]
    assert [
        each["GroupId"] for each in store.list_group_memberships_for_member(**here, **member)["GroupMemberships"]
    ] == [group]
    store.create_group_membership(**here, GroupId=group, MemberId={"UserId": bob})
    pages = store.get_paginator("list_group_memberships").paginate(
        **here, GroupId=group, PaginationConfig={"PageSize": 1}
    )
    assert {each["MemberId"]["UserId"] for page in pages for each in page["GroupMemberships"]} == {ann, bob}
    by = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "DEVS"}}
    assert store.get_group_id(**here, AlternateIdentifier=by)["GroupId"] == group
    store.update_group(
        **here, GroupId=group, Operations=[{"AttributePath": "displayName", "AttributeValue": "Builders"}]
    )
    told = store.describe_group(**here, GroupId=group)
    assert (told["DisplayName"], told["Description"], told["Revision"]) == ("Builders", "who builds", "2")
    store.delete_user(**here, UserId=bob)
    assert len(store.list_group_memberships(**here, GroupId=group)["GroupMemberships"]) == 1
    store.delete_group_membership(**here, MembershipId=made)
    gone = refusal(store.describe_group_membership, **here, MembershipId=made)
    assert gone["ResourceType"] == "GROUP_MEMBERSHIP"
    store.delete_group(**here, GroupId=group)
    assert [each["GroupId"] for each in store.list_groups(**here)["Groups"]] == [other]


def test_lists_have_pages_and_a_filter(center: Center) -> None:
    for name in ("cid", "ann", "bob"):
        center.new_user(name)
    here = {"IdentityStoreId": center.store_id}
    pages = center.store.get_paginator("list_users").paginate(**here, PaginationConfig={"PageSize": 2})
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [["ann", "bob"], ["cid"]]

    def filtered(path: str, value: str) -> Any:
        return center.store.list_users(**here, Filters=[{"AttributePath": path, "AttributeValue": value}])["Users"]

    assert [user["UserName"] for user in filtered("UserName", "BOB")] == ["bob"]
    assert filtered("UserName", "dan") == []
    assert refusal(filtered, path="Title", value="x")["Error"]["Code"] == "ValidationException"
    unknown = refusal(center.store.list_users, IdentityStoreId="d-0123456789")
    assert unknown["ResourceType"] == "IDENTITY_STORE"


def test_member_accounts_read_the_store_and_change_nothing(center: Center) -> None:
    ann, here = center.new_user("ann"), {"IdentityStoreId": center.store_id}
    theirs = center.client_in(center.member, "identitystore")
    assert theirs.describe_user(**here, UserId=ann)["UserName"] == "ann"
    assert refusal(theirs.delete_user, **here, UserId=ann)["Error"]["Code"] == "ResourceNotFoundException"


def test_a_change_must_be_allowed_on_the_user_and_on_the_store(
    center: Center, user: Callable[..., Callable[[str], Any]]
) -> None:
    ann, here = center.new_user("ann"), {"IdentityStoreId": center.store_id}
    on_user = {"Effect": "Allow", "Action": "identitystore:*", "Resource": f"arn:aws:identitystore:::user/{ann}"}
    on_store = {**on_user, "Resource": f"arn:aws:identitystore::*:identitystore/{center.store_id}"}
    on_store["Condition"] = {"StringEquals": {"identitystore:PrimaryRegion": "us-east-1"}}
    half = user("half", on_user)("identitystore")
    assert refusal(half.describe_user, **here, UserId=ann)["Error"]["Code"] == "AccessDeniedException"
    whole = user("whole", on_user, on_store)("identitystore")
    assert whole.describe_user(**here, UserId=ann)["UserName"] == "ann"
    assert (
        refusal(whole.describe_user, **here, UserId=center.new_user("bob"))["Error"]["Code"] == "AccessDeniedException"
    )


def test_a_denial_does_not_tell_whether_there_is_somebody_of_that_name(
    center: Center, user: Callable[..., Callable[[str], Any]]
) -> None:
    ann, here = center.new_user("ann"), {"IdentityStoreId": center.store_id}
    group = center.store.create_group(**here, DisplayName="devs")["GroupId"]
    nobody = user("nobody")("identitystore")

    def denial(name: str) -> str:
        by = {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": name}}
        return str(refusal(nobody.get_user_id, **here, AlternateIdentifier=by)["Error"]["Message"])

    assert denial("ann") == denial("bob")

    def membership() -> str:
        pair = {"GroupId": group, "MemberId": {"UserId": ann}}
        return str(refusal(nobody.get_group_membership_id, **here, **pair)["Error"]["Message"])

    before = membership()
    center.store.create_group_membership(**here, GroupId=group, MemberId={"UserId": ann})
    assert membership() == before
