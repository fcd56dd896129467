"""Checks of the values of conditions, by the type of their operator and by what their key holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.keys import find
from iamd.analysis.validation.operators import family
from iamd.analysis.validation.subject import Condition, Statement, Subject
from iamd.policy.operators import NULL
from iamd.policy.values import binary, instant, number
from iamd.reference import regions

_VPC = re.compile(r"vpc-(?:[0-9a-z]{8}|[0-9a-z]{17})")
_VPCE = re.compile(r"vpce-(?:[0-9a-z]{8}|[0-9a-z]{17})")
_KMS_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/\S+")
_KMS_KEYS = frozenset({"s3:x-amz-server-side-encryption-aws-kms-key-id", "secretsmanager:kmskeyarn"})
_EPOCH = re.compile(r"[0-9]{5,}(?:\.[0-9]+)?")
_WHOLE = re.compile(r"\$\{([^},]+)\}")
_LEAST = 6  # characters before a wildcard or variable in `aws:userid`


def types(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Values that are not of the operator's type."""
    kind = family(condition.base)
    for node in condition.values:
        if "${" in node.text:
            continue
        if (kind == "Bool" or condition.base == NULL) and node.text.lower() not in ("true", "false"):
            yield note("TYPE_MISMATCH_BOOLEAN", node, value=node.text)
        elif kind == "Numeric" and number(node.text) is None:
            yield note("TYPE_MISMATCH_NUMBER", node, value=node.text)
        elif kind == "Date" and instant(node.text) is None:
            yield note("TYPE_MISMATCH_DATE", node, value=node.text)
        elif kind == "Date" and _EPOCH.fullmatch(node.text) and condition.folded != "aws:epochtime":
            yield note("INVALID_DATE_VALUE", node, value=node.text)
        elif kind == "Binary" and binary(node.text) is None:
            yield note("TYPE_MISMATCH_STRING", node, value=node.text, operator=condition.base)


def mixed(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Lists of several JSON types, and several truth values of one key."""
    if len({node.kind for node in condition.values}) > 1:
        yield note("INVALID_CONDITION_DATA_TYPE", condition.value, key=condition.key.text)
    if family(condition.base) == "Bool" and len(condition.values) > 1:
        yield note("INVALID_CONDITION_MULTIPLE_BOOLEAN", condition.value, key=condition.key.text)


def of_key(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Values that a key never has."""
    if condition.base == NULL:
        return
    for node in condition.values:
        text = node.text
        if "*" in text or "?" in text or "${" in text:
            continue
        if condition.folded == "aws:requestedregion" and not _is_region(text):
            yield note("INVALID_REGION", node, region=text)
        elif condition.folded == "aws:sourcevpc" and not _VPC.fullmatch(text):
            yield note("INVALID_VPC_FORMAT", node, value=text)
        elif condition.folded == "aws:sourcevpce" and not _VPCE.fullmatch(text):
            yield note("INVALID_VPCE_FORMAT", node, value=text)
        elif condition.folded in _KMS_KEYS and not _KMS_KEY.fullmatch(text):
            yield note("INVALID_KMS_KEY_VALUE", node, key=condition.key.text)


def _is_region(text: str) -> bool:
    return any(text in known for known in regions.by_partition().values())


def permissive(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Wildcards and variables in keys that bound who comes in."""
    key = find(condition.key.text)
    if key is None or not (key.sensitive or condition.folded == "aws:userid"):
        return
    for node in condition.values:
        variable = _WHOLE.fullmatch(node.text)
        if variable is not None and (named := find(variable[1])) is not None and named.sensitive:
            continue  # the same account, organization or network: nothing that a caller could choose
        found = [("VARIABLE", node.text.find("${"))] if "String" in condition.base else []
        if "Like" in condition.base:
            found.append(("WILDCARD", min((at for at in map(node.text.find, "*?") if at >= 0), default=-1)))
        for what, at in found:
            advice = _advice(key.sensitive, node.text, at)
            if advice:
                yield note(f"{what}_USAGE_TOO_PERMISSIVE", node, key=condition.key.text, advice=advice)


def _advice(sensitive: bool, text: str, at: int) -> str:
    """What to do about a wildcard or variable at that place; nothing where it does no harm."""
    if at < 0:
        return ""
    if sensitive:
        return "Write the whole value."
    if ":" in text[at:]:
        return "Write the whole ID before the colon."
    return f"Put at least {_LEAST} characters before it." if at < _LEAST else ""
