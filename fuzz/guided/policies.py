"""Policies: documents, their values and patterns, against the reference evaluator where it has an answer."""

from __future__ import annotations

import io
import ipaddress
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from fuzz.guided.target import Target, fields, texts
from iamd.analysis.validation import validate
from iamd.cli.evaluate import run as evaluate
from iamd.policy import Kind, MalformedPolicy, parse
from iamd.policy.arns import split
from iamd.policy.operators import OPERATORS
from iamd.policy.parse import quick_document, read_document
from iamd.policy.patterns import is_plain
from iamd.policy.values import address, binary, instant, network, number
from tests.spec import reference

_KINDS = tuple(Kind)
_ALICE = "arn:aws:iam::111122223333:user/alice"
_ACTION, _RESOURCE, _KEY = "s3:GetObject", "arn:aws:s3:::bucket/key", "aws:PrincipalTag/x"
_WORDS = (
    *("Version", "2012-10-17", "2008-10-17", "Id", "Statement", "Sid", "Effect", "Allow", "Deny", "Principal"),
    *("NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition", "AWS", "Service", "Federated"),
    *("CanonicalUser", "s3:*", "iam:GetUser", "${aws:username}", "${*}", "${?}", "${$}", "ForAllValues:", "IfExists"),
    *("ForAnyValue:", "arn:aws:iam::111122223333:root", "arn:aws:s3:::", "\\ud800", "*", "true", "null", "1e400"),
)
_OPERATORS = (*sorted(OPERATORS), "ForAllValues:StringLike", "ForAnyValue:ArnLikeIfExists", "Null", "nullIfExists")


def _document(data: bytes) -> object:
    """Read as one of every kind: the two ways of reading agree, and what may be stored can be evaluated."""
    chosen, text = fields(data, 2)
    kind = _KINDS[(chosen or b"-")[0] % len(_KINDS)]
    try:
        written = text.decode()
    except UnicodeDecodeError:
        return None
    found = [finding.code for finding in validate(written, kind)]
    stored = None
    with suppress(MalformedPolicy):
        stored = parse(written, kind)
    try:
        document = read_document(written, kind)
    except MalformedPolicy as malformed:
        assert stored is None, "it could be stored, and not be evaluated"
        try:
            quick_document(written, kind)
        except MalformedPolicy as again:
            return found, malformed.problems[0], again.problems == malformed.problems
        raise AssertionError("it is refused, and taken when it is read quickly") from None
    quick = quick_document(written, kind)
    assert [each.allow for each in quick.statements] == [each.allow for each in document.statements]
    return found, stored is not None, len(document.statements)


def _decided(request: dict[str, Any], comparable: bool = True) -> str | None:
    """The decision, the same with its reasons and, where `comparable`, by the reference; None for documents that cannot
    be evaluated."""
    answers = []
    for explained in (False, True):
        out = io.StringIO()
        evaluate([json.dumps(request)], out, explained)
        answers.append(json.loads(out.getvalue()))
    if "error" in answers[0]:
        return None
    decision: str = answers[0]["decision"]
    assert decision == answers[1]["decision"], "it decides otherwise when it explains"
    expected = reference.decide(request) if comparable else decision
    assert decision == expected, f"the reference says {expected}"
    return decision


def _asked(statement: dict[str, Any], action: str, resource: str, context: dict[str, Any]) -> dict[str, Any]:
    whole = {"Effect": "Allow", "Action": "*", "Resource": "*", **statement}
    for name in ("Action", "Resource"):
        if f"Not{name}" in whole:
            del whole[name]
    policy = {"name": "p", "document": {"Version": "2012-10-17", "Statement": [whole]}}
    return {
        "principal": _ALICE,
        "action": action,
        "resource": resource,
        "context": context,
        "identityPolicies": [policy],
    }


def _condition(data: bytes) -> object:
    """An operator, what a policy compares with, and what a request brings."""
    chosen, operand, other, value = fields(data, 4)
    operator = _OPERATORS[(chosen or b"0")[0] % len(_OPERATORS)]
    operands = [each.decode("utf-8", "replace") for each in (operand, other) if each]
    brought = value.decode("utf-8", "replace")
    statement = {"Condition": {operator: {_KEY: operands or [""]}}, "Effect": "Deny" if chosen[1:] else "Allow"}
    asked = _asked(statement, _ACTION, _RESOURCE, {_KEY: brought})
    return _decided(asked, comparable=all(_read_alike(operator, text) for text in (*operands, brought)))


def _read_alike(operator: str, text: str) -> bool:
    """Whether the reference, which reads values with Python's library, takes this one for what the engine does."""
    if "Arn" in operator:  # one that is cut short is malformed to the engine, and matches nothing to the reference
        return not text.startswith("arn:") or split(text) is not None
    if "Date" in operator:
        return bool(reference.instant(text) == instant(text))
    if "Numeric" in operator:
        return bool(reference.number(text) == number(text))
    if "Ip" in operator:
        return (reference.address(text) is None) == (address(text) is None)
    return "Binary" not in operator or reference.octets(text) == binary(text)


def _pattern(data: bytes) -> object:
    """A pattern of an action or a resource, and what it is held against."""
    chosen, pattern, value, name = texts(data, 4)
    element = ("Action", "NotAction", "Resource", "NotResource")[len(chosen) % 4]
    is_action = element.endswith("Action")
    # What is asked about is an action or an ARN, as a service names it.
    if any(not " " < each < "\x7f" for each in value) or value.count(":") < (1 if is_action else 5):
        return None
    if not is_action and not (value.startswith("arn:") and pattern.startswith("arn:")):
        return None  # no other can be stored, but for a lone `*`
    if not is_plain(name):
        return None
    asked = (value, _RESOURCE) if is_action else (_ACTION, value)
    return _decided(_asked({element: [pattern]}, *asked, {"aws:username": name} if name else {}))


def _range(data: bytes) -> object:
    """An address and a range, against Python's own reading of them."""
    given, ranged = texts(data, 2)
    found, range_ = address(given), network(ranged)
    if found is None or range_ is None or not range_.clean:
        return found, range_ is None
    plain = ipaddress.ip_address(given.partition("%")[0])
    whole = ipaddress.ip_network(ranged.partition("%")[0], strict=False)
    if isinstance(plain, ipaddress.IPv6Address) and plain.ipv4_mapped is not None:
        plain = plain.ipv4_mapped
    if whole.version == 4 or not ipaddress.ip_network("::ffff:0:0/96").overlaps(whole):
        assert range_.holds(found) == (plain in whole)
    return found, range_.holds(found)


def targets() -> Sequence[Target]:
    """Those of this module."""
    names = tuple(sorted(OPERATORS))
    values = ("2026-01-01T00:00:00Z", "1767225600", "203.0.113.0/24", "2001:db8::/32", "1.5e3", "true", "${aws:x, 'y'}")
    return (
        Target("policy", _document, words=(*_WORDS, *names)),
        Target("condition", _condition, words=(*values, *_WORDS[-16:])),
        Target("pattern", _pattern, words=_WORDS[-16:]),
        Target("range", _range, words=values[2:4]),
    )
