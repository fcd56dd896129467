"""The checks of policies that Access Analyzer has, as answers with the requests that show them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from iamd.analysis.narrowing import strange_to
from iamd.analysis.references import is_trust
from iamd.analysis.symbolic import Access, Extra, Witness, nothing_of, places, unnamed
from iamd.policy import Document, Kind, MalformedPolicy, Statement
from iamd.policy.parse import read_document
from iamd.policy.problems import Problem, Rank

# The service whose actions the policies of a resource type are about.
SERVICES = {
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::DynamoDB::Stream": "dynamodb",
    "AWS::EFS::FileSystem": "elasticfilesystem",
    "AWS::OpenSearchService::Domain": "es",
    "AWS::Kinesis::Stream": "kinesis",
    "AWS::Kinesis::StreamConsumer": "kinesis",
    "AWS::KMS::Key": "kms",
    "AWS::Lambda::Function": "lambda",
    "AWS::S3::Bucket": "s3",
    "AWS::S3::AccessPoint": "s3",
    "AWS::S3Express::DirectoryBucket": "s3express",
    "AWS::S3Express::AccessPoint": "s3express",
    "AWS::S3::Glacier": "glacier",
    "AWS::S3Outposts::Bucket": "s3-outposts",
    "AWS::S3Outposts::AccessPoint": "s3-outposts",
    "AWS::S3Tables::TableBucket": "s3tables",
    "AWS::S3Tables::Table": "s3tables",
    "AWS::SecretsManager::Secret": "secretsmanager",
    "AWS::SNS::Topic": "sns",
    "AWS::SQS::Queue": "sqs",
    "AWS::IAM::AssumeRolePolicyDocument": "sts",
    "AWS::ApiGateway::RestApi": "execute-api",
    "AWS::CodeArtifact::Domain": "codeartifact",
    "AWS::Backup::BackupVault": "backup",
    "AWS::CloudTrail::Dashboard": "cloudtrail",
    "AWS::CloudTrail::EventDataStore": "cloudtrail",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A statement that lets in what it should not, by its place (from 0) and Sid, with a request that shows it."""

    description: str
    index: int
    sid: str | None
    witness: Witness


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a check, in AWS's words; `passed` without reasons."""

    message: str
    reasons: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.reasons


def no_new_access(new: Document, existing: Document) -> Outcome:
    """Whether a policy allows nothing that another one does not. Raises Undecided and MalformedPolicy."""
    _refuse_wildcards(new)
    found = places(Access.of(new), Access.of(existing))
    if not found:
        return Outcome("The modified permissions do not grant new access compared to your existing policy.")
    message = "The modified permissions grant new access compared to your existing policy."
    return Outcome(message, _reasons("New access in the statement with", new, found))


def access_not_granted(document: Document, actions: Sequence[str], resources: Sequence[str]) -> Outcome:
    """Whether a policy allows none of some actions on none of some resources; an empty list stands for all.

    Raises Undecided, and MalformedPolicy for what cannot stand in a policy.
    """
    _refuse_wildcards(document)
    about = _about(actions or ("*",), resources or ("*",))
    found = places(Access.of(document), nothing_of(document.kind), Extra(about=about))
    if not found:
        return Outcome("The policy document does not grant access to perform the listed actions or resources.")
    message = "The policy document grants access to perform one or more of the listed actions or resources."
    return Outcome(
        message, _reasons("One or more of the listed actions or resources in the statement with", document, found)
    )


def no_public_access(document: Document, resource_type: str) -> Outcome:
    """Whether a resource's policy keeps out those whom it does not name: of no account or organization, from no address
    or network of which it speaks. Raises Undecided and MalformedPolicy."""
    _refuse_wildcards(document)
    extra = Extra(strange_to(document), _about((SERVICES[resource_type] + ":*",), ("*",)), callers=unnamed)
    found = places(Access.of(document), nothing_of(document.kind), extra)
    if not found:
        return Outcome("The resource policy does not grant public access for the given resource type.")
    message = "The resource policy grants public access for the given resource type."
    return Outcome(message, _reasons("Public access granted in the following statement with", document, found))


def resource_document(text: str) -> Document:
    """A resource's policy, or a role's trust policy. Raises MalformedPolicy."""
    return read_document(text, Kind.TRUST if is_trust(text) else Kind.RESOURCE)


def _refuse_wildcards(document: Document) -> None:
    """Raise MalformedPolicy for principals with wildcards, which no service stores: whom they mean is not guessed."""
    for statement in document.statements:
        for text in () if statement.principals is None else statement.principals.aws:
            if "*" in text or "?" in text:
                place = statement.start
                message = f'Invalid principal in policy: "AWS":"{text}"'
                raise MalformedPolicy([Problem(Rank.PRINCIPAL_VALUE, message, "", place.line, place.column)])


def _about(actions: Sequence[str], resources: Sequence[str]) -> tuple[Document, Statement]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    document = read_document(json.dumps({"Version": "2008-10-17", "Statement": statement}), Kind.IDENTITY)
    return document, document.statements[0]


def _reasons(lead: str, document: Document, found: Sequence[Witness]) -> tuple[Reason, ...]:
    reasons = []
    for witness in found:
        sid = document.statements[witness.statement].sid
        where = f"sid: {sid}" if sid else f"index: {witness.statement}"
        reasons.append(Reason(f"{lead} {where}.", witness.statement, sid or None, witness))
    return tuple(reasons)
