"""What a resource would let in by a proposed configuration: the external access of each type of resource.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Configuration.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from iamd.analysis.external import Zone
from iamd.policy import Kind
from iamd.policy.arns import account_of
from iamd.policy.parse import read_document
from iamd.services.accessanalyzer.observations import ROLE, granted, told

# Member of the configuration -> the type of resource, and the member with its policy.
POLICIES = {
    "iamRole": (ROLE, "trustPolicy"),
    "secretsManagerSecret": ("AWS::SecretsManager::Secret", "secretPolicy"),
    "sqsQueue": ("AWS::SQS::Queue", "queuePolicy"),
    "snsTopic": ("AWS::SNS::Topic", "topicPolicy"),
    "efsFileSystem": ("AWS::EFS::FileSystem", "fileSystemPolicy"),
    "ecrRepository": ("AWS::ECR::Repository", "repositoryPolicy"),
    "dynamodbTable": ("AWS::DynamoDB::Table", "tablePolicy"),
    "dynamodbStream": ("AWS::DynamoDB::Stream", "streamPolicy"),
    "s3ExpressDirectoryBucket": ("AWS::S3Express::DirectoryBucket", "bucketPolicy"),
    "s3Bucket": ("AWS::S3::Bucket", "bucketPolicy"),
    "kmsKey": ("AWS::KMS::Key", ""),
    "ebsSnapshot": ("AWS::EC2::Snapshot", ""),
    "rdsDbSnapshot": ("AWS::RDS::DBSnapshot", ""),
    "rdsDbClusterSnapshot": ("AWS::RDS::DBClusterSnapshot", ""),
}
_RESTORES = {
    "rdsDbSnapshot": "rds:RestoreDBInstanceFromDBSnapshot",
    "rdsDbClusterSnapshot": "rds:RestoreDBClusterFromSnapshot",
}
_EVERYBODY = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)
_ACL_ACTIONS = {
    "READ": ["s3:ListBucket"],
    "WRITE": ["s3:PutObject", "s3:DeleteObject"],
    "READ_ACP": ["s3:GetBucketAcl"],
    "WRITE_ACP": ["s3:PutBucketAcl"],
    "FULL_CONTROL": ["s3:DeleteObject", "s3:GetBucketAcl", "s3:ListBucket", "s3:PutBucketAcl", "s3:PutObject"],
}

Seen = tuple[str, str]  # the kind of source, and what is told (JSON)


def let_in(kind: str, given: Mapping[str, Any], resource: str, zone: Zone) -> Iterator[Seen]:
    """Who gets in from outside a zone of trust. Raises MalformedPolicy."""
    if kind == "kmsKey":
        for text in given.get("keyPolicies", {}).values():
            yield from _by_policy(text, resource, zone)
        for grant in given.get("grants", ()):
            yield from _to(grant["granteePrincipal"], [f"kms:{name}" for name in grant["operations"]], zone)
    elif kind == "ebsSnapshot":
        for account in given.get("userIds", ()):
            yield from _to(account, ["ec2:CreateVolume"], zone)
        if "all" in given.get("groups", ()):
            yield from _to("*", ["ec2:CreateVolume"], zone)
    elif kind in _RESTORES:
        for account in given.get("attributes", {}).get("restore", {}).get("accountIds", ()):
            yield from _to("*" if account == "all" else account, [_RESTORES[kind]], zone)
    else:
        if kind == "s3Bucket":
            yield from _by_acl(given)
        blocked = given.get("bucketPublicAccessBlock", {}).get("restrictPublicBuckets", False)
        yield from _by_policy(given.get(POLICIES[kind][1]), resource, zone, "POLICY", blocked, kind == "iamRole")
        for point in given.get("accessPoints", {}).values():
            shut = blocked or point.get("publicAccessBlock", {}).get("restrictPublicBuckets", False)
            yield from _by_policy(point.get("accessPointPolicy"), resource, zone, "S3_ACCESS_POINT", shut)


def _by_policy(
    text: str | None, resource: str, zone: Zone, source: str = "POLICY", blocked: bool = False, trust: bool = False
) -> Iterator[Seen]:
    """What a policy gives; `blocked`: a public one gives nothing to anybody outside."""
    if text is None:
        return
    found = list(granted(read_document(text, Kind.TRUST if trust else Kind.RESOURCE), resource, zone))
    if not (blocked and any(json.loads(each)["isPublic"] for each in found)):
        yield from ((source, each) for each in found)


def _by_acl(given: Mapping[str, Any]) -> Iterator[Seen]:
    ignored = given.get("bucketPublicAccessBlock", {}).get("ignorePublicAcls", False)
    for grant in given.get("bucketAclGrants", ()):
        actions, grantee = _ACL_ACTIONS[grant["permission"]], grant["grantee"]
        if "id" in grantee:
            yield "BUCKET_ACL", told("CanonicalUser", grantee["id"], actions, {}, False)
        elif grantee.get("uri") in _EVERYBODY and not ignored:
            yield "BUCKET_ACL", told("AWS", "*", actions, {}, True)


def _to(principal: str, actions: list[str], zone: Zone) -> Iterator[Seen]:
    if principal not in zone.accounts and account_of(principal) not in zone.accounts:
        yield "POLICY", told("AWS", principal, actions, {}, principal == "*")
