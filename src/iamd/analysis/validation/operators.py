"""Checks of condition operators: whether they exist, and whether they fit their keys and values."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.keys import find
from iamd.analysis.validation.near import nearest
from iamd.analysis.validation.subject import Condition, Statement, Subject
from iamd.policy.operators import FOR_ALL, FOR_ANY, IF_EXISTS, NULL, OPERATORS
from iamd.policy.values import number

_FAMILIES = ("String", "Numeric", "Date", "Bool", "Binary", "Arn", "IpAddress", "NotIpAddress")
# The families of operators that compare keys of a type. Text compares ARNs, too, if less well, and some text (of an
# encryption context, say) is an ARN.
_COMPARE = {
    "String": ("String", "Arn"),
    "ARN": ("Arn", "String"),
    "Bool": ("Bool",),
    "Numeric": ("Numeric",),
    "Date": ("Date",),
    "IPAddress": ("IpAddress", "NotIpAddress"),
}
_BOTH = {"aws:epochtime": ("Date", "Numeric"), "ec2:roledelivery": ("Numeric", "String")}
_LIKE = {
    "StringEquals": "StringLike",
    "StringNotEquals": "StringNotLike",
    "StringEqualsIgnoreCase": "StringLike",
    "StringNotEqualsIgnoreCase": "StringNotLike",
}
_ARN_INSTEAD = {"StringLike": "ArnLike", "StringNotLike": "ArnNotLike"}
_ORDERED = {
    "NumericLessThan": max,
    "NumericLessThanEquals": max,
    "NumericGreaterThan": min,
    "NumericGreaterThanEquals": min,
}


def exist(policy: Subject, statement: Statement) -> Iterator[Note]:
    """Operators that AWS has not."""
    block = statement.node.members.get("Condition")
    known = {condition.operator.text for condition in statement.conditions if condition.name is not None}
    for operator in {} if block is None else block.members:
        if operator in known:
            continue
        qualifier = next((each for each in (FOR_ALL, FOR_ANY) if operator.startswith(each)), "")
        bare = operator.removeprefix(qualifier)
        if bare.removesuffix(IF_EXISTS) == NULL:
            if bare != NULL:
                yield note("NULL_WITH_IF_EXISTS", block.keys[operator])  # type: ignore[union-attr]
            elif qualifier:
                yield note("NULL_WITH_QUALIFIER", block.keys[operator])  # type: ignore[union-attr]
        elif bare.removesuffix(IF_EXISTS) not in OPERATORS:
            hint = nearest(bare.removesuffix(IF_EXISTS), [*OPERATORS, NULL])
            yield note("INVALID_CONDITION_OPERATOR", block.keys[operator], operator=operator, suggestion=hint)  # type: ignore[union-attr]


def family(base: str) -> str:
    """The family of an operator: `String` for `StringNotLike`; empty for Null and what is none."""
    return next((each for each in _FAMILIES if base.startswith(each)), "")


def fit_key(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Operators that compare another type than their key's, or another number of values."""
    key, name = find(condition.key.text), condition.name
    if key is None or name is None or name.base == NULL:
        return
    folded = condition.folded
    fitting = _BOTH.get(folded, _COMPARE.get(key.type))
    if fitting is not None and family(name.base) not in fitting:
        yield note("TYPE_MISMATCH", condition.operator, key=condition.key.text, type=key.type, operator=name.base)
    if key.multivalued and not name.qualifier:
        yield note("MISSING_QUALIFIER", condition.operator, key=condition.key.text, operator=condition.operator.text)
    if not key.multivalued and name.qualifier == FOR_ALL:
        yield note("FORALLVALUES_WITH_SINGLE_VALUED_KEY", condition.key, key=condition.key.text)
    if key.type == "ARN" and name.base in _ARN_INSTEAD and any("*" in node.text for node in condition.values):
        instead = condition.operator.text.replace(name.base, _ARN_INSTEAD[name.base])
        yield note(
            "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
            condition.operator,
            key=condition.key.text,
            operator=name.base,
            instead=instead,
        )


def literal_wildcards(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    if condition.base not in _LIKE:
        return
    for node in condition.values:
        if _wild(node.text):
            instead = _LIKE[condition.base]
            yield note(
                "WILDCARD_WITHOUT_LIKE_OPERATOR", node, value=node.text, operator=condition.base, instead=instead
            )


def _wild(text: str) -> bool:
    plain = text.replace("${*}", "").replace("${?}", "")
    return "*" in plain or "?" in plain


def idle_wildcards(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Conditions that a lone `*` makes always true, or never."""
    name = condition.name
    if name is None or "Like" not in name.base or not any(node.text == "*" for node in condition.values):
        return
    if condition.negated:
        code = "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION"
    elif name.if_exists or name.qualifier == FOR_ALL:
        code = "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION"
    else:
        return
    yield note(code, condition.value, key=condition.key.text)


def bounds(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Several bounds of which one is enough: any of them will do, so the widest decides."""
    if condition.base not in _ORDERED or len(condition.values) < 2:
        return
    numbers: list[Decimal] = [value for node in condition.values if (value := number(node.text)) is not None]
    if len(numbers) == len(condition.values):
        kept = _ORDERED[condition.base](numbers)
        yield note("REDUNDANT_CONDITION_VALUE_NUM", condition.value, operator=condition.base, value=str(kept))
