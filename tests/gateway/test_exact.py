"""What calls of the SDK need: actions on resources, with their condition keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from iamd.gateway import mapping, parameters
from iamd.gateway.directory import model_of
from iamd.gateway.exact import MAPPERS
from iamd.gateway.mapped import Inquiry, Need
from iamd.gateway.recognise import recognise
from iamd.wire.errors import AwsError
from iamd.wire.gateway_errors import Ambiguous, Unmapped
from tests.gateway.test_recognise import request_of
from tests.live import ACCOUNT

DEFINITION = {
    "taskDefinitionArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/web:7",
    "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/web",
    "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/runs",
}


class Known:
    """What is looked up."""

    async def lookup(self, *_: object) -> Mapping[str, Any]:
        return {"taskDefinition": DEFINITION}

    def role_of_profile(self, account_id: str, name: str) -> str | None:
        return f"arn:aws:iam::{ACCOUNT}:role/workers" if name == "workers" else None


def needs_of(service: str, operation: str, /, **params: Any) -> list[Need]:
    """All that a call needs, in an account with the instance profile `workers`, whose role has that name, too."""

    request, signing_name = request_of(service, operation, **params)
    asked = recognise(request, signing_name)
    document = parameters.read(asked, request)

    async def find() -> list[Need]:
        found = mapping.needs(Inquiry(asked, request, document, "us-east-1", ACCOUNT, Known()))
        return found if isinstance(found, list) else await found

    return asyncio.run(find())


def needs_of_body(service: str, operation: str, body: Mapping[str, Any]) -> list[Need]:
    """The same of a call with that body, whatever the model says of it."""
    request, signing_name = request_of(service, operation)
    request.body = json.dumps(body).encode()
    asked = recognise(request, signing_name)
    inquiry = Inquiry(asked, request, parameters.read(asked, request), "us-east-1", ACCOUNT, Known())
    found = mapping.needs(inquiry)
    assert isinstance(found, list)
    return found


def briefly(needs: list[Need]) -> list[str]:
    """`action resource`, without what all ARNs here begin with."""
    return [f"{need.action} {need.resource.replace(f':us-east-1:{ACCOUNT}:', ':')}" for need in needs]


CALLS: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("events", "PutRule", {"Name": "r"}, ["events:PutRule arn:aws:events:rule/r"]),
    ("events", "PutRule", {"Name": "r", "EventBusName": "b"}, ["events:PutRule arn:aws:events:rule/b/r"]),
    ("events", "PutTargets", {"Rule": "r", "EventBusName": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/b", "Targets": []}, ["events:PutTargets arn:aws:events:rule/b/r"]),
    ("events", "PutEvents", {"Entries": [{"Source": "s"}, {"EventBusName": "b"}]}, ["events:PutEvents arn:aws:events:event-bus/default", "events:PutEvents arn:aws:events:event-bus/b"]),
    ("events", "PutPermission", {}, ["events:PutPermission arn:aws:events:event-bus/default"]),
    ("kinesis", "PutRecord", {"StreamName": "s", "Data": b"x", "PartitionKey": "p"}, ["kinesis:PutRecord arn:aws:kinesis:stream/s"]),
    ("kinesis", "ListStreams", {}, ["kinesis:ListStreams *"]),
    ("logs", "CreateLogGroup", {"logGroupName": "/a/b"}, ["logs:CreateLogGroup arn:aws:logs:log-group:/a/b:log-stream:"]),
    ("logs", "PutLogEvents", {"logGroupName": "g", "logStreamName": "s", "logEvents": []}, ["logs:PutLogEvents arn:aws:logs:log-group:g:log-stream:s"]),
    ("logs", "StartQuery", {"logGroupNames": ["a", "b"], "startTime": 1, "endTime": 2, "queryString": "q"}, ["logs:StartQuery arn:aws:logs:log-group:a:log-stream:", "logs:StartQuery arn:aws:logs:log-group:b:log-stream:"]),
    ("logs", "TagResource", {"resourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g", "tags": {"a": "b"}}, ["logs:TagResource arn:aws:logs:log-group:g"]),
    ("logs", "DescribeLogGroups", {}, ["logs:DescribeLogGroups arn:aws:logs:log-group::log-stream:"]),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": ["a", "b"]}, ["cloudwatch:DeleteAlarms arn:aws:cloudwatch:alarm:a", "cloudwatch:DeleteAlarms arn:aws:cloudwatch:alarm:b"]),
    ("cloudwatch", "PutDashboard", {"DashboardName": "d", "DashboardBody": "{}"}, [f"cloudwatch:PutDashboard arn:aws:cloudwatch::{ACCOUNT}:dashboard/d"]),
    ("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": []}, ["cloudwatch:PutMetricData *"]),
    ("ecr", "PutImage", {"repositoryName": "r", "imageManifest": "m"}, ["ecr:PutImage arn:aws:ecr:repository/r"]),
    ("ecr", "BatchGetImage", {"repositoryName": "r", "registryId": "210987654321", "imageIds": []}, ["ecr:BatchGetImage arn:aws:ecr:us-east-1:210987654321:repository/r"]),
    ("ecr", "GetAuthorizationToken", {}, ["ecr:GetAuthorizationToken *"]),
    ("ecs", "StopTask", {"cluster": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c", "task": "t"}, ["ecs:StopTask arn:aws:ecs:task/c/t"]),
    ("ecs", "DescribeTasks", {"tasks": ["t", "u"]}, ["ecs:DescribeTasks arn:aws:ecs:task/default/t", "ecs:DescribeTasks arn:aws:ecs:task/default/u"]),
    ("ecs", "RunTask", {"taskDefinition": "web"}, ["ecs:RunTask arn:aws:ecs:task-definition/web:7", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/web", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/runs"]),
    ("ecs", "RegisterTaskDefinition", {"family": "web", "taskRoleArn": "web", "containerDefinitions": []}, ["ecs:RegisterTaskDefinition arn:aws:ecs:task-definition/web:*", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/web"]),
    ("ecs", "UpdateService", {"cluster": "c", "service": "s", "desiredCount": 0}, ["ecs:UpdateService arn:aws:ecs:service/c/s"]),
    ("stepfunctions", "CreateStateMachine", {"name": "m", "definition": "{}", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/steps"}, ["states:CreateStateMachine arn:aws:states:stateMachine:m", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/steps"]),
    ("stepfunctions", "StopExecution", {"executionArn": f"arn:aws:states:us-east-1:{ACCOUNT}:execution:m:e"}, ["states:StopExecution arn:aws:states:execution:m:e"]),
    ("apigateway", "GetResource", {"restApiId": "a", "resourceId": "b"}, ["apigateway:GET arn:aws:apigateway:us-east-1::/restapis/a/resources/b"]),
    ("apigateway", "CreateRestApi", {"name": "n", "policy": "{}"}, ["apigateway:POST arn:aws:apigateway:us-east-1::/restapis", "apigateway:UpdateRestApiPolicy arn:aws:apigateway:us-east-1::/restapis"]),
    ("apigatewayv2", "DeleteApi", {"ApiId": "a"}, ["apigateway:DELETE arn:aws:apigateway:us-east-1::/apis/a"]),
    ("ec2", "StopInstances", {"InstanceIds": ["i-1", "i-2"]}, ["ec2:StopInstances arn:aws:ec2:instance/i-1", "ec2:StopInstances arn:aws:ec2:instance/i-2"]),
    ("ec2", "CreateTags", {"Resources": ["i-1", "ami-1"], "Tags": []}, ["ec2:CreateTags arn:aws:ec2:instance/i-1", "ec2:CreateTags arn:aws:ec2:us-east-1::image/ami-1"]),
    ("ec2", "CreateVolume", {"AvailabilityZone": "a", "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}]}, ["ec2:CreateVolume arn:aws:ec2:volume/*", "ec2:CreateTags arn:aws:ec2:volume/*"]),
    ("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": "sg-1"}, ["ec2:AuthorizeSecurityGroupIngress arn:aws:ec2:security-group/sg-1"]),
    ("secretsmanager", "CreateSecret", {"Name": "s", "AddReplicaRegions": [{"Region": "eu-west-1"}]}, ["secretsmanager:CreateSecret arn:aws:secretsmanager:secret:s-??????", "secretsmanager:ReplicateSecretToRegions arn:aws:secretsmanager:secret:s-??????"]),
    ("s3control", "PutPublicAccessBlock", {"AccountId": ACCOUNT, "PublicAccessBlockConfiguration": {}}, ["s3:PutAccountPublicAccessBlock *"]),
    ("s3control", "GetAccessPointPolicy", {"AccountId": ACCOUNT, "Name": "p"}, ["s3:GetAccessPointPolicy arn:aws:s3:accesspoint/p"]),
    ("apigatewayv2", "CreateApi", {"Name": "n", "ProtocolType": "HTTP", "Tags": {"a": "b"}}, ["apigateway:POST arn:aws:apigateway:us-east-1::/apis", "apigateway:POST arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fv2%2Fapis%2F*"]),
    ("apigateway", "GetTags", {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/a"}, ["apigateway:GET arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa"]),
    ("stepfunctions", "StartExecution", {"stateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m:PROD"}, ["states:StartExecution arn:aws:states:stateMachine:m"]),
    ("stepfunctions", "CreateStateMachineAlias", {"name": "a", "routingConfiguration": [{"stateMachineVersionArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m:1", "weight": 100}]}, ["states:CreateStateMachineAlias arn:aws:states:stateMachine:m"]),
    ("stepfunctions", "UpdateStateMachine", {"stateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m", "publish": True}, ["states:UpdateStateMachine arn:aws:states:stateMachine:m", "states:PublishStateMachineVersion arn:aws:states:stateMachine:m"]),
    ("stepfunctions", "TestState", {"definition": "{}", "revealSecrets": True}, ["states:TestState *", "states:RevealSecrets *"]),
    ("logs", "CreateLogStream", {"logGroupName": "g", "logStreamName": "s"}, ["logs:CreateLogStream arn:aws:logs:log-group:g:log-stream:s"]),
    ("logs", "FilterLogEvents", {"logGroupName": "g", "unmask": True}, ["logs:FilterLogEvents arn:aws:logs:log-group:g:log-stream:", "logs:Unmask arn:aws:logs:log-group:g:log-stream:"]),
    ("logs", "CreateDelivery", {"deliverySourceName": "s", "deliveryDestinationArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-destination:d"}, ["logs:CreateDelivery arn:aws:logs:delivery:*", "logs:CreateDelivery arn:aws:logs:delivery-source:s", "logs:CreateDelivery arn:aws:logs:delivery-destination:d"]),
    ("cloudwatch", "DeleteInsightRules", {"RuleNames": ["a", "b"]}, ["cloudwatch:DeleteInsightRules arn:aws:cloudwatch:insight-rule/a", "cloudwatch:DeleteInsightRules arn:aws:cloudwatch:insight-rule/b"]),
    ("events", "DescribeEventSource", {"Name": "aws.partner/x"}, ["events:DescribeEventSource arn:aws:events:us-east-1::event-source/aws.partner/x"]),
    ("lambda", "PutFunctionCodeSigningConfig", {"FunctionName": "f", "CodeSigningConfigArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:csc-1"}, ["lambda:PutFunctionCodeSigningConfig arn:aws:lambda:function:f", "lambda:PutFunctionCodeSigningConfig arn:aws:lambda:code-signing-config:csc-1"]),
    ("ecs", "ExecuteCommand", {"task": "t", "command": "c", "interactive": True}, ["ecs:ExecuteCommand arn:aws:ecs:cluster/default", "ecs:ExecuteCommand arn:aws:ecs:task/default/t"]),
    ("ecs", "CreateTaskSet", {"cluster": "c", "service": "s", "taskDefinition": "web"}, ["ecs:CreateTaskSet arn:aws:ecs:task-set/c/s/*", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/web", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/runs"]),
    ("ssm", "StartSession", {"Target": "i-1", "DocumentName": "AWS-StartSSHSession"}, ["ssm:StartSession arn:aws:ec2:instance/i-1", "ssm:StartSession arn:aws:ssm:us-east-1::document/AWS-StartSSHSession"]),
    ("ssm", "SendCommand", {"DocumentName": "own", "InstanceIds": ["i-1", "mi-2"], "OutputS3BucketName": "b"}, ["ssm:SendCommand arn:aws:ssm:document/own", "ssm:SendCommand arn:aws:ec2:instance/i-1", "ssm:SendCommand arn:aws:ssm:managed-instance/mi-2", "ssm:SendCommand arn:aws:s3:::b"]),
    ("ssm", "SendCommand", {"DocumentName": "own", "Targets": [{"Key": "tag:a", "Values": ["b"]}, {"Key": "InstanceIds", "Values": ["i-1"]}]}, ["ssm:SendCommand arn:aws:ssm:document/own", "ssm:SendCommand arn:aws:ec2:instance/i-1", "ssm:SendCommand arn:aws:ec2:instance/*", "ssm:SendCommand arn:aws:ssm:managed-instance/*"]),
    ("ssm", "CreateAssociation", {"Name": "own", "InstanceId": "i-1"}, ["ssm:CreateAssociation arn:aws:ssm:association/*", "ssm:CreateAssociation arn:aws:ssm:document/own", "ssm:CreateAssociation arn:aws:ec2:instance/i-1"]),
    ("ssm", "StartAutomationExecution", {"DocumentName": "own"}, ["ssm:StartAutomationExecution arn:aws:ssm:document/own", "ssm:StartAutomationExecution arn:aws:ssm:automation-execution/*"]),
    ("ssm", "AddTagsToResource", {"ResourceType": "Parameter", "ResourceId": "/a/b", "Tags": []}, ["ssm:AddTagsToResource arn:aws:ssm:parameter/a/b"]),
    ("ssm", "ListTagsForResource", {"ResourceType": "PatchBaseline", "ResourceId": "pb-1"}, ["ssm:ListTagsForResource arn:aws:ssm:patchbaseline/pb-1"]),
    ("ssm", "PutParameter", {"Name": "/a", "Value": "v", "Tags": [{"Key": "a", "Value": "b"}]}, ["ssm:PutParameter arn:aws:ssm:parameter/a", "ssm:AddTagsToResource arn:aws:ssm:parameter/a"]),
    ("ssm", "GetParametersByPath", {"Path": "/a/"}, ["ssm:GetParametersByPath arn:aws:ssm:parameter/a/"]),
    ("ssm", "UpdateServiceSetting", {"SettingId": "/ssm/x", "SettingValue": "v"}, ["ssm:UpdateServiceSetting arn:aws:ssm:servicesetting/ssm/x"]),
    ("ssm", "DeregisterTargetFromMaintenanceWindow", {"WindowId": "mw-1", "WindowTargetId": "t"}, ["ssm:DeregisterTargetFromMaintenanceWindow arn:aws:ssm:maintenancewindow/mw-1", "ssm:DeregisterTargetFromMaintenanceWindow arn:aws:ssm:windowtarget/t"]),
    ("sns", "CreateTopic", {"Name": "t", "Tags": [{"Key": "a", "Value": "b"}]}, ["sns:CreateTopic arn:aws:sns:t", "sns:TagResource arn:aws:sns:t"]),
    ("kinesis", "CreateStream", {"StreamName": "s", "Tags": {"a": "b"}}, ["kinesis:CreateStream arn:aws:kinesis:stream/s", "kinesis:AddTagsToStream arn:aws:kinesis:stream/s"]),
    ("rds", "CreateDBInstance", {"DBInstanceIdentifier": "d", "DBInstanceClass": "c", "Engine": "e", "Tags": [{"Key": "a", "Value": "b"}]}, ["rds:CreateDBInstance arn:aws:rds:db:d", "rds:AddTagsToResource arn:aws:rds:db:d"]),
    ("glue", "TagResource", {"ResourceArn": f"arn:aws:glue:us-east-1:{ACCOUNT}:job/j", "TagsToAdd": {"a": "b"}}, ["glue:TagResource arn:aws:glue:job/j"]),
    ("medialive", "ListTagsForResource", {"ResourceArn": f"arn:aws:medialive:us-east-1:{ACCOUNT}:channel:c"}, ["medialive:ListTagsForResource arn:aws:medialive:channel:c"]),
    ("lambda", "TagResource", {"Resource": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", "Tags": {"a": "b"}}, ["lambda:TagResource arn:aws:lambda:function:f"]),
    ("ecs", "RunTask", {"taskDefinition": "web", "cluster": "c", "tags": [{"key": "a", "value": "b"}]}, ["ecs:RunTask arn:aws:ecs:task-definition/web:7", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/web", f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/runs", "ecs:TagResource arn:aws:ecs:task/c/*"]),
    ("lambda", "GetLayerVersion", {"LayerName": "l", "VersionNumber": 3}, ["lambda:GetLayerVersion arn:aws:lambda:layer:l:3"]),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "expected"), CALLS, ids=lambda value: str(value)[:24])
def test_a_call_needs(service: str, operation: str, params: dict[str, Any], expected: list[str]) -> None:
    assert briefly(needs_of(service, operation, **params)) == expected


def test_every_table_is_about_operations_that_there_are() -> None:
    for service, mappers in MAPPERS.items():
        assert mappers.keys() <= model_of(service).operations.keys()


def test_instances_need_all_that_they_are_made_of() -> None:
    needs = needs_of(
        "ec2",
        "RunInstances",
        ImageId="ami-1",
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.micro",
        SubnetId="subnet-1",
        SecurityGroupIds=["sg-1"],
        IamInstanceProfile={"Name": "workers"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "blue"}]}],
    )
    assert briefly(needs) == [
        "ec2:RunInstances arn:aws:ec2:us-east-1::image/ami-1",
        "ec2:RunInstances arn:aws:ec2:instance/*",
        "ec2:RunInstances arn:aws:ec2:network-interface/*",
        "ec2:RunInstances arn:aws:ec2:security-group/sg-1",
        "ec2:RunInstances arn:aws:ec2:subnet/subnet-1",
        "ec2:RunInstances arn:aws:ec2:volume/*",
        "ec2:CreateTags arn:aws:ec2:instance/*",
        f"iam:PassRole arn:aws:iam::{ACCOUNT}:role/workers",
    ]
    assert needs[1].context["aws:requesttag/team"] == "blue"
    assert needs[1].context["ec2:instancetype"] == "t3.micro"
    assert needs[6].context["ec2:createaction"] == "RunInstances"
    assert needs[7].context["iam:passedtoservice"] == "ec2.amazonaws.com"


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("ec2", "RunInstances", {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": {"LaunchTemplateId": "lt-1"}}),
        ("ec2", "CreateTags", {"Resources": ["odd-1"], "Tags": []}),
        ("ec2", "AssociateIamInstanceProfile", {"IamInstanceProfile": {"Name": "other"}, "InstanceId": "i-1"}),
        ("kinesis", "GetRecords", {"ShardIterator": "x"}),
        (
            "kinesis",
            "DescribeStream",
            {"StreamName": "a", "StreamARN": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/b"},
        ),
        ("events", "PutEvents", {"Entries": [], "EndpointId": "x"}),
        ("logs", "CreateLogGroup", {"logGroupName": "a:log-stream:b"}),
        ("logs", "CreateLogGroup", {"logGroupName": "a*"}),
        ("s3control", "ListJobs", {"AccountId": "210987654321"}),
        ("ssm", "StartSession", {"Target": "ecs:c_t_r"}),
        ("ssm", "AddTagsToResource", {"ResourceType": "Odd", "ResourceId": "x", "Tags": []}),
        ("glue", "TagResource", {"ResourceArn": "arn:aws:sqs:us-east-1:123456789012:q", "TagsToAdd": {}}),
        ("glue", "GetTable", {"CatalogId": "210987654321", "DatabaseName": "d", "Name": "t"}),
        ("ecs", "StopTask", {"cluster": "arn:aws:ecs:eu-west-1:210987654321:cluster/c", "task": "t"}),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_cannot_be_told_is_refused(service: str, operation: str, params: dict[str, Any]) -> None:
    with pytest.raises(Unmapped):
        needs_of(service, operation, **params)


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("dynamodb", "GetItem", {"TableName": "t" * 5_000, "Key": {"a": {"S": "b"}}}),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"t": {"Keys": []}, "t" * 5_000: {"Keys": []}}}),
        ("sns", "Publish", {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:{'t' * 5_000}", "Message": "m"}),
        ("ssm", "GetParameter", {"Name": "/" + "p" * 5_000}),
        ("lambda", "CreateFunction", {"FunctionName": "f", "Role": f"arn:aws:iam::{ACCOUNT}:role/{'r' * 5_000}"}),
    ],
)
def test_names_that_are_longer_than_any_are_refused(service: str, operation: str, params: dict[str, Any]) -> None:
    with pytest.raises(Unmapped, match="more characters than any has"):
        needs_of(service, operation, **params)


def test_more_roles_than_any_request_hands_over_are_refused() -> None:
    roles = [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(3_000)]
    with pytest.raises(Unmapped, match="more than the gateway decides on"):
        needs_of("sns", "CreateTopic", Name="t", Attributes=dict(zip(map(str, range(3_000)), roles, strict=True)))


def test_keys_of_events() -> None:
    (event,) = needs_of("events", "PutEvents", Entries=[{"Source": "shop", "DetailType": "sold"}])
    assert event.context == {"events:source": "shop", "events:detail-type": "sold"}
    (rule,) = needs_of("events", "PutRule", Name="r", EventPattern='{"source": ["shop"]}')
    assert rule.context["events:source"] == ("shop",)


def test_a_pattern_that_does_not_name_its_values_tells_nothing_of_them() -> None:
    detail = {"detail": {"userIdentity": {"principalId": ["AIDA"]}, "service": [{"prefix": "e"}]}}
    (rule,) = needs_of("events", "PutRule", Name="r", EventPattern=json.dumps({"source": [{"prefix": "a"}], **detail}))
    assert rule.context == {"events:detail.useridentity.principalid": ("AIDA",)}
    assert {"events:source", "events:detail.service"}.isdisjoint(rule.tells)
    assert {"events:detail-type", "events:detail.useridentity.principalid"} <= {*rule.tells}


@pytest.mark.parametrize("pattern", ["5", "[]", '{"source": ["a"], "source": ["b"]}', "[" * 100_000])
def test_a_pattern_that_may_be_read_in_two_ways_is_refused(pattern: str) -> None:
    with pytest.raises(AwsError):
        needs_of("events", "PutRule", Name="r", EventPattern=pattern)


def test_a_pattern_with_choices_tells_nothing_of_what_they_may_name() -> None:
    choices = {"detail": {"$or": [{"service": ["a"]}, {"service": ["b"]}]}}
    (rule,) = needs_of("events", "PutRule", Name="r", EventPattern=json.dumps(choices))
    assert "events:detail.service" not in rule.tells
    assert "events:source" in rule.tells


def test_what_ec2_makes_is_told_by_its_tags_and_region() -> None:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "blue"}]}]
    made, tagged = needs_of("ec2", "CreateVolume", AvailabilityZone="us-east-1a", TagSpecifications=tags)
    assert made.context == {"ec2:region": "us-east-1", "aws:requesttag/team": "blue", "aws:tagkeys": ("team",)}
    assert (tagged.action, tagged.context["ec2:createaction"]) == ("ec2:CreateTags", "CreateVolume")
    (stopped,) = needs_of("ec2", "StopInstances", InstanceIds=["i-1"])
    assert stopped.context == {"ec2:region": "us-east-1"}


def test_targets_that_name_no_node_are_all_nodes() -> None:
    needs = needs_of("ssm", "SendCommand", DocumentName="d", Targets=[{"Key": "InstanceIds", "Values": []}])
    assert "ssm:SendCommand arn:aws:ec2:instance/*" in briefly(needs)


def test_the_default_cluster_is_a_cluster() -> None:
    (need,) = needs_of("ecs", "StopTask", task="t")
    assert need.context == {"ecs:cluster": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/default"}


def test_what_only_the_service_knows_of_a_function_is_not_said_to_be_absent() -> None:
    (need,) = needs_of("lambda", "RemovePermission", FunctionName="f", StatementId="s")
    assert not "lambda:principal".startswith(need.tells)
    (need,) = needs_of("lambda", "GetFunctionUrlConfig", FunctionName="f")
    assert need.context == {"lambda:functionarn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"}
    assert not "lambda:functionurlauthtype".startswith(need.tells)


def test_versions_and_aliases_of_state_machines_are_qualifiers() -> None:
    arn = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m:PROD"
    (need,) = needs_of("stepfunctions", "StartExecution", stateMachineArn=arn)
    assert need.context == {"states:statemachinequalifier": "PROD"}


def test_parameters_that_the_model_does_not_have_say_nothing() -> None:
    """Upstreams pass over them: a tag in one would be decided on, and not be there."""
    spelled = {"tags": [{"key": "team", "value": "a"}]}
    other = {"TagList": [{"Key": "team", "Value": "b"}]}
    assert _teams(spelled) == {"a"}
    assert _teams(other) == set()
    assert _teams(spelled | other) == {"a"}
    with pytest.raises(Ambiguous):
        _teams({"Tags": [{"Key": "team", "Value": "b"}]})  # differs from the model's in case only


def _teams(body: Mapping[str, Any]) -> set[object]:
    needs = needs_of_body("ecs", "CreateCluster", body)
    return {need.context["aws:requesttag/team"] for need in needs if "aws:requesttag/team" in need.context}


@pytest.mark.parametrize(
    "tag", [{"Key": "a", "TagKey": "b", "TagValue": "c"}, {"Value": "a", "TagKey": "b", "TagValue": "c"}]
)
def test_tags_that_may_be_read_in_two_ways_are_refused(tag: dict[str, str]) -> None:
    with pytest.raises(Ambiguous):
        needs_of_body("kms", "CreateKey", {"Tags": [tag]})
