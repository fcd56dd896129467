"""Policies in Terraform plans, as `terraform show -json` prints them.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iamd.cli import Failure
from iamd.cli.checking.found import CONTROL, TRUST, Found
from iamd.policy import Kind

# Resource type -> the attribute with the policy, and what the policy guards.
_IDENTITY = {
    "aws_iam_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_role_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_ssoadmin_permission_set_inline_policy": "inline_policy",
}
_GUARDS = {
    "aws_s3_bucket_policy": ("policy", "AWS::S3::Bucket"),
    "aws_s3_access_point": ("policy", "AWS::S3::AccessPoint"),
    "aws_s3control_access_point_policy": ("policy", "AWS::S3::AccessPoint"),
    "aws_sqs_queue": ("policy", "AWS::SQS::Queue"),
    "aws_sqs_queue_policy": ("policy", "AWS::SQS::Queue"),
    "aws_sns_topic": ("policy", "AWS::SNS::Topic"),
    "aws_sns_topic_policy": ("policy", "AWS::SNS::Topic"),
    "aws_kms_key": ("policy", "AWS::KMS::Key"),
    "aws_kms_key_policy": ("policy", "AWS::KMS::Key"),
    "aws_secretsmanager_secret_policy": ("policy", "AWS::SecretsManager::Secret"),
    "aws_efs_file_system_policy": ("policy", "AWS::EFS::FileSystem"),
    "aws_dynamodb_resource_policy": ("policy", "AWS::DynamoDB::Table"),
    "aws_kinesis_resource_policy": ("policy", "AWS::Kinesis::Stream"),
    "aws_opensearch_domain": ("access_policies", "AWS::OpenSearchService::Domain"),
    "aws_opensearch_domain_policy": ("access_policies", "AWS::OpenSearchService::Domain"),
    "aws_backup_vault_policy": ("policy", "AWS::Backup::BackupVault"),
    "aws_codeartifact_domain_permissions_policy": ("policy_document", "AWS::CodeArtifact::Domain"),
    "aws_api_gateway_rest_api_policy": ("policy", "AWS::ApiGateway::RestApi"),
    "aws_ecr_repository_policy": ("policy", None),
}


def policies(file: str, plan: dict[str, Any]) -> list[Found]:
    """The policies of a plan with what they replace; those that are deleted are left out.

    Raises Failure where a policy is known only after the plan is applied.
    """
    found: list[Found] = []
    for each in plan.get("resource_changes") or ():
        change = each.get("change") or {}
        if each.get("mode") == "managed" and change.get("after") is not None:
            found += _of(file, each, change)
    return found


def _of(file: str, resource: dict[str, Any], change: dict[str, Any]) -> Iterator[Found]:
    name, type_ = str(resource["address"]), str(resource["type"])
    after, before = change["after"], change.get("before") or {}
    unknown = change.get("after_unknown") or {}

    def told(attribute: str, kind: Kind, guarded: str | None, title: str = name) -> Iterator[Found]:
        if unknown.get(attribute) is True:
            raise Failure(f"{file}: `{name}` has a policy that is known only after apply")
        if after.get(attribute):
            old = before.get(attribute)
            yield Found(title, kind, _read(file, name, after[attribute]), guarded, old and _read(file, name, old))

    if type_ in _IDENTITY:
        yield from told(_IDENTITY[type_], Kind.IDENTITY, None)
    elif type_ in _GUARDS:
        attribute, guarded = _GUARDS[type_]
        yield from told(attribute, Kind.RESOURCE, guarded)
    elif type_ == "aws_organizations_policy":
        kind = CONTROL.get(str(after.get("type") or "SERVICE_CONTROL_POLICY"))
        if kind is not None:
            yield from told("content", kind, None)
    elif type_ == "aws_iam_role":
        yield from told("assume_role_policy", Kind.TRUST, TRUST, f"{name}.assume_role_policy")
        old = {each.get("name"): each.get("policy") for each in before.get("inline_policy") or ()}
        for inline in after.get("inline_policy") or ():
            if inline.get("policy"):
                was = old.get(inline.get("name"))
                title = f"{name}.{inline.get('name')}"
                policy = _read(file, name, inline["policy"])
                yield Found(title, Kind.IDENTITY, policy, None, was and _read(file, name, was))


def _read(file: str, name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(f"{file}: the policy of `{name}` is not JSON") from error
