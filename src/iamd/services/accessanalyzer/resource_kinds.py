"""Kinds of resources that have policies of their own: what findings call them, and where their policy is told.

Kinds are the members of https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Configuration.html, and
further ones of the services whose policies this server knows, too.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from iamd.policy.arns import split
from iamd.services.known_resources import Configured

ROLE, USER = "AWS::IAM::Role", "AWS::IAM::User"


class ResourceKind(NamedTuple):
    """The type that findings tell, the member of the configuration that is the policy (empty: it is told otherwise), and
    the service and how the rest begins of the ARNs of such resources."""

    type: str
    policy: str
    service: str
    rest: str = ""


KINDS = {
    "iamRole": ResourceKind(ROLE, "trustPolicy", "iam", "role/"),
    "secretsManagerSecret": ResourceKind("AWS::SecretsManager::Secret", "secretPolicy", "secretsmanager", "secret:"),
    "sqsQueue": ResourceKind("AWS::SQS::Queue", "queuePolicy", "sqs"),
    "snsTopic": ResourceKind("AWS::SNS::Topic", "topicPolicy", "sns"),
    "efsFileSystem": ResourceKind("AWS::EFS::FileSystem", "fileSystemPolicy", "elasticfilesystem", "file-system/"),
    "ecrRepository": ResourceKind("AWS::ECR::Repository", "repositoryPolicy", "ecr", "repository/"),
    "dynamodbTable": ResourceKind("AWS::DynamoDB::Table", "tablePolicy", "dynamodb", "table/"),
    "dynamodbStream": ResourceKind("AWS::DynamoDB::Stream", "streamPolicy", "dynamodb", "table/"),
    "s3ExpressDirectoryBucket": ResourceKind("AWS::S3Express::DirectoryBucket", "bucketPolicy", "s3express", "bucket/"),
    "s3Bucket": ResourceKind("AWS::S3::Bucket", "bucketPolicy", "s3"),
    "kmsKey": ResourceKind("AWS::KMS::Key", "", "kms", "key/"),
    "ebsSnapshot": ResourceKind("AWS::EC2::Snapshot", "", "ec2", "snapshot/"),
    "rdsDbSnapshot": ResourceKind("AWS::RDS::DBSnapshot", "", "rds", "snapshot:"),
    "rdsDbClusterSnapshot": ResourceKind("AWS::RDS::DBClusterSnapshot", "", "rds", "cluster-snapshot:"),
    "lambdaFunction": ResourceKind("AWS::Lambda::Function", "policy", "lambda", "function:"),
    "lambdaLayerVersion": ResourceKind("AWS::Lambda::LayerVersion", "policy", "lambda", "layer:"),
    "kinesisStream": ResourceKind("AWS::Kinesis::Stream", "policy", "kinesis", "stream/"),
    "eventBus": ResourceKind("AWS::Events::EventBus", "policy", "events", "event-bus/"),
    "openSearchDomain": ResourceKind("AWS::OpenSearchService::Domain", "policy", "es", "domain/"),
    "backupVault": ResourceKind("AWS::Backup::BackupVault", "policy", "backup", "backup-vault:"),
    "codeArtifactDomain": ResourceKind("AWS::CodeArtifact::Domain", "policy", "codeartifact", "domain/"),
    "glacierVault": ResourceKind("AWS::Glacier::Vault", "policy", "glacier", "vaults/"),
    "resource": ResourceKind("AWS::Resource", "policy", ""),  # of any other service
}


def with_policy(arn: str, policy: Any) -> Configured:
    """A resource of which nothing is known but its ARN and its policy (JSON)."""
    kind, text = kind_of(arn), json.dumps(policy)
    if kind == "kmsKey":
        return Configured(arn, kind, {"keyPolicies": {"default": text}})
    return Configured(arn, kind, {KINDS[kind].policy or "policy": text})


def kind_of(arn: str) -> str:
    """The kind of the resource of an ARN."""
    fields = split(arn) or ["arn", "", "", "", "", ""]
    service, rest = fields[2], fields[5]
    if service == "dynamodb" and "/stream/" in rest:
        return "dynamodbStream"
    if service == "s3" and fields[4]:
        return "resource"  # an access point
    found = (kind for kind, each in KINDS.items() if each.service == service and rest.startswith(each.rest))
    return next((kind for kind in found if KINDS[kind].policy or kind == "kmsKey"), "resource")
