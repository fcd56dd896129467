"""Who from outside a policy of a resource lets in: one grant for each principal that is named, or for everyone.

Conditions are told and, where they tie the caller to the account, believed; a statement that denies a principal
without conditions takes its grant away, which the engine confirms. Where it cannot be known, access is reported.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

from iamd.policy import Attached, Condition, Document, Kind, Layers, Policy, Principal, Request, Statement, decide, load
from iamd.policy.arns import account_of, split
from iamd.policy.operators import operator_name
from iamd.policy.patterns import Pattern, mark

_STRANGER = "999999999999"
_ANYTHING = Attached(
    "any", load('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', Kind.IDENTITY)
)
_POSITIVE = ("StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnEquals", "ArnLike", "IpAddress")
_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
# Keys that say from where a caller may come. https://docs.aws.amazon.com/AmazonS3/latest/userguide/
# access-control-block-public-access.html#access-control-block-public-access-policy-status
NARROWING = frozenset(
    {
        *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:userid"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"),
        *("aws:sourceorgpaths", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"),
        *("kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn"),
    }
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one principal outside is given. `type` is AWS or Federated, `principal` the account, ARN or provider, or
    `*`; `statement` is the place (from 0) of what grants it."""

    type: str
    principal: str
    actions: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]
    is_public: bool
    statement: int


@dataclass(frozen=True, slots=True)
class Zone:
    """Whom one trusts: some accounts, and where they are an organization, whoever is in it."""

    accounts: frozenset[str]
    organization: str | None = None


def grants(document: Document, resource: str, zone: Zone) -> Iterator[Grant]:
    """What principals outside a zone of trust are given by the policy of a resource in it."""
    for statement in document.statements:
        if not statement.allow or statement.principals is None or _is_tied(statement, zone):
            continue
        for type_, principal in _named(statement):
            if _inside(type_, principal, zone):
                continue
            actions = tuple(
                action
                for action in _actions(document, statement)
                if _given(document, statement, principal, action, resource)
            )
            if actions:
                told = tuple((each.key, ",".join(each.values)) for each in statement.conditions)
                yield Grant(type_, principal, actions, told, principal == "*" and is_open(statement), statement.index)


def is_open(statement: Statement) -> bool:
    """Whether nothing in a statement says from where its callers may come."""
    return not any(_narrows(condition) for condition in statement.conditions)


def _narrows(condition: Condition) -> bool:
    name = operator_name(condition.operator)
    if name is None or name.if_exists or name.qualifier or name.base not in _POSITIVE:
        return False
    return condition.key.lower() in NARROWING and bool(condition.values) and not any(map(is_wide, condition.values))


def is_wide(value: str) -> bool:
    """Whether a value names no one in particular: it begins with a wildcard or variable, or is a whole address space."""
    fields = split(value)
    if value[:1] in ("*", "?", "$", "") or (fields is not None and not account_of(value) and "*" in fields[4]):
        return True
    if "/" in value and fields is None:
        try:
            return ip_network(value, strict=False).prefixlen < 8
        except ValueError:
            return False
    return False


def _is_tied(statement: Statement, zone: Zone) -> bool:
    """Whether a condition lets in callers of the zone itself alone."""
    for condition in statement.conditions:
        if not _narrows(condition):
            continue
        key, values = condition.key.lower(), set(condition.values)
        if key == "aws:principalaccount" and values <= zone.accounts:
            return True
        if key == "aws:principalarn" and {account_of(value) for value in values} <= zone.accounts:
            return True
        if key == "aws:principalorgid" and zone.organization is not None and values == {zone.organization}:
            return True
    return False


def _named(statement: Statement) -> list[tuple[str, str]]:
    who = statement.principals
    if who is None:
        return []
    if who.negated or who.everyone:
        return [("AWS", "*")]
    return [("AWS", text) for text in who.aws] + [("Federated", text) for text in who.federated]


def _inside(type_: str, principal: str, zone: Zone) -> bool:
    """Whether a principal is of the zone; unique ids stand for those that were, and are nobody any more."""
    if type_ == "Federated" or principal == "*":
        return False
    inside = principal in zone.accounts or account_of(principal) in zone.accounts
    return inside or principal[:4] in ("AROA", "AIDA")


def _actions(document: Document, statement: Statement) -> list[str]:
    """The actions that can matter: those of assuming roles, or the first that each pattern stands for."""
    if document.kind is Kind.TRUST:
        return [action for action in _ASSUMING if _covers(statement, action)]
    return [text for text in statement.actions if not statement.not_action] or ["*"]


def _covers(statement: Statement, action: str) -> bool:
    listed = any(Pattern(mark(text.lower())).matches(action.lower()) for text in statement.actions)
    return listed is not statement.not_action


def _given(document: Document, statement: Statement, principal: str, action: str, resource: str) -> bool:
    """Whether what denies without conditions leaves the grant to the principal, as the engine decides."""
    if document.kind is not Kind.TRUST:
        return True
    who = _caller(principal, action)
    if who is None:
        return True
    denies = [each for each in document.statements if not each.allow and not each.conditions]
    kept = (
        replace(statement, conditions=(), index=0),
        *(replace(each, index=at + 1) for at, each in enumerate(denies)),
    )
    policy = Attached("trust", Policy(replace(document, statements=kept)))
    return decide(Request(who, action, resource), Layers(identity=(_ANYTHING,), resource=policy)).allowed


def _caller(principal: str, action: str) -> Principal | None:
    """Someone whom a principal stands for; None where nobody can be named."""
    if principal == "*":
        if action != "sts:AssumeRole":
            return None
        principal = _STRANGER
    account = principal if principal.isdigit() else account_of(principal)
    fields = split(principal)
    if account is not None and (fields is None or fields[5] == "root"):
        return Principal.from_text(f"arn:aws:iam::{account}:role/anyone")
    try:
        return Principal.from_text(
            principal if (fields and ":sts:" in principal) or _is_iam(fields) else f"federated:{principal}"
        )
    except ValueError:
        return None


def _is_iam(fields: list[str] | None) -> bool:
    return fields is not None and fields[2] == "iam" and fields[5].startswith(("user/", "role/"))
