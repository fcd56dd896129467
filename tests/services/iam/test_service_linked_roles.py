"""Service-linked roles through the public door."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from iamd.reference import linked_roles, managed
from tests.live import ACCOUNT
from tests.services.iam.documents import READ, TRUST, statement
from tests.services.iam.refusals import assert_refused
from tests.services.iam.support import denied, refused

Users = Callable[..., Callable[[str], Any]]
AUTOSCALING = "autoscaling.amazonaws.com"
BASE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/"
NAME = "AWSServiceRoleForAutoScaling"
POLICY = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"


def role(iam: Any, name: str) -> dict[str, Any]:
    return dict(iam.get_role(RoleName=name)["Role"])


@pytest.fixture
def linked(iam: Any) -> dict[str, str]:
    """The role of Auto Scaling, as the parameter by which other operations name it."""
    return {"RoleName": iam.create_service_linked_role(AWSServiceName=AUTOSCALING)["Role"]["RoleName"]}


def test_the_role_of_a_service(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName=AUTOSCALING, Description="why")["Role"]
    assert set(made) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    assert made["Arn"] == f"{BASE}{AUTOSCALING}/{NAME}"
    assert made["AssumeRolePolicyDocument"]["Statement"] == [
        {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [AUTOSCALING]}}
    ]
    found = role(iam, NAME)
    assert found["Path"] == f"/aws-service-role/{AUTOSCALING}/"
    assert (found["Description"], found["MaxSessionDuration"], found["RoleLastUsed"]) == ("why", 3600, {})
    assert found["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": AUTOSCALING}, "Action": "sts:AssumeRole"}
    ]
    assert "Tags" not in found
    attached = iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    assert attached == [{"PolicyName": "AutoScalingServiceRolePolicy", "PolicyArn": POLICY}]
    assert iam.list_role_policies(RoleName=NAME)["PolicyNames"] == []


def test_every_services_role_can_be_made(iam: Any) -> None:
    for each in linked_roles.all():
        made = iam.create_service_linked_role(AWSServiceName=each.service)["Role"]
        assert made["Arn"] == f"{BASE}{each.service}/{each.name}"
        (policy,) = iam.list_attached_role_policies(RoleName=each.name)["AttachedPolicies"]
        assert policy["PolicyArn"] == f"arn:aws:iam::aws:policy/aws-service-role/{each.policy}"
    shown = iam.get_account_authorization_details(Filter=["Role"], MaxItems=1000)["RoleDetailList"]
    assert len(shown) == len(linked_roles.all()) > 100


def test_the_policies_are_those_of_aws() -> None:
    unknown = [each.service for each in linked_roles.all() if managed.get(each.policy_arn) is None]
    assert unknown == ["lex.amazonaws.com"]  # AWS attaches a policy there that it does not publish


@pytest.mark.parametrize("service", ["autoscaling.amazonaws.com", "connect.amazonaws.com", "lexv2.amazonaws.com"])
def test_a_suffix_makes_another_role(iam: Any, service: str) -> None:
    create = iam.create_service_linked_role
    name = create(AWSServiceName=service)["Role"]["RoleName"]
    assert create(AWSServiceName=service, CustomSuffix="two")["Role"]["RoleName"] == f"{name}_two"
    message = f"Service role name {name}_two has been taken in this account, please try a different suffix."
    assert_refused(create, "InvalidInput", message, AWSServiceName=service, CustomSuffix="two")
    too_long = refused(create, AWSServiceName=service, CustomSuffix="x" * 64)
    assert too_long == (
        "ValidationError",
        (
            "1 validation error detected: Value at 'roleName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        ),
    )


def test_what_cannot_be_made(iam: Any, linked: dict[str, str]) -> None:
    create = iam.create_service_linked_role
    message = f"Service role name {NAME} has been taken in this account, please try a different suffix."
    assert_refused(create, "InvalidInput", message, AWSServiceName=AUTOSCALING)
    message = "Custom suffix is not allowed for ecs.amazonaws.com"
    assert_refused(create, "InvalidInput", message, AWSServiceName="ecs.amazonaws.com", CustomSuffix="a")
    for unknown in ("unknown.amazonaws.com", "AutoScaling.amazonaws.com"):
        message = f"Cannot find Service Linked Role template for {unknown}"
        assert_refused(create, "AccessDenied", message, AWSServiceName=unknown)


def test_an_ordinary_role_of_that_name_is_in_the_way(iam: Any) -> None:
    iam.create_role(RoleName=NAME.lower(), AssumeRolePolicyDocument=TRUST)
    message = f"Service role name {NAME} has been taken in this account, please try a different suffix."
    assert_refused(iam.create_service_linked_role, "InvalidInput", message, AWSServiceName=AUTOSCALING)


def test_only_aws_changes_what_it_can_do(iam: Any, linked: dict[str, str]) -> None:
    message = f"Cannot perform the operation on the protected role '{NAME}' - this role is only modifiable by AWS"
    iam.create_instance_profile(InstanceProfileName="web")
    for operation, more in (
        (iam.update_assume_role_policy, {"PolicyDocument": TRUST}),
        (iam.put_role_policy, {"PolicyName": "a", "PolicyDocument": READ}),
        (iam.delete_role_policy, {"PolicyName": "a"}),
        (iam.attach_role_policy, {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        (iam.detach_role_policy, {"PolicyArn": POLICY}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        (iam.delete_role_permissions_boundary, {}),
        (iam.delete_role, {}),
        (iam.add_role_to_instance_profile, {"InstanceProfileName": "web"}),
    ):
        assert_refused(operation, "UnmodifiableEntity", message, **linked, **more)
    message = f"{NAME} is an AWS service linked role, max session duration cannot be changed."
    assert_refused(iam.update_role, "UnmodifiableEntity", message, MaxSessionDuration=7200, **linked)


def test_description_and_tags_may_change(iam: Any, linked: dict[str, str]) -> None:
    iam.update_role(Description="new", **linked)
    assert role(iam, NAME)["Description"] == "new"
    iam.update_role_description(Description="newer", **linked)
    iam.tag_role(Tags=[{"Key": "a", "Value": "b"}], **linked)
    found = role(iam, NAME)
    assert (found["Description"], found["Tags"]) == ("newer", [{"Key": "a", "Value": "b"}])


def test_deleting(iam: Any, linked: dict[str, str]) -> None:
    task = iam.delete_service_linked_role(**linked)["DeletionTaskId"]
    assert re.fullmatch(rf"task/aws-service-role/{AUTOSCALING}/{NAME}/[0-9a-f-]{{36}}", task)
    assert_refused(iam.get_role, "NoSuchEntity", f"The role with name {NAME} cannot be found.", **linked)
    for _ in range(2):
        status = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
        assert (status["Status"], "Reason" in status) == ("SUCCEEDED", False)
    assert iam.delete_service_linked_role(**linked)["DeletionTaskId"] == task
    iam.create_service_linked_role(AWSServiceName=AUTOSCALING)
    again = iam.delete_service_linked_role(**linked)["DeletionTaskId"]
    assert again != task
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=again)["Status"] == "SUCCEEDED"


def test_what_cannot_be_deleted(iam: Any) -> None:
    delete, status = iam.delete_service_linked_role, iam.get_service_linked_role_deletion_status
    message = "The role with name nobody cannot be found."
    assert_refused(delete, "NoSuchEntity", message, RoleName="nobody")
    iam.create_role(RoleName="App", AssumeRolePolicyDocument=TRUST)
    assert_refused(delete, "InvalidInput", "App exists but is not a service role.", RoleName="App")
    task = f"task/aws-service-role/{AUTOSCALING}/{NAME}/cc20023b-069d-4d01-96e3-a2e91d74f1f8"
    assert_refused(status, "NoSuchEntity", "Cannot find deletion status for given id.", DeletionTaskId=task)
    for malformed in ("task", task + "0", task.replace("task", "role"), f"task/{NAME}/1"):
        assert_refused(status, "InvalidInput", "Invalid task id", DeletionTaskId=malformed)


def test_the_role_and_the_service_are_what_policies_see(iam: Any, user: Users) -> None:
    only = {"StringEquals": {"iam:AWSServiceName": AUTOSCALING}}
    bob = user("bob", statement("iam:*ServiceLinkedRole*", BASE + "*", Condition=only))("iam")
    who = f"arn:aws:iam::{ACCOUNT}:user/bob"
    create = bob.create_service_linked_role
    create(AWSServiceName=AUTOSCALING)
    create(AWSServiceName=AUTOSCALING, CustomSuffix="a")
    ecs = "ecs.amazonaws.com"
    refusal = denied(who, "CreateServiceLinkedRole", f"{BASE}{ecs}/AWSServiceRoleForECS")
    assert_refused(create, *refusal, AWSServiceName=ecs)
    assert_refused(
        bob.delete_service_linked_role, *denied(who, "DeleteServiceLinkedRole", f"role {NAME}"), RoleName=NAME
    )
    task = iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"]
    refusal = denied(who, "DeleteServiceLinkedRole", f"role {NAME}")
    assert_refused(bob.delete_service_linked_role, *refusal, RoleName=NAME)
    refusal = denied(who, "GetServiceLinkedRoleDeletionStatus", f"{BASE}{AUTOSCALING}/{NAME}")
    assert_refused(bob.get_service_linked_role_deletion_status, *refusal, DeletionTaskId=task)


def test_nobody_but_the_service_may_assume_it(iam: Any, user: Users, linked: dict[str, str]) -> None:
    bob = user("bob", statement("sts:*"))("sts")
    assert refused(bob.assume_role, RoleArn=role(iam, NAME)["Arn"], RoleSessionName="bob")[0] == "AccessDenied"
