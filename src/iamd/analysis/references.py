"""Policies to hold others against, and what stands for whom in them.

A reference policy need not be one that could be stored: its principals may have wildcards, and in a trust policy `*`
stands for identity providers, too, of which STS thinks otherwise.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-checks-validating-policies.html
https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from iamd.analysis.symbolic import STRANGE_NAME, Undecided
from iamd.policy import Condition, Document, Kind, MalformedPolicy, Principals, Statement
from iamd.policy.arns import split
from iamd.policy.parse import read_document
from iamd.policy.text import lower

_ENUMERATED = ("Service", "Federated")
_WILDCARDS = frozenset(f'Invalid principal in policy: "{type_.upper()}":"*"' for type_ in _ENUMERATED)
_EVERYONE = Principals(everyone=True)

Names = dict[str, list[str]]  # by type of principal: those that are named, and one that is not


def is_trust(*texts: str) -> bool:
    """Whether policies are those of roles: they tell no resources, and no actions but those of STS."""
    statements = [each for text in texts for each in _statements(text)]
    actions = [action for each in statements for action in _texts(each.get("Action", each.get("NotAction")))]
    told = any(each.keys() & {"Resource", "NotResource"} for each in statements)
    return bool(actions) and not told and all(lower(each).startswith("sts:") for each in actions)


def compared(new: str, reference: str) -> tuple[Document, Document]:
    """A resource's or role's policy, and what it is held against. Raises MalformedPolicy, Undecided."""
    kind = Kind.TRUST if is_trust(new, reference) else Kind.RESOURCE
    names = _names(new, reference)
    document, existing = (_read(text, kind, names) for text in (new, reference))
    parts = tuple(part for each in existing.statements for part in _parts(each, kind, names))
    return document, replace(existing, statements=parts)


def _names(*texts: str) -> Names:
    found: Names = {}
    who = [each.get("Principal", each.get("NotPrincipal")) for text in texts for each in _statements(text)]
    for type_ in _ENUMERATED:
        named = (text for each in who if isinstance(each, dict) for text in _texts(each.get(type_)) if text != "*")
        found[type_] = list(dict.fromkeys([*named, STRANGE_NAME]))
    return found


def _read(text: str, kind: Kind, names: Names) -> Document:
    """The document, with the names in place of the wildcards that stand for all services or identity providers."""
    try:
        return read_document(text, kind)
    except MalformedPolicy as malformed:
        if any(each.message not in _WILDCARDS for each in malformed.problems):
            raise
    tree = json.loads(text)
    for statement in tree["Statement"] if isinstance(tree["Statement"], list) else [tree["Statement"]]:
        who = statement.get("Principal", statement.get("NotPrincipal"))
        for type_ in _ENUMERATED:
            if isinstance(who, dict) and "*" in _texts(who.get(type_)):
                who[type_] = names[type_]
    return read_document(json.dumps(tree), kind)


def _parts(statement: Statement, kind: Kind, names: Names) -> Iterator[Statement]:
    """A statement of a reference policy as one or two without wildcards in ARNs."""
    who = statement.principals
    wild = () if who is None else tuple(text for text in who.aws if "*" in text or "?" in text)
    if who is None or (who.negated and not wild):
        yield statement
        return
    if who.negated:
        raise Undecided("wildcards in the ARNs of NotPrincipal are not compared: name the principals instead")
    if who.everyone and kind is Kind.TRUST and statement.allow:
        who = replace(who, federated=tuple(names["Federated"]))
    rest = replace(who, aws=tuple(text for text in who.aws if text not in wild))
    if not wild or rest != Principals():
        yield replace(statement, principals=rest)
    if any(":assumed-role/" in text or ":federated-user/" in text for text in wild):
        raise Undecided("wildcards in the ARNs of sessions are not compared: name the role or user instead")
    if not statement.allow and not all(_is_of_one_kind(text) for text in wild):
        raise Undecided("wildcards for accounts that are denied are not compared: name the accounts instead")
    if wild:
        tied = Condition("ArnLike", "aws:PrincipalArn", wild)
        yield replace(statement, principals=_EVERYONE, conditions=(*statement.conditions, tied))


def _is_of_one_kind(text: str) -> bool:
    """Whether an ARN with wildcards means users or roles, of whom `aws:PrincipalArn` tells."""
    return (split(text) or [""])[-1].startswith(("user/", "role/"))


def _statements(text: str) -> list[dict[str, Any]]:
    """The statements of a document; none of what is none."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return []
    listed = tree.get("Statement") if isinstance(tree, dict) else None
    return [each for each in (listed if isinstance(listed, list) else [listed]) if isinstance(each, dict)]


def _texts(value: object) -> Iterable[str]:
    """The texts of an element that is one or a list of them."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
