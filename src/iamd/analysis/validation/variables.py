"""Checks of policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.subject import Condition, Statement, Subject
from iamd.analysis.validation.tree import Node
from iamd.policy.operators import OPERATORS

_LITERALS = frozenset("*?$")


def in_resources(policy: Subject, statement: Statement) -> Iterator[Note]:
    for node in statement.resources:
        if "${" in node.text:
            yield from _forms(policy, node)


def in_conditions(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    for node in condition.values:
        if "${" not in node.text:
            continue
        operator = OPERATORS.get(condition.base)
        if operator is not None and not operator.takes_variables:
            yield note("INVALID_VARIABLE_FOR_OPERATOR", node, operator=condition.base)
        else:
            yield from _forms(policy, node)


def elsewhere(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Variables in elements that know none."""
    named = [("Action", node) for node in statement.actions]
    named += [("Principal", node) for type_ in ("AWS", "Service", "Federated") for node in statement.principals(type_)]
    for name in ("Sid", "Effect"):
        if name in statement.node.members:
            named.append((name, statement.node.members[name]))
    for element, node in named:
        if "${" in node.text:
            yield note("VARIABLE_UNSUPPORTED_IN_ELEMENT", node, element=element)


def _forms(policy: Subject, node: Node) -> Iterator[Note]:
    if not policy.has_variables:
        yield note("VARIABLE_UNSUPPORTED_IN_VERSION", node)
        return
    for part in node.text.split("${")[1:]:
        body, brace, _ = part.partition("}")
        if not brace:
            yield note("MISSING_BRACE_IN_VARIABLE", node)
        elif body not in _LITERALS:
            yield from _body(node, body)


def _body(node: Node, body: str) -> Iterator[Note]:
    key, comma, default = body.partition(",")
    if not body.strip():
        yield note("EMPTY_VARIABLE", node)
    elif " " in key:
        yield note("UNSUPPORTED_SPACE_IN_VARIABLE", node)
    elif comma and not (len(default.strip()) >= 2 and default.strip()[0] == default.strip()[-1] == "'"):
        yield note("MISSING_QUOTE_IN_VARIABLE", node)
