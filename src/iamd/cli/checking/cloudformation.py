"""Policies in CloudFormation templates.

Intrinsic functions are worked out as far as a template tells: references to other resources become their logical
names, pseudo parameters those of an example account. What a template does not tell is refused.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from iamd.cli import Failure
from iamd.cli.checking.found import CONTROL, TRUST, Found
from iamd.policy import Kind

_IDENTITY = ("Policy", "ManagedPolicy", "UserPolicy", "RolePolicy", "GroupPolicy")
# Resource type -> the property with the policy, and what the policy guards.
_GUARDS = {
    "AWS::S3::BucketPolicy": ("PolicyDocument", "AWS::S3::Bucket"),
    "AWS::S3::AccessPoint": ("Policy", "AWS::S3::AccessPoint"),
    "AWS::S3Express::BucketPolicy": ("PolicyDocument", "AWS::S3Express::DirectoryBucket"),
    "AWS::S3Tables::TableBucketPolicy": ("ResourcePolicy", "AWS::S3Tables::TableBucket"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "AWS::SQS::Queue"),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "AWS::SNS::Topic"),
    "AWS::KMS::Key": ("KeyPolicy", "AWS::KMS::Key"),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy", "AWS::SecretsManager::Secret"),
    "AWS::EFS::FileSystem": ("FileSystemPolicy", "AWS::EFS::FileSystem"),
    "AWS::Kinesis::ResourcePolicy": ("ResourcePolicy", "AWS::Kinesis::Stream"),
    "AWS::OpenSearchService::Domain": ("AccessPolicies", "AWS::OpenSearchService::Domain"),
    "AWS::Backup::BackupVault": ("AccessPolicy", "AWS::Backup::BackupVault"),
    "AWS::CodeArtifact::Domain": ("PermissionsPolicyDocument", "AWS::CodeArtifact::Domain"),
    "AWS::ApiGateway::RestApi": ("Policy", "AWS::ApiGateway::RestApi"),
    "AWS::ECR::Repository": ("RepositoryPolicyText", None),
}
_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Region": "us-east-1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/stack/id",
}
_HOLE = re.compile(r"\$\{([^!}][^}]*)\}")


class Loader(yaml.SafeLoader):
    """YAML with the short forms of intrinsic functions."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _intrinsic)
# `Version: 2012-10-17` is a text, not a date.
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in listed if tag != "tag:yaml.org,2002:timestamp"]
    for first, listed in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def policies(file: str, template: dict[str, Any]) -> list[Found]:
    """The policies of a template. Raises Failure where a function in one cannot be worked out."""
    resources = template["Resources"] if isinstance(template["Resources"], dict) else {}
    solved = _Solver(file, template.get("Parameters") or {}, resources)
    found: list[Found] = []
    for name, resource in resources.items():
        if isinstance(resource, dict) and isinstance(resource.get("Properties"), dict):
            found += _of(name, str(resource.get("Type")), resource["Properties"], solved)
    return found


def _of(name: str, type_: str, properties: dict[str, Any], solved: _Solver) -> Iterator[Found]:
    if type_ in _GUARDS:
        member, guarded = _GUARDS[type_]
        if member in properties:
            yield Found(name, Kind.RESOURCE, solved(properties[member]), guarded)
    elif type_ == "AWS::Organizations::Policy":
        kind = CONTROL.get(str(properties.get("Type")))
        if kind is not None:
            yield Found(name, kind, solved(properties["Content"]))
    elif type_.startswith("AWS::IAM::"):
        if type_.rpartition(":")[2] in _IDENTITY and "PolicyDocument" in properties:
            yield Found(name, Kind.IDENTITY, solved(properties["PolicyDocument"]))
        if "AssumeRolePolicyDocument" in properties:
            trust = solved(properties["AssumeRolePolicyDocument"])
            yield Found(f"{name}.AssumeRolePolicyDocument", Kind.TRUST, trust, TRUST)
        for inline in properties.get("Policies") or ():
            title = f"{name}.{solved(inline['PolicyName'])}"
            yield Found(title, Kind.IDENTITY, solved(inline["PolicyDocument"]))


class _Solver:
    """Works out the intrinsic functions in a value."""

    def __init__(self, file: str, parameters: dict[str, Any], resources: dict[str, Any]) -> None:
        self._file = file
        self._parameters = parameters
        self._resources = resources

    def __call__(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self(each) for each in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        return {name: self(each) for name, each in value.items()}

    def _function(self, name: str, argument: Any) -> Any:
        if name == "Ref" and isinstance(argument, str):
            return self._reference(argument)
        if name == "Fn::GetAtt":
            logical, _, attribute = (".".join(argument) if isinstance(argument, list) else str(argument)).partition(".")
            return self._attribute(logical, attribute)
        if name == "Fn::Sub":
            text, values = argument if isinstance(argument, list) else (argument, {})
            return _HOLE.sub(lambda hole: str(self._hole(hole[1].strip(), values)), text).replace("${!", "${")
        if name == "Fn::Join" and isinstance(argument, list):
            separator, parts = argument
            return str(separator).join(map(str, self(parts)))
        raise Failure(f"{self._file}: `{name}` in a policy cannot be worked out: give a template without it")

    def _hole(self, name: str, values: dict[str, Any]) -> Any:
        if name in values:
            return self(values[name])
        logical, dot, attribute = name.partition(".")
        return self._attribute(logical, attribute) if dot else self._reference(name)

    def _reference(self, name: str) -> Any:
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self._resources:
            return name.lower()
        default = self._parameters.get(name, {}).get("Default")
        if default is None:
            raise Failure(f"{self._file}: the parameter `{name}` is used in a policy and has no default")
        return default

    def _attribute(self, logical: str, attribute: str) -> str:
        """An ARN that stands for a resource's own; other attributes have no place in policies."""
        if logical not in self._resources or not attribute.endswith("Arn"):
            raise Failure(f"{self._file}: `{logical}.{attribute}` in a policy cannot be worked out")
        type_, name = str(self._resources[logical].get("Type")), logical.lower()
        _, service, kind = (*type_.split("::"), "", "")[:3]
        if service == "S3":
            return f"arn:aws:s3:::{name}"
        where = "" if service == "IAM" else _PSEUDO["AWS::Region"]
        separator = "" if service in ("SQS", "SNS") else f"{kind.lower()}/"
        return f"arn:aws:{service.lower()}:{where}:{_PSEUDO['AWS::AccountId']}:{separator}{name}"
