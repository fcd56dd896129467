"""Access from outside to what upstreams have, as analyzers find it."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from typing import Any

import boto3

from tests.live import ACCOUNT, Live, live

OUTSIDE = "999999999999"
ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/outside"


def opening(action: str, resource: str = "*", principal: Any = OUTSIDE, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def shared(live: Live, moto: str) -> set[tuple[str, str]]:
    """Make a resource of each kind that lets somebody in; what is expected of it: its type and an action."""
    bucket, queue = live.client("s3"), live.client("sqs")
    bucket.create_bucket(Bucket="shared-reports")
    bucket.put_bucket_policy(Bucket="shared-reports", Policy=opening("s3:GetObject", "arn:aws:s3:::shared-reports/*"))
    bucket.create_bucket(Bucket="shared-list", ACL="public-read")
    bucket.create_bucket(Bucket="shared-by-nobody")
    url = queue.create_queue(QueueName="shared-jobs")["QueueUrl"]
    queue.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": opening("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:shared-jobs")}
    )
    topic = live.client("sns").create_topic(Name="shared-news")["TopicArn"]
    live.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=opening("sns:Publish", topic)
    )
    policy = json.loads(opening("kms:Decrypt"))
    own = json.loads(opening("kms:*", principal=f"arn:aws:iam::{ACCOUNT}:root"))["Statement"]
    policy["Statement"] = [policy["Statement"], own]
    key = live.client("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
    live.client("kms").create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{OUTSIDE}:root", Operations=["Encrypt"])
    secret = live.client("secretsmanager").create_secret(Name="shared-password", SecretString="x")["ARN"]
    live.client("secretsmanager").put_resource_policy(
        SecretId=secret, ResourcePolicy=opening("secretsmanager:GetSecretValue")
    )
    live.client("ecr").create_repository(repositoryName="shared-images")
    live.client("ecr").set_repository_policy(
        repositoryName="shared-images", policyText=opening("ecr:BatchGetImage").replace(', "Resource": "*"', "")
    )
    _function(live, moto)
    system = live.client("efs").create_file_system(CreationToken="a")["FileSystemId"]
    live.client("efs").put_file_system_policy(
        FileSystemId=system, Policy=opening("elasticfilesystem:ClientMount", principal="*")
    )
    _volume(live)
    _stream(live)
    return {
        ("AWS::S3::Bucket", "s3:GetObject"),
        ("AWS::S3::Bucket", "s3:ListBucket"),
        ("AWS::SQS::Queue", "sqs:SendMessage"),
        ("AWS::SNS::Topic", "sns:Publish"),
        ("AWS::KMS::Key", "kms:Decrypt"),
        ("AWS::KMS::Key", "kms:Encrypt"),
        ("AWS::SecretsManager::Secret", "secretsmanager:GetSecretValue"),
        ("AWS::ECR::Repository", "ecr:BatchGetImage"),
        ("AWS::Lambda::Function", "lambda:InvokeFunction"),
        ("AWS::EFS::FileSystem", "elasticfilesystem:ClientMount"),
        ("AWS::EC2::Snapshot", "ec2:CreateVolume"),
        ("AWS::DynamoDB::Table", "dynamodb:GetItem"),
    }


def _function(live: Live, moto: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = {
        "RoleName": "run-shared",
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": trust}),
    }
    role = live.client("iam").create_role(**made)["Role"]["Arn"]
    keys = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    boto3.client("iam", endpoint_url=moto, **keys).create_role(**made)  # which moto wants to know, too
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("a.py", "")
    code = {"ZipFile": zipped.getvalue()}
    functions = live.client("lambda")
    functions.create_function(FunctionName="shared", Role=role, Code=code, Runtime="python3.11", Handler="a.b")
    functions.add_permission(
        FunctionName="shared", StatementId="s", Action="lambda:InvokeFunction", Principal=f"arn:aws:iam::{OUTSIDE}:root"
    )


def _volume(live: Live) -> None:
    ec2 = live.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", UserIds=[OUTSIDE]
    )


def _stream(live: Live) -> None:
    tables = live.client("dynamodb")
    made = tables.create_table(
        TableName="shared",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]
    tables.put_resource_policy(ResourceArn=made["TableArn"], Policy=opening("dynamodb:GetItem", made["TableArn"]))


def active(api: Any) -> list[dict[str, Any]]:
    wanted = {"status": {"eq": ["ACTIVE"]}}
    return list(api.list_findings(analyzerArn=ARN, filter=wanted, maxResults=100)["findings"])


def test_access_to_what_upstreams_have_is_found_and_resolved(gateway: Live, moto: str) -> None:
    expected = shared(gateway, moto)
    api = gateway.client("accessanalyzer")
    api.create_analyzer(analyzerName="outside", type="ACCOUNT")
    found = active(api)
    assert {(each["resourceType"], action) for each in found for action in each["action"]} >= expected
    assert {each["resourceOwnerAccount"] for each in found} == {ACCOUNT}
    by_resource = {each["resource"]: each for each in found}
    listed, read = (by_resource[f"arn:aws:s3:::shared-{name}"] for name in ("list", "reports"))
    assert (listed["isPublic"], listed["sources"]) == (True, [{"type": "BUCKET_ACL"}])
    assert (read["isPublic"], read["sources"], read["action"]) == (False, [{"type": "POLICY"}], ["s3:GetObject"])
    looked_at = api.list_analyzed_resources(analyzerArn=ARN, resourceType="AWS::S3::Bucket", maxResults=1000)
    buckets = {each["resourceArn"] for each in looked_at["analyzedResources"]}
    assert buckets >= {read["resource"], "arn:aws:s3:::shared-by-nobody"}
    assert "arn:aws:s3:::shared-by-nobody" not in by_resource
    every = api.list_analyzed_resources(analyzerArn=ARN, maxResults=1000)["analyzedResources"]
    assert "AWS::DynamoDB::Stream" in {each["resourceType"] for each in every}
    gateway.client("s3").delete_bucket_policy(Bucket="shared-reports")  # counts at once
    assert read["resource"] not in {each["resource"] for each in active(api)}
    statistics = api.get_findings_statistics(analyzerArn=ARN)["findingsStatistics"][0]
    told = statistics["externalAccessFindingsStatistics"]
    assert told["totalResolvedFindings"] == 1
    assert told["resourceTypeStatistics"]["AWS::S3::Bucket"]["totalActivePublic"] >= 1


def test_what_an_upstream_does_not_tell_stays_as_it_is(gateway: Live, moto: str) -> None:
    s3, api = gateway.client("s3"), gateway.client("accessanalyzer")
    s3.create_bucket(Bucket="shared-once")
    s3.put_bucket_policy(Bucket="shared-once", Policy=opening("s3:GetObject", "arn:aws:s3:::shared-once/*"))
    api.create_analyzer(analyzerName="outside", type="ACCOUNT")
    assert "arn:aws:s3:::shared-once" in {each["resource"] for each in active(api)}
    keys = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    behind = boto3.client("s3", endpoint_url=moto, **keys)
    behind.put_bucket_policy(Bucket="shared-once", Policy=json.dumps({"Statement": [{"Effect": "Maybe"}]}))
    s3.put_bucket_tagging(Bucket="shared-once", Tagging={"TagSet": []})  # looked at anew
    assert "arn:aws:s3:::shared-once" in {each["resource"] for each in active(api)}
    behind.delete_bucket_policy(Bucket="shared-once")
    s3.put_bucket_tagging(Bucket="shared-once", Tagging={"TagSet": []})
    assert "arn:aws:s3:::shared-once" not in {each["resource"] for each in active(api)}


def test_resources_are_looked_at_in_the_account_that_owns_them(gateway: Live) -> None:
    gateway.client("s3").create_bucket(Bucket="mine")
    gateway.client("sqs").create_queue(QueueName="mine")
    api = gateway.client("accessanalyzer", gateway.add_account("210987654321"))
    arn = api.create_analyzer(analyzerName="outside", type="ACCOUNT")["arn"]
    assert api.list_analyzed_resources(analyzerArn=arn)["analyzedResources"] == []


def test_roles_are_looked_at_while_an_upstream_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        away = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with live(upstream={"sqs": away, "s3": away}) as server:
        api, trust = server.client("accessanalyzer"), json.loads(opening("sts:AssumeRole"))
        del trust["Statement"]["Resource"]
        api.create_analyzer(analyzerName="outside", type="ACCOUNT")
        server.client("iam").create_role(RoleName="shared", AssumeRolePolicyDocument=json.dumps(trust))
        assert [each["resourceType"] for each in active(api)] == ["AWS::IAM::Role"]
