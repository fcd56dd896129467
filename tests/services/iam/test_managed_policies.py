"""Managed policies through the public door."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.iam.documents import READ, TRUST, WRITE, of_size, statement
from tests.services.iam.refusals import assert_refused

Users = Callable[..., Callable[[str], Any]]
BOB = "arn:aws:iam::123456789012:user/bob"
AWS = "arn:aws:iam::aws:policy/"
READ_ONLY = AWS + "ReadOnlyAccess"
FOREIGN = "arn:aws:iam::999999999999:policy/theirs"


@pytest.fixture
def own(iam: Any) -> str:
    """The ARN of a policy of the account."""
    arn: str = iam.create_policy(PolicyName="own", PolicyDocument=READ)["Policy"]["Arn"]
    return arn


def names(answer: dict[str, Any]) -> list[str]:
    return [policy["PolicyName"] for policy in answer["Policies"]]


def test_creation_shows_neither_description_nor_empty_tags(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="p", Path="/team/a/", PolicyDocument=READ, Description="Reads.")["Policy"]
    assert policy["Arn"].endswith(":policy/team/a/p")
    assert policy["PolicyId"].startswith("ANPA")
    assert len(policy["PolicyId"]) == 21
    assert policy["CreateDate"] == policy["UpdateDate"]
    assert {
        key: value for key, value in policy.items() if key not in {"Arn", "PolicyId", "CreateDate", "UpdateDate"}
    } == {
        "PolicyName": "p",
        "Path": "/team/a/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
    }


def test_get_shows_the_description_and_the_list_of_tags_even_empty(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ, Description="Reads.")["Policy"]["Arn"]
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["Description"], policy["Tags"]) == ("Reads.", [])


def test_creation_with_tags_shows_them(iam: Any) -> None:
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    policy = iam.create_policy(PolicyName="p", PolicyDocument=READ, Tags=tags)["Policy"]
    assert policy["Tags"] == tags
    assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["Tags"] == tags


def test_names_are_unique_whatever_their_case_and_path(iam: Any, own: str) -> None:
    message = "A policy called OWN already exists. Duplicate names are not allowed."
    assert_refused(iam.create_policy, "EntityAlreadyExists", message, PolicyName="OWN", Path="/x/", PolicyDocument=READ)


def test_a_document_that_is_no_policy_is_refused(iam: Any) -> None:
    for text in ("{", "[]", '{"Version": "2012-10-17"}', TRUST):
        with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
            iam.create_policy(PolicyName="p", PolicyDocument=text)
    assert names(iam.list_policies(Scope="Local")) == []


def test_documents_of_managed_policies_are_of_the_latest_version(iam: Any) -> None:
    message = "Policy document must be version 2012-10-17 or greater."
    old = READ.replace("2012-10-17", "2008-10-17")
    assert_refused(iam.create_policy, "MalformedPolicyDocument", message, PolicyName="p", PolicyDocument=old)
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=old)


def test_the_quota_on_size_does_not_count_white_space(iam: Any) -> None:
    iam.create_policy(PolicyName="fits", PolicyDocument=json.dumps(json.loads(of_size(6144)), indent=4))
    assert_refused(
        iam.create_policy,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
        PolicyName="p",
        PolicyDocument=of_size(6145),
    )


def test_an_unknown_policy_and_a_text_that_is_no_policy_arn(iam: Any, own: str) -> None:
    unknown = own + "x"
    assert_refused(iam.get_policy, "NoSuchEntity", f"Policy {unknown} was not found.", PolicyArn=unknown)
    assert_refused(iam.delete_policy, "NoSuchEntity", f"Policy {unknown} was not found.", PolicyArn=unknown)
    assert_refused(iam.get_policy, "NoSuchEntity", f"Policy {AWS}None was not found.", PolicyArn=f"{AWS}None")
    assert_refused(
        iam.get_policy,
        "NoSuchEntity",
        f"Policy {own.upper()[:4].lower() + own[4:-3]}OWN was not found.",
        PolicyArn=own[:-3] + "OWN",
    )
    assert_refused(
        iam.get_policy, "ValidationError", "Invalid ARN:  Could not be parsed!", PolicyArn="no-arn-at-all-but-long"
    )
    assert_refused(
        iam.get_policy,
        "ValidationError",
        "Invalid ARN partition",
        PolicyArn="arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
    )
    user = own.replace(":policy/", ":user/")
    assert_refused(iam.get_policy, "InvalidInput", f"ARN {user} is not valid.", PolicyArn=user)


def test_aws_policies_can_be_read_by_everyone(iam: Any) -> None:
    policy = iam.get_policy(PolicyArn=READ_ONLY)["Policy"]
    assert (policy["PolicyName"], policy["Path"], policy["IsAttachable"], policy["Tags"]) == (
        "ReadOnlyAccess",
        "/",
        True,
        [],
    )
    assert policy["Description"]


@pytest.mark.parametrize("arn", [READ_ONLY, FOREIGN, AWS + "Imagined"])
def test_what_is_not_the_accounts_own_cannot_be_changed(iam: Any, arn: str) -> None:
    outside = "outside your own account."
    version = {"PolicyArn": arn, "VersionId": "v1"}
    assert_refused(iam.delete_policy, "AccessDenied", f"Cannot delete policies {outside}", PolicyArn=arn)
    assert_refused(
        iam.create_policy_version,
        "AccessDenied",
        f"Cannot create versions for policies {outside}",
        PolicyArn=arn,
        PolicyDocument=READ,
    )
    assert_refused(iam.set_default_policy_version, "AccessDenied", f"Cannot update policies {outside}", **version)
    assert_refused(
        iam.delete_policy_version, "AccessDenied", f"Cannot delete policy versions for policies {outside}", **version
    )
    tags = "Tags not supported for policies in this domain"
    assert_refused(iam.tag_policy, "InvalidInput", tags, PolicyArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert_refused(iam.untag_policy, "InvalidInput", tags, PolicyArn=arn, TagKeys=["k"])
    assert_refused(iam.list_policy_tags, "InvalidInput", tags, PolicyArn=arn)


def test_another_accounts_policy_cannot_be_read(iam: Any) -> None:
    with pytest.raises(ClientError) as caught:
        iam.get_policy(PolicyArn=FOREIGN)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def everything_listed(iam: Any, **params: Any) -> list[dict[str, Any]]:
    pages = iam.get_paginator("list_policies").paginate(**params, PaginationConfig={"PageSize": 700})
    return [policy for page in pages for policy in page["Policies"]]


def test_listing_by_scope_and_path(iam: Any) -> None:
    for name, path in (("b", "/x/"), ("A", "/x/y/"), ("c", "/")):
        iam.create_policy(PolicyName=name, Path=path, PolicyDocument=READ)
    assert names(iam.list_policies(Scope="Local")) == ["A", "b", "c"]
    assert names(iam.list_policies(Scope="Local", PathPrefix="/x/")) == ["A", "b"]
    everything = everything_listed(iam, Scope="All")
    assert (
        len({p["Arn"] for p in everything}) == len(everything) == len(everything_listed(iam, Scope="AWS")) + 3 > 1_000
    )
    assert [p["PolicyName"] for p in everything if not p["Arn"].startswith(AWS)] == ["A", "b", "c"]
    assert [p["PolicyName"].lower() for p in everything] == sorted(p["PolicyName"].lower() for p in everything)
    assert not any("Tags" in p or "Description" in p for p in everything)


def test_pages_survive_changes_between_them(iam: Any) -> None:
    for name in "abcd":
        iam.create_policy(PolicyName=name, Path="/" + "p" * 200 + "/", PolicyDocument=READ)
    first = iam.list_policies(Scope="Local", MaxItems=2)
    assert (names(first), first["IsTruncated"]) == (["a", "b"], True)
    iam.delete_policy(PolicyArn=first["Policies"][1]["Arn"])
    rest = iam.list_policies(Scope="Local", Marker=first["Marker"], MaxItems=1000)
    assert (names(rest), rest["IsTruncated"]) == (["c", "d"], False)


def test_an_own_policy_may_be_named_as_one_of_aws(iam: Any) -> None:
    own = iam.create_policy(PolicyName="readonlyaccess", PolicyDocument=READ)["Policy"]["Arn"]
    iam.create_user(UserName="u")
    for arn in (READ_ONLY, own):
        iam.attach_user_policy(UserName="u", PolicyArn=arn)
    listed = (iam.list_policies, "Policies", "Arn", {"OnlyAttached": True})
    attached = (iam.list_attached_user_policies, "AttachedPolicies", "PolicyArn", {"UserName": "u"})
    for operation, member, key, params in (listed, attached):
        first = operation(MaxItems=1, **params)
        rest = operation(Marker=first["Marker"], **params)
        assert [policy[key] for policy in first[member] + rest[member]] == [own, READ_ONLY]


def test_usage_is_counted_and_filters_the_list(iam: Any, own: str) -> None:
    iam.create_user(UserName="u", PermissionsBoundary=own)
    iam.attach_user_policy(UserName="u", PolicyArn=READ_ONLY)
    boundary, attached = (iam.get_policy(PolicyArn=arn)["Policy"] for arn in (own, READ_ONLY))
    assert (boundary["AttachmentCount"], boundary["PermissionsBoundaryUsageCount"]) == (0, 1)
    assert (attached["AttachmentCount"], attached["PermissionsBoundaryUsageCount"]) == (1, 0)
    assert names(iam.list_policies(OnlyAttached=True)) == ["own", "ReadOnlyAccess"]
    assert names(iam.list_policies(OnlyAttached=True, PolicyUsageFilter="PermissionsPolicy")) == ["ReadOnlyAccess"]
    assert names(iam.list_policies(OnlyAttached=True, PolicyUsageFilter="PermissionsBoundary")) == ["own"]
    iam.create_policy(PolicyName="unused", PolicyDocument=READ)
    assert names(iam.list_policies(Scope="Local", PolicyUsageFilter="PermissionsBoundary")) == ["own", "unused"]


def test_a_policy_in_use_or_with_versions_cannot_be_deleted(iam: Any, own: str) -> None:
    in_use = "Cannot delete a policy attached to entities."
    iam.create_user(UserName="u", PermissionsBoundary=own)
    assert_refused(iam.delete_policy, "DeleteConflict", in_use, PolicyArn=own)
    iam.delete_user_permissions_boundary(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn=own)
    assert_refused(iam.delete_policy, "DeleteConflict", in_use, PolicyArn=own)
    iam.detach_user_policy(UserName="u", PolicyArn=own)
    iam.create_policy_version(PolicyArn=own, PolicyDocument=WRITE)
    versions = (
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy."
    )
    assert_refused(iam.delete_policy, "DeleteConflict", versions, PolicyArn=own)
    iam.delete_policy_version(PolicyArn=own, VersionId="v2")
    iam.delete_policy(PolicyArn=own)
    assert_refused(iam.get_policy, "NoSuchEntity", f"Policy {own} was not found.", PolicyArn=own)


def test_tags_keep_keys_of_different_case_apart(iam: Any, own: str) -> None:
    iam.tag_policy(PolicyArn=own, Tags=[{"Key": "Team", "Value": "a"}])
    iam.tag_policy(PolicyArn=own, Tags=[{"Key": "team", "Value": "b"}, {"Key": "Team", "Value": "c"}])
    iam.untag_policy(PolicyArn=own, TagKeys=["team", "absent"])
    assert iam.list_policy_tags(PolicyArn=own)["Tags"] == [{"Key": "Team", "Value": "c"}]
    with pytest.raises(iam.exceptions.InvalidInputException):
        iam.tag_policy(PolicyArn=own, Tags=[{"Key": "aws:x", "Value": ""}])
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.tag_policy(PolicyArn=own, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])


def test_tags_come_in_pages(iam: Any, own: str) -> None:
    iam.tag_policy(PolicyArn=own, Tags=[{"Key": key * 128, "Value": ""} for key in "abc"])
    first = iam.list_policy_tags(PolicyArn=own, MaxItems=2)
    rest = iam.list_policy_tags(PolicyArn=own, Marker=first["Marker"])
    assert [tag["Key"][0] for tag in first["Tags"] + rest["Tags"]] == ["a", "b", "c"]


def test_denials_name_policies_as_aws_does(user: Users, own: str) -> None:
    bob = user("bob")("iam")
    said = f"User: {BOB} is not authorized to perform: iam:"

    def why(action: str) -> str:
        return f"because no identity-based policy allows the iam:{action} action"

    assert_refused(
        bob.get_policy, "AccessDenied", f"{said}GetPolicy on resource: policy {own} {why('GetPolicy')}", PolicyArn=own
    )
    assert_refused(
        bob.list_policies,
        "AccessDenied",
        f"{said}ListPolicies on resource: policy path /x/ {why('ListPolicies')}",
        PathPrefix="/x/",
    )
    assert_refused(
        bob.create_policy,
        "AccessDenied",
        f"{said}CreatePolicy on resource: policy new {why('CreatePolicy')}",
        PolicyName="new",
        PolicyDocument=READ,
    )
    hidden = own + "x"
    assert_refused(
        bob.delete_policy,
        "AccessDenied",
        f"{said}DeletePolicy on resource: policy {hidden} {why('DeletePolicy')}",
        PolicyArn=hidden,
    )


def test_creating_with_tags_takes_the_permission_to_tag(user: Users) -> None:
    bob = user("bob", statement("iam:CreatePolicy"))("iam")
    bob.create_policy(PolicyName="plain", PolicyDocument=READ)
    assert_refused(
        bob.create_policy,
        "AccessDenied",
        f"User: {BOB} is not authorized to perform: iam:TagPolicy on resource: policy tagged "
        "because no identity-based policy allows the iam:TagPolicy action",
        PolicyName="tagged",
        PolicyDocument=READ,
        Tags=[{"Key": "k", "Value": "v"}],
    )


def test_permissions_may_depend_on_the_arn_and_the_tags_of_a_policy(iam: Any, user: Users) -> None:
    mine = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    bob = user("bob", statement("iam:GetPolicy", "arn:aws:iam::*:policy/x/*", Condition=mine))("iam")
    tagged = {"PolicyDocument": READ, "Tags": [{"Key": "team", "Value": "a"}]}
    allowed = iam.create_policy(PolicyName="allowed", Path="/x/", **tagged)["Policy"]["Arn"]
    elsewhere = iam.create_policy(PolicyName="elsewhere", **tagged)["Policy"]["Arn"]
    untagged = iam.create_policy(PolicyName="untagged", Path="/x/", PolicyDocument=READ)["Policy"]["Arn"]
    assert bob.get_policy(PolicyArn=allowed)["Policy"]["PolicyName"] == "allowed"
    for arn in (elsewhere, untagged):
        with pytest.raises(ClientError, match="AccessDenied"):
            bob.get_policy(PolicyArn=arn)
