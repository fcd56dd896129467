"""The least policy that allows what was done: actions, the resources they were done to, and conditions.

Resources are narrowed to what was seen: each by itself while they are few, else by the folder that they share. The
first five fields of an ARN, and its first part behind them (a bucket's name, a resource's type), never become a
pattern.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FEW = 4
"""So many resources of an action in one folder are named one by one."""

Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """One action on one resource, with condition keys in lower case."""

    action: str
    resource: str = "*"
    context: Mapping[str, Value] = field(default_factory=dict)


# What narrows an action besides its resource: the key as AWS spells it, and its operator.
_CONDITIONS = {
    "iam:passrole": ("iam:PassedToService", "StringEquals"),
    "iam:createservicelinkedrole": ("iam:AWSServiceName", "StringEquals"),
    "iam:attachrolepolicy": ("iam:PolicyARN", "ArnEquals"),
    "iam:attachuserpolicy": ("iam:PolicyARN", "ArnEquals"),
    "iam:attachgrouppolicy": ("iam:PolicyARN", "ArnEquals"),
    "iam:detachrolepolicy": ("iam:PolicyARN", "ArnEquals"),
    "iam:detachuserpolicy": ("iam:PolicyARN", "ArnEquals"),
    "iam:detachgrouppolicy": ("iam:PolicyARN", "ArnEquals"),
    "s3:listbucket": ("s3:prefix", "StringEquals"),
    "sts:assumerole": ("sts:ExternalId", "StringEquals"),
}

# Calls that need no permission. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

_Condition = tuple[str, str, tuple[str, ...]]
_SPECIAL = frozenset("*?$")
# What is to be made has no name yet, and is decided on as any of its kind (`volume/*`) or name (`secret:db-??????`). Of
# S3 these can be names.
_UNNAMED = re.compile(r"(?<=[/:])\*$|-\?{6}$").search


def learned(done: Iterable[Done], few: int = FEW) -> dict[str, object] | None:
    """The policy document that allows all of this, and little else; None when nothing needs a permission."""
    resources: dict[str, dict[str, None]] = {}
    contexts: dict[str, list[Mapping[str, Value]]] = {}
    spelled: dict[str, str] = {}
    for each in done:
        folded = each.action.lower()
        if folded not in _FREE:
            spelled.setdefault(folded, each.action)
            resources.setdefault(folded, {})[each.resource] = None
            contexts.setdefault(folded, []).append(each.context)
    groups: dict[tuple[tuple[str, ...], _Condition | None], list[str]] = {}
    for folded, found in resources.items():
        key = tuple(narrowed(found, few)), _condition(folded, contexts[folded], few)
        groups.setdefault(key, []).append(spelled[folded])
    statements = [_statement(actions, *key) for key, actions in groups.items()]
    statements.sort(key=lambda statement: json.dumps(statement["Action"]))
    return {"Version": "2012-10-17", "Statement": statements} if statements else None


def narrowed(resources: Iterable[str], few: int = FEW) -> list[str]:
    """The resources, or patterns that cover them, in order."""
    folders: dict[str, list[tuple[str, ...]]] = {}
    found = set()
    for resource in resources:
        fields = resource.split(":", 5)
        if len(fields) < 6:
            found.add("*" if resource == "*" else _literal(resource))
        elif fields[2] != "s3" and (end := _UNNAMED(resource)) is not None:
            found.add(_literal(resource[: end.start()]) + end[0])
        else:
            folders.setdefault(":".join(fields[:5]), []).append(tuple(fields[5].split("/")))
    for start, paths in folders.items():
        found |= {f"{start}:{path}" for path in _patterns(paths, 0, few)}
    return ["*"] if "*" in found else sorted(found)


def _patterns(paths: list[tuple[str, ...]], depth: int, few: int) -> set[str]:
    """The paths that begin alike up to a depth, each by itself or all as what is below their folder."""
    ends = {path for path in paths if len(path) == depth + 1}
    below: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        if path not in ends:
            below.setdefault(path[depth], []).append(path)
    if depth > 0 and len(ends) + len(below) > few:
        return {f"{_literal('/'.join(paths[0][:depth]))}/*"}
    found = {_literal("/".join(path)) for path in ends}
    for deeper in below.values():
        found |= _patterns(deeper, depth + 1, few)
    return found


def _literal(text: str) -> str:
    """A text as a pattern that matches nothing else: wildcards and variables are spelled as variables."""
    if not _SPECIAL & set(text):
        return text
    return "".join(f"${{{each}}}" if each in _SPECIAL else each for each in text)


def _condition(action: str, contexts: list[Mapping[str, Value]], few: int) -> _Condition | None:
    """The condition that every request met, where there is a key worth asking for and few values."""
    key, operator = _CONDITIONS.get(action, ("", ""))
    values = [context.get(key.lower()) for context in contexts] if key else [None]
    told = {value for value in values if isinstance(value, str)}
    if len(told) > few or not all(isinstance(value, str) and value for value in values):
        return None
    return operator, key, tuple(sorted(_literal(value) for value in told))


def _statement(actions: list[str], resources: tuple[str, ...], condition: _Condition | None) -> dict[str, object]:
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Action": _one_or_many(sorted(actions)),
        "Resource": _one_or_many(list(resources)),
    }
    if condition is not None:
        operator, key, values = condition
        statement["Condition"] = {operator: {key: _one_or_many(list(values))}}
    return statement


def _one_or_many(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts
