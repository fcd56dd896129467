"""Roles that are handed over need `iam:PassRole`, wherever a request of whatever service has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iamd.gateway import generic
from iamd.gateway.directory import model_of, services
from iamd.gateway.passed_roles import _PASSED_TO, _PRINCIPALS, PROFILE_NAMES, ROLE_NAMES
from iamd.wire.model import Shape
from tests.gateway.test_exact import needs_of
from tests.live import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/workers"
RULE = {"Bucket": "bucket", "ReplicationConfiguration": {"Role": ROLE, "Rules": []}}

# Operations that hand over a role which no parameter names: the service finds it itself.
_FIND_THEIR_OWN = frozenset(
    {
        ("backup-gateway", "StartVirtualMachinesMetadataSync"),
        ("config", "PutServiceLinkedConfigurationRecorder"),
        ("drs", "StartRecovery"),
        ("mediastore", "StartAccessLogging"),
        ("mgn", "StartCutover"),
        ("mgn", "StartTest"),
        ("rolesanywhere", "EnableProfile"),
        ("transfer", "UpdateWebAppCustomization"),
    }
)

CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE, "Code": {}}, "lambda"),
    ("s3", "PutBucketReplication", RULE, "s3"),
    ("sns", "SetTopicAttributes", {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "AttributeName": "LambdaSuccessFeedbackRoleArn", "AttributeValue": ROLE}, "sns"),
    ("ec2", "CreateFlowLogs", {"ResourceIds": ["vpc-1"], "ResourceType": "VPC", "DeliverLogsPermissionArn": ROLE}, "vpc-flow-logs"),
    ("ec2", "AssociateIamInstanceProfile", {"InstanceId": "i-1", "IamInstanceProfile": {"Arn": PROFILE}}, "ec2"),
    ("emr", "RunJobFlow", {"Name": "n", "Instances": {}, "JobFlowRole": "workers"}, "ec2"),
    ("emr", "RunJobFlow", {"Name": "n", "Instances": {}, "ServiceRole": "worker"}, "elasticmapreduce"),
    ("events", "PutTargets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": "a", "RoleArn": ROLE}]}, "events"),
    ("stepfunctions", "CreateStateMachine", {"name": "m", "definition": "{}", "roleArn": ROLE}, "states"),
    ("apigateway", "PutIntegration", {"restApiId": "a", "resourceId": "b", "httpMethod": "GET", "type": "AWS", "credentials": ROLE}, "apigateway"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "principal"), CALLS, ids=lambda value: str(value)[:24])
def test_a_role_is_passed_to(service: str, operation: str, params: dict[str, Any], principal: str) -> None:
    passed = [need for need in needs_of(service, operation, **params) if need.action == "iam:PassRole"]
    assert [need.resource.rpartition("/")[2].removesuffix("s") for need in passed] == ["worker"]
    assert [need.context["iam:passedtoservice"] for need in passed] == [f"{principal}.amazonaws.com"]


def test_who_is_granted_something_is_handed_nothing() -> None:
    key = "12345678-1234-1234-1234-123456789012"
    needs = needs_of("kms", "CreateGrant", KeyId=key, GranteePrincipal=ROLE, Operations=["Decrypt"])
    assert [need.action for need in needs] == ["kms:CreateGrant"]


def texts(shape: Shape, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The lower-case names of all members, at any depth, that are texts."""
    for member in shape.members if shape.name not in seen else ():
        inner = member.shape
        while inner.type in ("list", "map"):
            inner = inner.element.shape if inner.type == "list" else inner.value.shape
        if inner.type == "string":
            yield member.name.lower()
        elif inner.type == "structure":
            yield from texts(inner, seen | {shape.name})


def test_every_operation_that_hands_over_roles_has_a_member_for_them() -> None:
    """Over all services: what the reference says depends on `iam:PassRole` has members whose values are looked at, and a
    member that is called the ARN of a role is never taken for a principal's."""
    for name, service in services().items():
        for operation in model_of(name).operations.values():
            action = generic.action_of(service, operation.name)
            if operation.input is None or action is None or action.access_level in ("List", "Read"):
                continue
            members = set(texts(operation.input))
            if "iam:PassRole" in action.dependent_actions and (name, operation.name) not in _FIND_THEIR_OWN:
                assert any(not _PRINCIPALS(member) for member in members), (name, operation.name)
            taken_for_principals = {member for member in members if _PRINCIPALS(member)}
            assert not {member for member in taken_for_principals if member.endswith("rolearn")}, (name, operation.name)


def test_the_tables_name_members_that_there_are() -> None:
    named = {
        (service, member) for table in (ROLE_NAMES, PROFILE_NAMES) for service in table for member in table[service]
    }
    for service, member in sorted(named | _PASSED_TO.keys()):
        found = {text for each in model_of(service).operations.values() if each.input for text in texts(each.input)}
        assert member.rpartition(".")[2] in found, (service, member)
