"""Trust in a shared identity provider must name the tenant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamd.policy import Kind, MalformedPolicy, parse

GITHUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{GITHUB}"
COGNITO = "cognito-identity.amazonaws.com"


def trust(provider: str, condition: dict[str, Any], **elements: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Condition": condition} | elements]})


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
        {"StringLike": {f"{GITHUB}:sub": "*"}},
        {"StringLike": {f"{GITHUB}:sub": ["repo:x/y:*", "*"]}},
        {"StringLike": {f"{GITHUB}:sub": "*:ref"}},
        {"StringEquals": {f"{GITHUB}:sub": " "}},
        {"StringNotEquals": {f"{GITHUB}:sub": "repo:x/y:*"}},
        {"StringEqualsIfExists": {f"{GITHUB}:sub": "repo:x/y:*"}},
        {"Null": {f"{GITHUB}:sub": "false"}},
    ],
)
def test_a_tenant_left_open_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        parse(trust(PROVIDER, condition), Kind.TRUST)
    assert str(caught.value) == (
        f"Trust policy with trusted principal {PROVIDER} must evaluate, using StringEquals, StringLike or "
        f"StringEqualsIgnoreCase, {GITHUB}:sub which is not scoped to all."
    )


@pytest.mark.parametrize(
    ("provider", "condition"),
    [
        (PROVIDER, {"StringLike": {f"{GITHUB}:sub": "repo:x/y:*"}}),
        (PROVIDER, {"ForAnyValue:StringEquals": {f"{GITHUB}:SUB": ["repo:x/y:ref"]}}),
        (PROVIDER, {"StringEquals": {f"{GITHUB}:job_workflow_ref": "x"}}),
        ("arn:aws:iam::111122223333:oidc-provider/gitlab.com", {"StringLike": {"gitlab.com:sub": "**"}}),
        ("arn:aws:iam::111122223333:oidc-provider/issuer.example", {}),
        (COGNITO, {"StringEquals": {f"{COGNITO}:aud": "pool"}}),
        ("accounts.google.com", {"StringEquals": {"accounts.google.com:sub": "1"}}),
    ],
)
def test_a_tenant_that_is_named_is_taken(provider: str, condition: dict[str, Any]) -> None:
    parse(trust(provider, condition), Kind.TRUST)


def test_cognito_without_conditions_has_words_of_its_own() -> None:
    with pytest.raises(MalformedPolicy, match="A condition block must be present for the Cognito provider"):
        parse(trust(COGNITO, {}), Kind.TRUST)


def test_only_allows_of_web_identities_are_held_to_it() -> None:
    parse(trust(PROVIDER, {}, Effect="Deny"), Kind.TRUST)
    parse(trust(PROVIDER, {}, Action="sts:TagSession"), Kind.TRUST)
