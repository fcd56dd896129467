"""The organization, its root, its units."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT
from tests.services.organizations.support import Org, refused

IN_USE = ("AWSOrganizationsNotInUseException", None)
DENIED = ("AccessDeniedException", None)


def test_an_organization_is_made_described_and_deleted(orgs: Any) -> None:
    made = orgs.create_organization()["Organization"]
    assert re.fullmatch(r"o-[a-z0-9]{10}", made["Id"])
    assert made["Arn"] == f"arn:aws:organizations::{ACCOUNT}:organization/{made['Id']}"
    assert made["FeatureSet"] == "ALL"
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{ACCOUNT}:account/{made['Id']}/{ACCOUNT}"
    assert orgs.describe_organization()["Organization"] == made
    assert refused(orgs.create_organization) == ("AlreadyInOrganizationException", None)
    orgs.delete_organization()
    assert refused(orgs.describe_organization) == IN_USE


def test_without_an_organization_nothing_is_found(orgs: Any, user: Any) -> None:
    for call in (orgs.list_accounts, orgs.list_roots, orgs.delete_organization, orgs.leave_organization):
        assert refused(call) == IN_USE
    assert refused(user("eve")("organizations").list_accounts) == DENIED


def test_denials_are_not_explained(org: Org, user: Any) -> None:
    eve = user("eve")("organizations")
    with pytest.raises(ClientError) as denied:
        eve.describe_organization()
    answer = denied.value.response
    assert answer["Error"]["Message"] == "You don't have permissions to access this resource."
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_making_an_organization_takes_the_permission_to_link_its_role(iam: Any, user: Any) -> None:
    create = {"Effect": "Allow", "Action": "organizations:CreateOrganization", "Resource": "*"}
    link = {"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*"}
    assert refused(user("half", create)("organizations").create_organization) == DENIED
    user("whole", create, link)("organizations").create_organization()
    assert iam.get_role(RoleName="AWSServiceRoleForOrganizations")["Role"]["Path"].startswith("/aws-service-role/")


def test_the_root(org: Org) -> None:
    (root,) = org.client.list_roots()["Roots"]
    arn = f"arn:aws:organizations::{ACCOUNT}:root/{org.id}/{org.root}"
    assert root == {"Id": org.root, "Arn": arn, "Name": "Root", "PolicyTypes": []}


def test_units_live_below_one_another(org: Org) -> None:
    made = org.client.create_organizational_unit(ParentId=org.root, Name="Work")["OrganizationalUnit"]
    assert made["Id"].startswith(f"ou-{org.root[2:]}-")
    assert made["Arn"] == f"arn:aws:organizations::{ACCOUNT}:ou/{org.id}/{made['Id']}"
    assert made["Path"] == f"{org.id}/{org.root}/{made['Id']}/"
    inner = org.unit("Inner", made["Id"])
    client = org.client
    assert client.describe_organizational_unit(OrganizationalUnitId=inner)["OrganizationalUnit"]["Path"] == (
        f"{org.id}/{org.root}/{made['Id']}/{inner}/"
    )
    assert client.list_parents(ChildId=inner)["Parents"] == [{"Id": made["Id"], "Type": "ORGANIZATIONAL_UNIT"}]
    assert client.list_parents(ChildId=made["Id"])["Parents"] == [{"Id": org.root, "Type": "ROOT"}]
    children = client.list_children(ParentId=made["Id"], ChildType="ORGANIZATIONAL_UNIT")["Children"]
    assert children == [{"Id": inner, "Type": "ORGANIZATIONAL_UNIT"}]
    assert refused(client.delete_organizational_unit, OrganizationalUnitId=made["Id"]) == (
        "OrganizationalUnitNotEmptyException",
        None,
    )
    client.delete_organizational_unit(OrganizationalUnitId=inner)
    assert refused(client.describe_organizational_unit, OrganizationalUnitId=inner) == (
        "OrganizationalUnitNotFoundException",
        None,
    )


def test_names_of_units_are_unique_below_one_parent(org: Org) -> None:
    work = org.unit("Work")
    org.unit("Work", work)
    other = org.unit("Other")
    duplicate = ("DuplicateOrganizationalUnitException", None)
    assert refused(org.client.create_organizational_unit, ParentId=org.root, Name="Work") == duplicate
    assert refused(org.client.update_organizational_unit, OrganizationalUnitId=other, Name="Work") == duplicate
    for name in ({"Name": "New"}, {"Name": " "}, {}):
        changed = org.client.update_organizational_unit(OrganizationalUnitId=other, **name)["OrganizationalUnit"]
        assert changed["Name"] == "New"


def test_units_are_at_most_five_deep(org: Org) -> None:
    parent = org.root
    for level in range(5):
        parent = org.unit(f"Level{level}", parent)
    assert refused(org.client.create_organizational_unit, ParentId=parent, Name="Six") == (
        "ConstraintViolationException",
        "OU_DEPTH_LIMIT_EXCEEDED",
    )


def test_lists_come_in_pages(org: Org) -> None:
    made = {org.unit(f"Unit{number}") for number in range(23)}
    first = org.client.list_organizational_units_for_parent(ParentId=org.root)
    assert len(first["OrganizationalUnits"]) == 20
    pages = org.client.get_paginator("list_organizational_units_for_parent").paginate(
        ParentId=org.root, PaginationConfig={"PageSize": 7}
    )
    found = [unit["Id"] for page in pages for unit in page["OrganizationalUnits"]]
    assert len(found) == 23
    assert set(found) == made
    assert refused(org.client.list_accounts, NextToken="no token") == ("InvalidInputException", "INVALID_NEXT_TOKEN")


@pytest.mark.parametrize(
    ("operation", "parameters", "reason"),
    [
        ("create_organizational_unit", {"Name": "x"}, "INPUT_REQUIRED:PARENT_ID"),
        ("create_organizational_unit", {"Name": "", "ParentId": "r-abcd"}, "MIN_LENGTH_EXCEEDED:NAME"),
        ("create_organizational_unit", {"Name": "x", "ParentId": "r"}, "INVALID_PATTERN:PARENT_ID"),
        ("list_policies", {"Filter": "NO_POLICY"}, "INVALID_ENUM:FILTER"),
        ("list_accounts", {"MaxResults": 21}, "MAX_VALUE_EXCEEDED:MAX_RESULTS"),
        ("describe_account", {"AccountId": "1" * 13}, "MAX_LENGTH_EXCEEDED:ACCOUNT_ID"),
    ],
)
def test_bad_input_is_told_with_a_reason(org: Org, operation: str, parameters: dict[str, Any], reason: str) -> None:
    assert refused(getattr(org.client, operation), **parameters) == ("InvalidInputException", reason)


def test_things_that_are_not_there(org: Org) -> None:
    client, unit = org.client, f"ou-{org.root[2:]}-12345678"
    assert refused(client.list_children, ParentId=unit, ChildType="ACCOUNT")[0] == "ParentNotFoundException"
    assert refused(client.list_parents, ChildId="999999999999")[0] == "ChildNotFoundException"
    assert refused(client.describe_account, AccountId="999999999999")[0] == "AccountNotFoundException"
    assert refused(client.enable_policy_type, RootId="r-zzzz", PolicyType="TAG_POLICY")[0] == "RootNotFoundException"
    assert refused(client.tag_resource, ResourceId=unit, Tags=[])[0] == "TargetNotFoundException"


def test_permissions_name_resources_and_tags(org: Org, user: Any) -> None:
    work, play = org.unit("Work"), org.unit("Play")
    arn = f"arn:aws:organizations::{ACCOUNT}:ou/{org.id}/{work}"
    ann = user("ann", {"Effect": "Allow", "Action": "organizations:*", "Resource": arn})("organizations")
    ann.describe_organizational_unit(OrganizationalUnitId=work)
    assert refused(ann.describe_organizational_unit, OrganizationalUnitId=play) == DENIED
    unknown = f"ou-{org.root[2:]}-12345678"
    assert refused(ann.describe_organizational_unit, OrganizationalUnitId=unknown) == DENIED
    tagged = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    bob = user("bob", {"Effect": "Allow", "Action": "organizations:*", "Resource": "*", "Condition": tagged})
    client = bob("organizations")
    assert refused(client.delete_organizational_unit, OrganizationalUnitId=play) == DENIED
    org.client.tag_resource(ResourceId=play, Tags=[{"Key": "team", "Value": "blue"}])
    client.delete_organizational_unit(OrganizationalUnitId=play)


def test_what_is_made_with_tags_takes_the_permission_to_tag(org: Org, user: Any) -> None:
    create = {"Effect": "Allow", "Action": ["organizations:Create*"], "Resource": "*"}
    tag = {"Effect": "Allow", "Action": ["organizations:TagResource"], "Resource": "*"}
    some, both = user("some", create)("organizations"), user("both", create, tag)("organizations")
    tags = [{"Key": "team", "Value": "blue"}]
    unit = {"ParentId": org.root, "Name": "Work", "Tags": tags}
    policy = {"Type": "TAG_POLICY", "Name": "x", "Description": "", "Content": '{"tags": {}}', "Tags": tags}
    assert refused(some.create_organizational_unit, **unit) == DENIED
    assert refused(some.create_policy, **policy) == DENIED
    made = both.create_organizational_unit(**unit)["OrganizationalUnit"]["Id"]
    assert org.client.list_tags_for_resource(ResourceId=made)["Tags"] == tags
    made = both.create_policy(**policy)["Policy"]["PolicySummary"]["Id"]
    assert org.client.list_tags_for_resource(ResourceId=made)["Tags"] == tags


@pytest.mark.parametrize("what", ["root", "unit", "account", "policy"])
def test_tags(org: Org, what: str) -> None:
    made = {
        "root": lambda: org.root,
        "unit": lambda: org.unit("Work"),
        "account": lambda: org.account("ann"),
        "policy": lambda: org.policy("Nothing", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
    }
    id, client = made[what](), org.client
    client.tag_resource(ResourceId=id, Tags=[{"Key": "a", "Value": "1"}, {"Key": "B", "Value": ""}])
    client.tag_resource(ResourceId=id, Tags=[{"Key": "a", "Value": "2"}])
    assert client.list_tags_for_resource(ResourceId=id)["Tags"] == [
        {"Key": "B", "Value": ""},
        {"Key": "a", "Value": "2"},
    ]
    client.untag_resource(ResourceId=id, TagKeys=["a", "absent"])
    assert client.list_tags_for_resource(ResourceId=id)["Tags"] == [{"Key": "B", "Value": ""}]
    twice = [{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]
    assert refused(client.tag_resource, ResourceId=id, Tags=twice) == ("InvalidInputException", "DUPLICATE_TAG_KEY")
    reserved = [{"Key": "aws:x", "Value": "1"}]
    assert refused(client.tag_resource, ResourceId=id, Tags=reserved)[1] == "INVALID_SYSTEM_TAGS_PARAMETER"
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert refused(client.tag_resource, ResourceId=id, Tags=many) == (
        "ConstraintViolationException",
        "MAX_TAG_LIMIT_EXCEEDED",
    )
