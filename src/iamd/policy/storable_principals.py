"""Principals and actions that trust and resource policies may name when they are stored.

Whether a named user or role exists is the service's to find out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .document import Kind, Principals, Statement
from .problems import Rank
from .shared_issuers import issuer_problems
from .text import lower

_ACCOUNT = r"[0-9]{12}"
_AWS = re.compile(
    rf"{_ACCOUNT}|arn:aws[a-z-]*:iam::{_ACCOUNT}:(?:root|(?:user|role)/[!-~]+)"
    rf"|arn:aws[a-z-]*:sts::{_ACCOUNT}:(?:assumed-role/[^/*?]+/[^/*?]+|federated-user/[^/*?]+)"
    r"|A[A-Z]{3}[A-Z0-9]{12,124}"
)
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]+")
_FEDERATED = re.compile(rf"[A-Za-z0-9.-]+|arn:aws[a-z-]*:iam::{_ACCOUNT}:(?:oidc|saml)-provider/[!-~]+")
_CANONICAL = re.compile(r"[0-9a-f]{64}")


def principal_problems(kind: Kind, statement: Statement) -> Iterator[tuple[Rank, str]]:
    """What keeps the statement's principals (and, in trust policies, actions) from being stored."""
    who = statement.principals
    if who is None:
        return
    if kind is Kind.TRUST:
        yield from _trust(statement, who)
        yield from issuer_problems(statement)
    if kind is Kind.RCP and (who.negated or not who.everyone):
        yield Rank.PRINCIPAL, 'Invalid principal in policy: only "*" is allowed.'
    for type_, pattern, texts in (
        ("AWS", _AWS, who.aws),
        ("SERVICE", _SERVICE, who.service),
        ("FEDERATED", _FEDERATED, who.federated),
        ("CANONICALUSER", _CANONICAL, who.canonical),
    ):
        for text in texts:
            if not pattern.fullmatch(text) or "*" in text or "?" in text:
                yield Rank.PRINCIPAL_VALUE, f'Invalid principal in policy: "{type_}":"{text}"'


def _trust(statement: Statement, who: Principals) -> Iterator[tuple[Rank, str]]:
    if who.negated:
        allow = "Allow with NotPrincipal is not allowed."
        yield Rank.PRINCIPAL, allow if statement.allow else "AssumeRole policy must not contain NotPrincipal field."
    if who.bare:
        yield Rank.PRINCIPAL, 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'
    if not statement.actions:
        yield Rank.NO_ACTION, "Missing required field Action"
    if any(not lower(action).startswith("sts:") for action in statement.actions):
        yield Rank.ACTION, "AssumeRole policy may only specify STS AssumeRole actions."
