"""The policies in a file: a policy document, an object of documents by ARN, a CloudFormation template, or a Terraform
plan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from iamd.analysis.checks import resource_document
from iamd.cli import Failure
from iamd.cli.checking import cloudformation, terraform
from iamd.cli.checking.found import Found
from iamd.cli.validate import text as content
from iamd.policy import Document, Kind, MalformedPolicy
from iamd.policy.parse import read_document


@dataclass(frozen=True, slots=True)
class Source:
    """One policy: the file, its name in a template or plan (empty: the file is the policy), its text, the CloudFormation
    type of the resource that it guards, the document that it replaces (in a plan), and the ARN of the resource, where that
    is told."""

    file: str
    name: str
    text: str
    document: Document
    resource_type: str | None = None
    before: Document | None = None
    resource: str = ""

    @property
    def title(self) -> str:
        return f"{self.file}: {self.name}" if self.name else self.file


def sources(file: str, kind: Kind | None) -> list[Source]:
    """The policies in a file; `kind`: what documents are for, None: as their elements tell. Raises Failure."""
    text = content(file)
    tree = _tree(file, text)
    if "Statement" in tree:
        return [Source(file, "", text, document(file, text, kind))]
    if "resource_changes" in tree or "planned_values" in tree:
        found: Sequence[Found] = terraform.policies(file, tree)
    elif tree and all(name.startswith("arn:") for name in tree):
        return [_of_resource(file, arn, each) for arn, each in tree.items()]
    elif "Resources" in tree:
        found = cloudformation.policies(file, tree)
    else:
        raise Failure(
            f"{file}: no policy document, no policies by ARN, no CloudFormation template and no Terraform plan in JSON"
        )
    return [_source(file, each) for each in found]


def _source(file: str, found: Found) -> Source:
    where = f"{file}: {found.name}"
    text = json.dumps(found.policy, indent=2)
    before = None if found.before is None else document(where, json.dumps(found.before), found.kind)
    return Source(file, found.name, text, document(where, text, found.kind), found.resource_type, before)


def _of_resource(file: str, arn: str, policy: Any) -> Source:
    text = json.dumps(policy, indent=2)
    kind = Kind.TRUST if ":iam:" in arn else Kind.RESOURCE
    return Source(file, arn, text, document(f"{file}: {arn}", text, kind), resource=arn)


def document(where: str, text: str, kind: Kind | None) -> Document:
    """The document in a text. Raises Failure."""
    try:
        if kind is not None and kind is not Kind.RESOURCE:
            return read_document(text, kind)
        if kind is Kind.RESOURCE or _names_principals(text):
            return resource_document(text)
        return read_document(text, Kind.IDENTITY)
    except MalformedPolicy as malformed:
        raise Failure(f"{where}:{malformed.problems[0]}") from malformed


def _names_principals(text: str) -> bool:
    tree = json.loads(text)
    statements = tree["Statement"] if isinstance(tree["Statement"], list) else [tree["Statement"]]
    return any(isinstance(each, dict) and each.keys() & {"Principal", "NotPrincipal"} for each in statements)


def _tree(file: str, text: str) -> dict[str, Any]:
    try:
        tree = json.loads(text)
    except ValueError:
        try:
            tree = yaml.load(text, cloudformation.Loader)  # noqa: S506 - a SafeLoader that knows intrinsic functions
        except yaml.YAMLError as error:
            raise Failure(f"{file}: neither JSON nor YAML: {error}") from error
    if not isinstance(tree, dict):
        raise Failure(f"{file}: not an object")
    return tree
