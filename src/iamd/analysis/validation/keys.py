"""Checks of condition keys: whether they exist, and what they are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamd.analysis.validation.actions import matching
from iamd.analysis.validation.finding import Note, note
from iamd.analysis.validation.near import nearest
from iamd.analysis.validation.subject import KEPT, Condition, Statement, Subject
from iamd.policy import Kind
from iamd.policy.memo import remembered
from iamd.reference import condition_keys, services
from iamd.reference.global_keys import GLOBAL_KEYS
from iamd.reference.services import ConditionKey

_FORM = re.compile(r"[^:\s]+:\S.*", re.DOTALL)
_GLOBAL = frozenset(key.name.lower() for key in GLOBAL_KEYS)
_RETIRED = "aws:arn"
_SPOOFED = frozenset({"aws:useragent", "aws:referer"})
_OF_RESOURCES = frozenset({"s3:resourceaccount", "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"})
# Keys that say too little alone, with those of which one has to stand beside them.
_PAIRS = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
    "saml:sub": ("saml:namequalifier", "saml:iss"),
}


@remembered(KEPT)
def find(name: str) -> ConditionKey | None:
    """The key of that name, in any case; None where AWS has none."""
    return condition_keys.find(name)


def _is_claim(prefix: str) -> bool:
    """Whether a key's prefix is the address of an identity provider, whose claims are in no list."""
    return "." in prefix or "/" in prefix


def exist(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    text, folded = condition.key.text, condition.folded
    prefix = folded.partition(":")[0]
    if not _FORM.fullmatch(text):
        yield note("INVALID_CONDITION_KEY_FORMAT", condition.key, key=text)
    elif folded == _RETIRED:
        yield note("UNSUPPORTED_GLOBAL_CONDITION_KEY", condition.key)
        yield note("DEPRECATED_GLOBAL_CONDITION_KEY", condition.key)
    elif find(text) is None and not _is_claim(prefix):
        if find(f"{text.rstrip('/')}/x") is not None:
            yield note("MISSING_TAG_KEY_IN_CONDITION", condition.key, key=text.rstrip("/"))
        elif prefix == "aws":
            hint = nearest(text, [key.name for key in GLOBAL_KEYS])
            yield note("INVALID_GLOBAL_CONDITION_KEY", condition.key, key=text, suggestion=hint)
        else:
            service = services.get(prefix)
            known = [] if service is None else [key.name for key in service.condition_keys.values()]
            yield note("INVALID_SERVICE_CONDITION_KEY", condition.key, key=text, suggestion=nearest(text, known))


def spelled_twice(policy: Subject, statement: Statement) -> Iterator[Note]:
    seen: dict[tuple[str, str], Condition] = {}
    for condition in statement.conditions:
        first = seen.setdefault((condition.operator.text, condition.folded), condition)
        if first is not condition:
            yield note("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", first.key, condition.key, key=condition.key.text)


def spoofed(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    if condition.folded in _SPOOFED:
        yield note("UNTRUSTWORTHY_CONDITION_KEY", condition.key, key=condition.key.text)


def alone(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    partners = _PAIRS.get(condition.folded)
    if partners is None or not statement.allows or condition.base == "Null":
        return
    if not statement.condition_keys() & {partner.lower() for partner in partners}:
        listed = " or ".join(partners)
        yield note("MISSING_PAIRED_CONDITION_KEYS", condition.key, key=condition.key.text, others=listed)


def irrelevant(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    if policy.kind is Kind.RESOURCE and condition.folded in _OF_RESOURCES:
        yield note("IRRELEVANT_CONDITION_KEY_IN_POLICY", condition.key, key=condition.key.text)


def attributes(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    if condition.folded != "dynamodb:attributes" or not statement.allows:
        return
    selects = [each for each in statement.conditions if each.folded == "dynamodb:select"]
    if not any(node.text == "SPECIFIC_ATTRIBUTES" for each in selects for node in each.values):
        yield note("DYNAMODB_ATTRIBUTES_WITHOUT_SELECT", condition.key)


def never_sent(policy: Subject, statement: Statement, condition: Condition) -> Iterator[Note]:
    """Actions, told by their full names, whose requests never have a key of some service."""
    key = find(condition.key.text)
    if key is None or statement.not_action or key.name.lower() in _GLOBAL or condition.base == "Null":
        return
    without = []
    for node in statement.actions:
        known = matching(node.text.lower()) if "*" not in node.text and "?" not in node.text else ()
        if known and not sends(known[0].service, known[0].name.lower(), key.name):
            without.append(node)
    if without:
        listed = ", ".join(node.text for node in without)
        yield note("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", *without, key=condition.key.text, actions=listed)


@remembered(KEPT)
def sends(prefix: str, name: str, key: str) -> bool:
    """Whether requests of an action (by prefix and lower-case name) can have a key (by its name in the reference)."""
    service = services.get(prefix)
    if service is None:
        return False
    action = service.actions[name]
    names = {own.lower() for own in action.condition_keys}
    for resource in action.resource_types:
        names.update(own.lower() for own in resource.condition_keys)
        type_ = service.resource_types.get(resource.name.lower())
        names.update(own.lower() for own in ([] if type_ is None else type_.condition_keys))
    start, hole, _ = key.lower().partition("${")
    return any(own.startswith(start) for own in names) if hole else start in names
