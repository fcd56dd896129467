"""Checks of the Principal element."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import Statement, Subject
from iamd.policy import Kind

_TYPES = ("AWS", "Federated", "Service", "CanonicalUser")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn|\.eu)?|[a-z0-9-]+\.amazonaws\.eu")
_SOURCES = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
_WEAK_SOURCES = frozenset({"aws:referer", "aws:sourceowner"})
# What only callers with an identity of their own have.
_OF_IDENTITIES = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
)


def presence(policy: Subject, statement: Statement) -> Iterator[Note]:
    who = statement.principal
    if who is None:
        if policy.kind.names_principals:
            yield note("MISSING_PRINCIPAL", statement.node)
    elif policy.kind is Kind.SCP:
        yield note("SCP_SYNTAX_ERROR_PRINCIPAL", who)
    elif not policy.kind.names_principals:
        yield note("UNSUPPORTED_PRINCIPAL", who)


def form(policy: Subject, statement: Statement) -> Iterator[Note]:
    who = statement.principal
    if who is None:
        return
    if who.kind == "array" or (who.kind == "string" and who.text != "*"):
        yield note("INVALID_PRINCIPAL_FORMAT", who)
    for type_ in who.members.keys() - set(_TYPES):
        yield note("INVALID_PRINCIPAL_KEY", who.keys[type_], key=type_)


def wildcards(policy: Subject, statement: Statement) -> Iterator[Note]:
    for type_ in _TYPES:
        for node in statement.principals(type_):
            lone = type_ == "AWS" and node.text == "*"
            if not lone and ("*" in node.text or "?" in node.text):
                yield note("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", node, principal=node.text)


def references(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Unique ids: what a principal turns into when the entity is deleted."""
    for node in statement.principals("AWS"):
        if node.text.startswith("AROA"):
            yield note("INVALID_ROLE_REFERENCE", node, principal=node.text)
        elif node.text.startswith("AIDA"):
            yield note("INVALID_USER_REFERENCE", node, principal=node.text)


def services(policy: Subject, statement: Statement) -> Iterator[Note]:
    for node in statement.principals("Service"):
        if not _SERVICE.fullmatch(node.text) and "*" not in node.text:
            yield note("INVALID_SERVICE_PRINCIPAL_FORMAT", node, principal=node.text)


def federated(policy: Subject, statement: Statement) -> Iterator[Note]:
    if policy.kind is Kind.RESOURCE:
        for node in statement.principals("Federated"):
            yield note("FEDERATED_PRINCIPAL_NOT_SUPPORTED", node)


def everyone_else(policy: Subject, statement: Statement) -> Iterator[Note]:
    if statement.allows and statement.not_principal and policy.kind is Kind.RESOURCE and statement.principal:
        yield note("ALLOW_WITH_NOT_PRINCIPAL", statement.node.keys["NotPrincipal"])


def confused_deputies(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Services that anyone can make act on a resource.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    named = statement.principals("Service")
    if policy.kind is not Kind.RESOURCE or not statement.allows or statement.not_principal or not named:
        return
    keys = statement.condition_keys()
    if keys & _SOURCES:
        return
    weak = [condition for condition in statement.conditions if condition.folded in _WEAK_SOURCES]
    for node in named:
        if weak:
            yield note(
                "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
                weak[0].key,
                principal=node.text,
                key=weak[0].key.text,
            )
        else:
            yield note("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", node, principal=node.text)


def keys_of_identities(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Conditions that ask service principals for what they never have."""
    who = statement.principal
    if who is None or set(who.members) != {"Service"} or statement.not_principal or not statement.allows:
        return
    absent = [
        condition.key
        for condition in statement.conditions
        if condition.folded.startswith(_OF_IDENTITIES)
        and condition.name is not None
        and not (condition.name.if_exists or condition.base == "Null")
    ]
    if absent:
        names = ", ".join(key.text for key in absent)
        yield note("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", *absent, keys=names)
