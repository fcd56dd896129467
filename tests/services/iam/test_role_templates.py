"""Role templates, and acquiring roles from them, through the public door."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamd.services.iam.role_rendering import render
from iamd.wire.errors import InvalidInput
from tests.live import ACCOUNT
from tests.services.iam.documents import READ, TRUST, document, statement
from tests.services.iam.refusals import assert_refused
from tests.services.iam.support import denied, let, refused

Users = Callable[..., Callable[[str], Any]]
TEMPLATES = "arn:aws:iam::aws:role-template/"
POWER = TEMPLATES + "iam.amazonaws.com/PowerUserRoleTemplate:1"
BACKUP = TEMPLATES + "backup.amazonaws.com/AWSBackupDefaultServiceRoleTemplate:1"
ROTATION = TEMPLATES + "secretsmanager.amazonaws.com/AWSSecretsManagerRotationRoleTemplate:1"
STUDIO = TEMPLATES + "datazone.amazonaws.com/AmazonSageMakerAdminIAMPermissiveExecutionRoleTemplate:1"
POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"
LAMBDA = "lambda.amazonaws.com"
FROM_ELSEWHERE = (
    "NameConflict",
    (
        "A role with this name already exists in the account but was not created from this template. "
        "Choose a different role name, or remove the existing role if it is no longer needed."
    ),
)
OTHERWISE = (
    "NameConflict",
    (
        "A role with this name exists but was created with different parameters. "
        "Pass a unique roleName to create a new role."
    ),
)
MODIFIED = ("RoleModified", "Role Power has been modified since it was created and is no longer managed.")
ROTATING = {"accountId": ACCOUNT, "region": "us-east-1", "resourceType": "probe"}


def values(**given: str | list[str]) -> dict[str, Any]:
    entries = {name: {"Values": [value] if isinstance(value, str) else value} for name, value in given.items()}
    return {"ReplacementValues": entries}


def power(name: str = "Power", service: str = LAMBDA) -> dict[str, Any]:
    return {"TemplateArn": POWER, **values(RoleName=name, AWSServiceName=service)}


@pytest.fixture
def role(iam: Any) -> dict[str, Any]:
    return dict(iam.acquire_role(**power())["Role"])


def test_a_template_as_aws_tells_it(iam: Any) -> None:
    found = iam.get_role_template_version(TemplateArn=POWER)["RoleTemplateVersion"]
    assert found["AssumeRolePolicyDocumentTemplate"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "@{AWSServiceName}"}, "Action": "sts:AssumeRole"}
    ]
    assert (found["MajorVersion"], found["MinorVersion"], found["DefaultMinorVersion"]) == (1, 0, 0)
    assert (found["RoleNamePattern"], found["ManagedPolicyArns"]) == ("@{RoleName}", [POWER_USER])
    assert found["CreateTimestamp"].year == 2026
    assert "InlinePolicyTemplates" not in found
    assert found["ParametersDefinition"][1] == {
        "Name": "RoleName",
        "Type": "String",
        "Description": "Customized name for the role",
        "IsRequired": False,
        "DefaultValue": "PowerUserRole",
        "Immutable": False,
    }
    assert iam.get_role_template_version(TemplateArn=POWER, MinorVersion=0)["RoleTemplateVersion"] == found
    rotation = iam.get_role_template_version(TemplateArn=ROTATION)["RoleTemplateVersion"]
    assert rotation["InlinePolicyTemplates"][0]["PolicyDocument"]["Statement"][3]["@Enabled"] == "CMK_ENABLED"


@pytest.mark.parametrize("more", [{"MinorVersion": 1}, {"MinorVersion": -1}, {"TemplateArn": POWER[:-1] + "2"}])
def test_unknown_templates(iam: Any, more: dict[str, Any]) -> None:
    asked = {"TemplateArn": POWER, **more}
    message = f"Role template not found in repository: {asked['TemplateArn']}"
    assert_refused(iam.get_role_template_version, "NoSuchEntity", message, **asked)
    if "MinorVersion" in asked:
        asked["TemplateMinorVersion"] = asked.pop("MinorVersion")
    assert_refused(iam.acquire_role, "NoSuchEntity", message, **{**power(), **asked})


def test_acquiring_a_role(iam: Any) -> None:
    made = iam.acquire_role(**power())["Role"]
    assert set(made) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/Power"
    found = iam.get_role(RoleName="Power")["Role"]
    assert found["Description"] == f"Power user role for {LAMBDA}"
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": LAMBDA}
    assert found["SourceRoleTemplate"] == {"TemplateArn": POWER, "TemplateMinorVersion": 0}
    assert "SourceRoleTemplate" not in iam.list_roles()["Roles"][0]
    attached = iam.list_attached_role_policies(RoleName="Power")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [POWER_USER]
    assert iam.acquire_role(**power())["Role"] == made


def test_defaults_and_paths(iam: Any) -> None:
    made = iam.acquire_role(TemplateArn=BACKUP, **values(accountId=ACCOUNT))["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"
    (said,) = made["AssumeRolePolicyDocument"]["Statement"]
    assert said["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert len(iam.list_attached_role_policies(RoleName=made["RoleName"])["AttachedPolicies"]) == 2


def inline(iam: Any, role: dict[str, Any]) -> list[dict[str, Any]]:
    name = "SecretRotationPermissionPolicy"
    statements: list[dict[str, Any]] = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)[
        "PolicyDocument"
    ]["Statement"]
    return statements


def test_statements_are_there_when_they_are_enabled(iam: Any) -> None:
    plain = iam.acquire_role(TemplateArn=ROTATION, **values(**ROTATING))["Role"]
    always = inline(iam, plain)
    assert [each["Sid"] for each in always] == ["AllowRotationAccessGeneric", "AllowPasswordGenerationAccessAdmin"]
    assert always[0]["Resource"] == f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:*"
    keys = ["arn:aws:kms:us-east-1:1:key/a", "arn:aws:kms:us-east-1:1:key/b"]
    for name, given, resource in (("Two", keys, keys), ("One", keys[:1], keys[0])):
        enabled = values(**ROTATING, RoleName=name, CMK_ENABLED="True", kmsKeyArn=given)
        last = inline(iam, iam.acquire_role(TemplateArn=ROTATION, **enabled)["Role"])[-1]
        assert (last["Sid"], last["Resource"]) == ("KMSAccessForCustomerSecret", resource)
        assert "@Enabled" not in last
    studio = iam.acquire_role(TemplateArn=STUDIO, **values(accountId=ACCOUNT))["Role"]
    assert iam.list_role_policies(RoleName=studio["RoleName"])["PolicyNames"] == []


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (values(), "InvalidInput", "Failed to render template: Parameter 'AWSServiceName' not found."),
        (
            values(AWSServiceName=LAMBDA, Unused="a"),
            "InvalidInput",
            "Failed to render template: Unrecognized parameter: Unused",
        ),
        (
            values(AWSServiceName=[LAMBDA, "ecs.amazonaws.com"]),
            "ValidationError",
            "AWSServiceName replacement value must contain exactly one value, got 2",
        ),
        (
            values(AWSServiceName=LAMBDA, RoleName="a b"),
            "ValidationError",
            (
                "1 validation error detected: Value at 'roleName' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: [\w+=,.@-]+"
            ),
        ),
    ],
)
def test_values_that_make_no_role(iam: Any, given: dict[str, Any], code: str, message: str) -> None:
    assert_refused(iam.acquire_role, code, message, TemplateArn=POWER, **given)
    assert iam.list_roles()["Roles"] == []


def test_values_cannot_write_policies(iam: Any) -> None:
    code, _ = refused(iam.acquire_role, **power(service='a"},"Action":"*"},{"Effect":"Allow","Principal":"*'))
    assert code == "MalformedPolicyDocument"
    nested = values(**{**ROTATING, "resourceType": "@{region}"})
    role = iam.acquire_role(TemplateArn=ROTATION, **nested)["Role"]
    assert "@{region}" in json.dumps(inline(iam, role))


def test_a_list_does_not_fit_into_a_text() -> None:
    template = {
        "ParametersDefinition": [{"Name": "names", "Type": "StringList"}],
        "RoleNamePattern": "app-@{names}",
        "RoleDescriptionPattern": "",
        "AssumeRolePolicyDocumentTemplate": {"Statement": ["@{names}"]},
        "MaxSessionDuration": 3600,
    }
    made = render(template, {"names": ["a"]})
    assert (made.name, made.path, made.trust) == ("app-a", "/", '{"Statement":["a"]}')
    with pytest.raises(InvalidInput, match="Parameter 'names' has several values"):
        render(template, {"names": ["a", "b"]})


def test_roles_of_that_name_from_elsewhere(iam: Any, role: dict[str, Any]) -> None:
    iam.create_role(RoleName="Other", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="Other", PolicyArn=POWER_USER)
    assert_refused(iam.acquire_role, *FROM_ELSEWHERE, **power("other", "ec2.amazonaws.com"))
    backup = values(RoleName="Power", accountId=ACCOUNT)
    assert_refused(iam.acquire_role, *FROM_ELSEWHERE, TemplateArn=BACKUP, **backup)
    assert_refused(iam.acquire_role, *OTHERWISE, **power(service="ecs.amazonaws.com"))
    assert_refused(iam.acquire_role, *OTHERWISE, **power("POWER"))
    assert iam.acquire_role(**power())["Role"] == role


def test_a_role_is_the_templates_again_when_changes_are_undone(iam: Any, role: dict[str, Any]) -> None:
    name = {"RoleName": "Power"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": json.loads(TRUST)["Statement"]})
    own = role["AssumeRolePolicyDocument"]["Statement"][0]
    spelled = {"Effect": "Allow", "Action": [own["Action"]], "Principal": {"Service": [LAMBDA]}}
    back = json.dumps({"Statement": spelled, "Version": "2012-10-17"})
    boundary = {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    more = {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    tags = {"Tags": [{"Key": "a", "Value": "b"}]}
    for change, given, undo, restored in (
        (iam.tag_role, tags, iam.untag_role, {"TagKeys": ["a"]}),
        (iam.attach_role_policy, more, iam.detach_role_policy, more),
        (iam.detach_role_policy, {"PolicyArn": POWER_USER}, iam.attach_role_policy, {"PolicyArn": POWER_USER}),
        (iam.put_role_policy, {"PolicyName": "a", "PolicyDocument": READ}, iam.delete_role_policy, {"PolicyName": "a"}),
        (iam.put_role_permissions_boundary, boundary, iam.delete_role_permissions_boundary, {}),
        (
            iam.update_assume_role_policy,
            {"PolicyDocument": trust},
            iam.update_assume_role_policy,
            {"PolicyDocument": back},
        ),
    ):
        change(**name, **given)
        assert_refused(iam.acquire_role, *MODIFIED, **power())
        undo(**name, **restored)
        assert iam.acquire_role(**power())["Role"]["RoleId"] == role["RoleId"]
    iam.update_role(**name, Description="new", MaxSessionDuration=7200)
    assert iam.acquire_role(**power())["Role"]["RoleId"] == role["RoleId"]


def test_inline_policies_may_not_change(iam: Any) -> None:
    asked = {"TemplateArn": ROTATION, **values(**ROTATING)}
    role = iam.acquire_role(**asked)["Role"]
    policy = {"RoleName": role["RoleName"], "PolicyName": "SecretRotationPermissionPolicy"}
    own = iam.get_role_policy(**policy)["PolicyDocument"]
    iam.put_role_policy(PolicyDocument=READ, **policy)
    assert refused(iam.acquire_role, **asked)[0] == "RoleModified"
    own["Statement"].reverse()
    iam.put_role_policy(PolicyDocument=json.dumps(own, indent=2), **policy)
    assert iam.acquire_role(**asked)["Role"] == role


def test_a_role_that_is_made_anew_is_no_templates(iam: Any, role: dict[str, Any]) -> None:
    iam.detach_role_policy(RoleName="Power", PolicyArn=POWER_USER)
    iam.delete_role(RoleName="Power")
    iam.create_role(RoleName="Power", AssumeRolePolicyDocument=TRUST)
    assert "SourceRoleTemplate" not in iam.get_role(RoleName="Power")["Role"]
    assert_refused(iam.acquire_role, *FROM_ELSEWHERE, **power())


def test_acquiring_takes_the_permissions_for_all_its_parts(iam: Any, user: Users) -> None:
    bob = user("bob")("iam")
    who = f"arn:aws:iam::{ACCOUNT}:user/bob"
    arn = f"arn:aws:iam::{ACCOUNT}:role/Power"
    read = statement("iam:GetRoleTemplateVersion", POWER)
    of_template = {"ArnEquals": {"iam:RoleTemplateARN": POWER}}
    create = statement("iam:CreateRole", arn, Condition=of_template)
    only = {**of_template, "StringEquals": {"iam:PolicyARN": POWER_USER}}
    attach = statement("iam:AttachRolePolicy", arn, Condition=only)
    refusal = denied(who, "GetRoleTemplateVersion", f"role template {POWER}")
    assert_refused(bob.acquire_role, *refusal, **power())
    refusal = denied(who, "GetRoleTemplateVersion", f"role-template {POWER}")
    assert_refused(bob.get_role_template_version, *refusal, TemplateArn=POWER)
    let(iam, "bob", read)
    assert_refused(bob.acquire_role, *denied(who, "CreateRole", arn), **power())
    let(iam, "bob", read, create)
    assert_refused(bob.acquire_role, *denied(who, "AttachRolePolicy", "role/Power"), **power())
    assert refused(iam.get_role, RoleName="Power")[0] == "NoSuchEntity"
    let(iam, "bob", read, create, attach)
    made = bob.acquire_role(**power())["Role"]
    assert_refused(bob.acquire_role, *denied(who, "GetRole", "role/Power"), **power())
    let(iam, "bob", read, statement("iam:GetRole", arn, Condition=of_template))
    assert bob.acquire_role(**power())["Role"] == made
    assert refused(bob.get_role, RoleName="Power")[0] == "AccessDenied"  # read otherwise, there is no template


def test_inline_policies_take_a_permission_too(iam: Any, user: Users) -> None:
    bob = user("bob", statement(["iam:GetRoleTemplateVersion", "iam:CreateRole"]))("iam")
    name = "role/AWSSecretsManagerSecretRotationRole"
    refusal = denied(f"arn:aws:iam::{ACCOUNT}:user/bob", "PutRolePolicy", name)
    assert_refused(bob.acquire_role, *refusal, TemplateArn=ROTATION, **values(**ROTATING))


@pytest.mark.parametrize(("account", "allowed"), [("639982225848", True), ("aws", False), (ACCOUNT, False)])
def test_the_account_of_templates_is_aws_own(user: Users, account: str, allowed: bool) -> None:
    only = {"StringEquals": {"aws:ResourceAccount": account}}
    bob = user("bob", statement("iam:GetRoleTemplateVersion", Condition=only))("iam")
    if allowed:
        bob.get_role_template_version(TemplateArn=POWER)
    else:
        assert refused(bob.get_role_template_version, TemplateArn=POWER)[0] == "AccessDenied"


def test_the_name_of_the_operation_is_no_permission(user: Users) -> None:
    bob = user("bob", *json.loads(document(statement("iam:AcquireRole")))["Statement"])("iam")
    assert refused(bob.acquire_role, **power())[0] == "AccessDenied"
