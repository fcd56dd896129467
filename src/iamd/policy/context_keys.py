"""The context keys that a document names, read as leniently as AWS's two GetContextKeys operations read it.

They pass much that nothing else would: statements without action or resource, no statement at all, values of the wrong
type, any kind of policy. They insist on known elements and operators, and on an effect. Seen of live AWS.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .document import FIRST_VERSION, LATEST_VERSION
from .operators import operator_name
from .problems import SYNTAX, MalformedPolicy, Problem, Rank
from .scan import Array, Lines, NotJson, Number, Object, Value, scan
from .variables import bodies

_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


def context_keys(text: str) -> list[str]:
    """Every condition key and variable, as spelled, each spelling once; `*`, `?` and `$` too, written as variables.

    Raises MalformedPolicy.
    """
    try:
        tree = scan(text)
        return list(dict.fromkeys(_keys(tree)))
    except NotJson as error:
        line, column = Lines(text).place(error.offset)
        raise MalformedPolicy([Problem(Rank.SYNTAX, SYNTAX, str(error), line, column)]) from None


def _keys(tree: Value) -> Iterator[str]:
    document = _object(tree, _TOP, "document")
    version = document.members.get("Version", FIRST_VERSION)
    if version not in (FIRST_VERSION, LATEST_VERSION):
        raise NotJson("unknown version", document.start)
    statements = document.members.get("Statement", Array([], []))
    for node in statements.items if isinstance(statements, Array) else [statements]:
        yield from _statement_keys(_object(node, _ELEMENTS, "statement"), version == LATEST_VERSION)


def _statement_keys(node: Object, variables: bool) -> Iterator[str]:
    if node.members.get("Effect") not in ("Allow", "Deny"):
        raise NotJson("no effect", node.start)
    for name in ("Resource", "NotResource"):
        if name in node.members and variables:
            yield from _variables(node.members[name], node)
    block = _object(node.members.get("Condition", Object({}, node.start, node.end)), None, "condition")
    for operator, operands in block.members.items():
        tested = _object(operands, None, operator)
        if tested.members and operator_name(operator) is None:
            raise NotJson(f"unknown condition operator `{operator}`", node.start)
        for key, value in tested.members.items():
            yield key
            if variables:
                yield from _variables(value, node)


def _variables(value: Value, node: Object) -> Iterator[str]:
    for item in value.items if isinstance(value, Array) else [value]:
        if isinstance(item, str):
            for body in bodies(item):
                yield body.partition(",")[0].strip()
        elif not isinstance(item, bool | Number):
            raise NotJson("neither a text nor a number nor a Boolean", node.start)


def _object(value: Value, known: frozenset[str] | None, what: str) -> Object:
    if not isinstance(value, Object):
        raise NotJson(f"the {what} must be an object", 0)
    unknown = value.members.keys() - known if known is not None else ()
    if unknown:
        raise NotJson(f"unknown element `{min(unknown)}`", value.start)
    return value
