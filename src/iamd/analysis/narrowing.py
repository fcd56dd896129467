"""Conditions that say from where callers may come, and what it means that a policy is open.

Public is what a caller can get whose account, organization, network and address the policy does not speak of.
"""

from __future__ import annotations

import re
from ipaddress import ip_network

from iamd.policy import Condition, Document, Statement
from iamd.policy.arns import split
from iamd.policy.operators import FOR_ANY, operator_name
from iamd.policy.text import lower

_NARROW = ("StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnEquals", "ArnLike", "IpAddress")
_OF_ANYBODY = re.compile(r"(?:(?:o|vpc|vpce)-|[0-9]{0,11})[*?$]").match  # of all organizations, networks, accounts
_WILD = re.compile(r"[*?$]")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_POSITIVE = {
    "StringEquals": "StringEquals",
    "StringNotEquals": "StringEquals",
    "StringEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringLike": "StringLike",
    "StringNotLike": "StringLike",
    "ArnEquals": "ArnLike",
    "ArnNotEquals": "ArnLike",
    "ArnLike": "ArnLike",
    "ArnNotLike": "ArnLike",
    "IpAddress": "IpAddress",
    "NotIpAddress": "IpAddress",
}
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


def is_open(statement: Statement) -> bool:
    """Whether nothing in a statement says from where its callers may come."""
    return not any(_narrows(condition) for condition in statement.conditions)


def _narrows(condition: Condition) -> bool:
    name = operator_name(condition.operator)
    if name is None or name.if_exists or name.qualifier or name.base not in _NARROW:
        return False
    return condition.key.lower() in NARROWING and bool(condition.values) and not any(map(is_wide, condition.values))


def is_wide(value: str) -> bool:
    """Whether a value names no one in particular: it begins with a wildcard or variable, at once or after what many ids
    of its kind begin with (`vpc-*`, `1*`), is an ARN of any account, or a whole address space."""
    if not value or _OF_ANYBODY(value):
        return True
    fields = split(value)
    if fields is not None:
        account, resource = fields[4], fields[5]
        return bool(_WILD.search(account)) or (not account and bool(_WILD.match(resource)))
    if "/" in value:
        try:
            return ip_network(value, strict=False).prefixlen < 8
        except ValueError:
            return False
    return False


def strange_to(document: Document) -> tuple[tuple[Condition, bool], ...]:
    """That none of the values that say where a caller comes from is one that the policy speaks of."""
    found = []
    for condition in dict.fromkeys(each for one in document.statements for each in one.conditions):
        name = operator_name(condition.operator)
        base = None if name is None else _POSITIVE.get(name.base)
        narrow = tuple(value for value in condition.values if not is_wide(value))
        if name is None or base is None or not narrow or lower(condition.key) not in NARROWING:
            continue
        if any("${" in value for value in narrow) and base == "StringEquals":
            base = "StringLike"
        narrow = tuple(_VARIABLE.sub("*", value) for value in narrow)
        found.append((Condition((FOR_ANY if name.qualifier else "") + base, condition.key, narrow), False))
    return tuple(found)
