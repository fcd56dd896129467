"""Instances: whose they are, and who sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET
from tests.services.identity_center.conftest import Center

KEYS = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}


def refused(call: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**params)
    return str(refusal.value.response["Error"]["Code"])


def test_an_account_makes_one_instance(root: Callable[[str], Any]) -> None:
    sso = root("sso-admin")
    assert sso.list_instances()["Instances"] == []
    arn = sso.create_instance(Name="mine", Tags=[{"Key": "a", "Value": "b"}])["InstanceArn"]
    assert re.fullmatch(r"arn:aws:sso:::instance/ssoins-[0-9a-f]{16}", arn)
    (listed,) = sso.list_instances()["Instances"]
    told = sso.describe_instance(InstanceArn=arn)
    assert {key: told[key] for key in listed} == listed
    assert re.fullmatch(r"d-[0-9a-f]{10}", told["IdentityStoreId"])
    assert (told["OwnerAccountId"], told["Name"], told["Status"]) == (ACCOUNT, "mine", "ACTIVE")
    assert told["PermissionSetsEnabled"]
    assert refused(sso.create_instance) == "ConflictException"
    assert root("iam").get_role(RoleName="AWSServiceRoleForSSO")
    sso.update_instance(InstanceArn=arn, Name="ours")
    assert sso.describe_instance(InstanceArn=arn)["Name"] == "ours"
    stores = root("identitystore")
    (store,) = stores.list_identity_stores()["IdentityStores"]
    assert store["IdentityStoreId"] == told["IdentityStoreId"]
    assert stores.describe_identity_store(IdentityStoreId=store["IdentityStoreArn"])["IdentityStoreId"]


def test_an_organization_has_an_instance_that_its_accounts_see(center: Center) -> None:
    trusted = center.server.client("organizations").list_aws_service_access_for_organization()
    assert "sso.amazonaws.com" in [each["ServicePrincipal"] for each in trusted["EnabledServicePrincipals"]]
    theirs = center.client_in(center.member, "sso-admin")
    (seen,) = theirs.list_instances()["Instances"]
    assert (seen["InstanceArn"], seen["OwnerAccountId"]) == (center.arn, ACCOUNT)
    assert theirs.describe_instance(InstanceArn=center.arn)["PermissionSetsEnabled"]
    assert refused(theirs.update_instance, InstanceArn=center.arn, Name="no") == "AccessDeniedException"
    own = theirs.create_instance(Name="own")["InstanceArn"]
    assert not theirs.describe_instance(InstanceArn=own)["PermissionSetsEnabled"]
    assert len(theirs.list_instances()["Instances"]) == 2


def test_an_organization_has_an_instance_from_the_start(root: Callable[[str], Any]) -> None:
    organizations, sso, iam = root("organizations"), root("sso-admin"), root("iam")
    organizations.create_organization()
    (offered,) = sso.list_instances()["Instances"]
    assert not organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="AWSServiceRoleForSSO")
    organizations.delete_organization()
    assert sso.list_instances()["Instances"] == []
    organizations.create_organization()
    (offered,) = sso.list_instances()["Instances"]
    organizations.enable_aws_service_access(ServicePrincipal="sso.amazonaws.com")
    assert iam.get_role(RoleName="AWSServiceRoleForSSO")
    assert [each["InstanceArn"] for each in sso.list_instances()["Instances"]] == [offered["InstanceArn"]]
    assert refused(sso.create_instance) == "ConflictException"
    organizations.delete_organization()
    assert len(sso.list_instances()["Instances"]) == 1


def test_an_instance_that_is_used_outlives_its_organization(root: Callable[[str], Any]) -> None:
    organizations, sso, store = root("organizations"), root("sso-admin"), root("identitystore")
    organizations.create_organization()
    (offered,) = sso.list_instances()["Instances"]
    here = {"IdentityStoreId": offered["IdentityStoreId"]}
    made = store.create_group(**here, DisplayName="devs")["GroupId"]
    organizations.delete_organization()
    assert sso.list_instances()["Instances"][0]["InstanceArn"] == offered["InstanceArn"]
    assert store.describe_group(**here, GroupId=made)["DisplayName"] == "devs"


def test_who_may_not_make_one_does_not(user: Callable[..., Callable[[str], Any]]) -> None:
    nobody = user("nobody")("sso-admin")
    assert refused(nobody.create_instance) == "AccessDeniedException"
    assert refused(nobody.describe_instance, InstanceArn="arn:aws:sso:::instance/ssoins-0123456789abcdef") == (
        "AccessDeniedException"
    )


def test_last_use_names_the_service_as_policies_do(
    root: Callable[[str], Any], user: Callable[..., Callable[[str], Any]]
) -> None:
    user("ann", {"Effect": "Allow", "Action": "sso:*", "Resource": "*"})("sso-admin").list_instances()
    iam = root("iam")
    (key,) = iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert used["ServiceName"] == "sso"


def test_attributes_for_access_control(center: Center) -> None:
    sso, here = center.sso, {"InstanceArn": center.arn}
    configuration = "InstanceAccessControlAttributeConfiguration"
    one = {"AccessControlAttributes": [{"Key": "team", "Value": {"Source": ["${path:enterprise.department}"]}}]}
    none: dict[str, Any] = {"AccessControlAttributes": []}
    describe = sso.describe_instance_access_control_attribute_configuration
    assert refused(describe, **here) == "ResourceNotFoundException"
    update = sso.update_instance_access_control_attribute_configuration
    assert refused(update, **here, **{configuration: one}) == "ResourceNotFoundException"
    create = sso.create_instance_access_control_attribute_configuration
    create(**here, **{configuration: one})
    assert refused(create, **here, **{configuration: one}) == "ConflictException"
    told = describe(**here)
    assert (told["Status"], told[configuration]) == ("ENABLED", one)
    twice = {"AccessControlAttributes": one["AccessControlAttributes"] * 2}
    assert refused(update, **here, **{configuration: twice}) == "ValidationException"
    update(**here, **{configuration: none})
    assert describe(**here)[configuration] == none
    sso.delete_instance_access_control_attribute_configuration(**here)
    assert refused(describe, **here) == "ResourceNotFoundException"


def test_an_organizations_instance_has_more_regions(center: Center) -> None:
    sso, here = center.sso, {"InstanceArn": center.arn}
    sso.add_region(**here, RegionName="eu-west-1")
    assert refused(sso.add_region, **here, RegionName="eu-west-1") == "ConflictException"
    assert refused(sso.add_region, **here, RegionName="xx-west-1") == "ValidationException"
    told = sso.describe_region(**here, RegionName="eu-west-1")
    assert (told["Status"], told["IsPrimaryRegion"]) == ("ACTIVE", False)
    assert [each["RegionName"] for each in sso.list_regions(**here)["Regions"]] == ["eu-west-1", "us-east-1"]
    assert len(sso.describe_instance(**here)["Regions"]) == 2
    scope = {"RegionScope": "CURRENT_REGION"}
    abroad = boto3.client("sso-admin", region_name="eu-west-1", **KEYS, endpoint_url=center.server.endpoint)
    assert abroad.list_instances(**scope)["Instances"]
    sso.remove_region(**here, RegionName="eu-west-1")
    assert not abroad.list_instances(**scope)["Instances"]
    assert abroad.list_instances()["Instances"]
    assert refused(sso.describe_region, **here, RegionName="eu-west-1") == "ResourceNotFoundException"
    assert refused(sso.remove_region, **here, RegionName="us-east-1") == "ValidationException"
