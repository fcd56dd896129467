"""Permission sets and what they allow, as the API keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.identity_center.conftest import Center

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def code(call: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**params)
    return str(refused.value.response["Error"]["Code"])


def test_a_set_is_made_described_changed_and_deleted(center: Center) -> None:
    sso, here = center.sso, {"InstanceArn": center.arn}
    tags = [{"Key": "team", "Value": "a"}]
    made = sso.create_permission_set(**here, Name="Admin", Description="all", RelayState="https://r", Tags=tags)
    arn = made["PermissionSet"]["PermissionSetArn"]
    assert re.fullmatch(r"arn:aws:sso:::permissionSet/ssoins-[0-9a-f]{16}/ps-[0-9a-f]{16}", arn)
    whole = {**here, "PermissionSetArn": arn}
    assert sso.describe_permission_set(**whole)["PermissionSet"] == made["PermissionSet"]
    assert made["PermissionSet"]["SessionDuration"] == "PT1H"
    assert sso.list_permission_sets(**here)["PermissionSets"] == [arn]
    assert sso.list_tags_for_resource(**here, ResourceArn=arn)["Tags"] == tags
    sso.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "c"}])
    sso.untag_resource(**here, ResourceArn=arn, TagKeys=["team"])
    assert sso.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "c"}]
    assert code(sso.create_permission_set, **here, Name="ADMIN") == "ConflictException"
    for wrong in ("PT13H", "PT59M", "P1D", "1H", "PT"):
        assert code(sso.create_permission_set, **here, Name="x", SessionDuration=wrong) == "ValidationException", wrong
    sso.update_permission_set(**whole, SessionDuration="PT11H60M")
    told = sso.describe_permission_set(**whole)["PermissionSet"]
    assert (told["SessionDuration"], told["Description"], told.get("RelayState")) == ("PT11H60M", "all", None)
    sso.delete_permission_set(**whole)
    assert code(sso.describe_permission_set, **whole) == "ResourceNotFoundException"
    assert sso.list_permission_sets(**here)["PermissionSets"] == []


def test_policies_of_aws_and_of_accounts(center: Center) -> None:
    sso = center.sso
    here = {"InstanceArn": center.arn, "PermissionSetArn": center.new_set("Admin")}
    sso.attach_managed_policy_to_permission_set(**here, ManagedPolicyArn=READ_ONLY)
    listed = sso.list_managed_policies_in_permission_set(**here)["AttachedManagedPolicies"]
    assert listed == [{"Name": "ReadOnlyAccess", "Arn": READ_ONLY}]
    attach = sso.attach_managed_policy_to_permission_set
    assert code(attach, **here, ManagedPolicyArn=READ_ONLY) == "ConflictException"
    unknown = "arn:aws:iam::aws:policy/NoSuchPolicyAnywhere"
    assert code(attach, **here, ManagedPolicyArn=unknown) == "ResourceNotFoundException"
    reserved = "arn:aws:iam::aws:policy/aws-service-role/AWSSSOServiceRolePolicy"
    assert code(attach, **here, ManagedPolicyArn=reserved) == "ValidationException"
    refer = sso.attach_customer_managed_policy_reference_to_permission_set
    for number in range(24):
        refer(**here, CustomerManagedPolicyReference={"Name": f"p{number}"})
    more = {"Name": "one-more", "Path": "/a/"}
    assert code(refer, **here, CustomerManagedPolicyReference=more) == "ServiceQuotaExceededException"
    sso.detach_managed_policy_from_permission_set(**here, ManagedPolicyArn=READ_ONLY)
    assert code(sso.detach_managed_policy_from_permission_set, **here, ManagedPolicyArn=READ_ONLY) == (
        "ResourceNotFoundException"
    )
    refer(**here, CustomerManagedPolicyReference=more)
    assert code(refer, **here, CustomerManagedPolicyReference=more) == "ConflictException"
    pages = sso.get_paginator("list_customer_managed_policy_references_in_permission_set").paginate(
        **here, PaginationConfig={"PageSize": 10}
    )
    references = [each for page in pages for each in page["CustomerManagedPolicyReferences"]]
    assert len(references) == 25
    assert more in references
    sso.detach_customer_managed_policy_reference_from_permission_set(**here, CustomerManagedPolicyReference=more)


def test_the_own_policy_and_the_boundary(center: Center) -> None:
    sso = center.sso
    here = {"InstanceArn": center.arn, "PermissionSetArn": center.new_set("Admin")}
    assert sso.get_inline_policy_for_permission_set(**here)["InlinePolicy"] == ""
    sso.put_inline_policy_to_permission_set(**here, InlinePolicy=POLICY)
    assert sso.get_inline_policy_for_permission_set(**here)["InlinePolicy"] == POLICY
    put = sso.put_inline_policy_to_permission_set
    assert code(put, **here, InlinePolicy="{}") == "ValidationException"
    long = POLICY.replace("s3:*", "s3:" + "a" * 10_240)
    assert code(put, **here, InlinePolicy=long) == "ServiceQuotaExceededException"
    sso.delete_inline_policy_from_permission_set(**here)
    assert sso.get_inline_policy_for_permission_set(**here)["InlinePolicy"] == ""
    assert code(sso.get_permissions_boundary_for_permission_set, **here) == "ResourceNotFoundException"
    for boundary in (
        {"ManagedPolicyArn": READ_ONLY},
        {"CustomerManagedPolicyReference": {"Name": "bound", "Path": "/a/b/"}},
    ):
        sso.put_permissions_boundary_to_permission_set(**here, PermissionsBoundary=boundary)
        assert sso.get_permissions_boundary_for_permission_set(**here)["PermissionsBoundary"] == boundary
    sso.delete_permissions_boundary_from_permission_set(**here)
    assert code(sso.delete_permissions_boundary_from_permission_set, **here) == "ResourceNotFoundException"


def test_an_action_must_be_allowed_on_the_set_and_on_the_instance(
    center: Center, user: Callable[..., Callable[[str], Any]]
) -> None:
    arn = center.new_set("Admin", Tags=[{"Key": "team", "Value": "a"}])
    here = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    on_set = {
        "Effect": "Allow",
        "Action": "sso:DescribePermissionSet",
        "Resource": "arn:aws:sso:::permissionSet/*/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}},
    }
    on_instance = {"Effect": "Allow", "Action": "sso:*", "Resource": center.arn}
    assert code(user("half", on_set)("sso-admin").describe_permission_set, **here) == "AccessDeniedException"
    both = user("both", on_set, on_instance)("sso-admin")
    assert both.describe_permission_set(**here)["PermissionSet"]["Name"] == "Admin"
    assert code(both.delete_permission_set, **here) == "AccessDeniedException"
