"""What is wrong, risky or needless in a policy, as AWS's ValidatePolicy tells it: the same codes, types and places.

A check is a function that yields notes; it is about the policy, about each of its statements, or about each condition
of these, and stands in the list here that says so. Nothing here decides requests.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iamd.analysis.validation import (
    actions,
    control_policies,
    keys,
    networks,
    operators,
    principals,
    redundancy,
    resources,
    sensitive,
    sizes,
    structure,
    tags,
    trust,
    values,
    variables,
)
from iamd.analysis.validation.catalogue import SENTENCES
from iamd.analysis.validation.finding import Finding, Location, Note, Places
from iamd.analysis.validation.subject import Condition, Statement, Subject
from iamd.analysis.validation.tree import NotJson, read
from iamd.policy import Kind

__all__ = ["Finding", "validate"]

_OF_POLICIES: tuple[Callable[[Subject], Iterator[Note]], ...] = (
    structure.elements,
    structure.version,
    structure.statements,
    structure.sids,
    sizes.length,
    redundancy.statements,
)
_OF_STATEMENTS: tuple[Callable[[Subject, Statement], Iterator[Note]], ...] = (
    structure.effect,
    structure.presence,
    structure.empty_lists,
    principals.presence,
    principals.form,
    principals.wildcards,
    principals.references,
    principals.services,
    principals.federated,
    principals.everyone_else,
    principals.confused_deputies,
    principals.keys_of_identities,
    trust.elements,
    trust.federated,
    trust.actions,
    trust.roles_anywhere,
    trust.redundant_principals,
    trust.web_identities,
    control_policies.service_wildcards,
    control_policies.resource_control,
    actions.exist,
    actions.of_resource,
    sensitive.handing_on,
    resources.arns,
    resources.of_policy,
    keys.spelled_twice,
    operators.exist,
    variables.in_resources,
    variables.elsewhere,
    redundancy.actions,
    redundancy.resources,
)
_OF_CONDITIONS: tuple[Callable[[Subject, Statement, Condition], Iterator[Note]], ...] = (
    structure.empty_values,
    trust.setting_actions,
    trust.github_subjects,
    trust.audiences,
    control_policies.perimeters,
    keys.exist,
    keys.spoofed,
    keys.alone,
    keys.irrelevant,
    keys.attributes,
    keys.never_sent,
    tags.unsupported,
    tags.of_few_services,
    operators.fit_key,
    operators.literal_wildcards,
    operators.idle_wildcards,
    operators.bounds,
    values.types,
    values.mixed,
    values.of_key,
    values.permissive,
    networks.ranges,
    variables.in_conditions,
)


def validate(text: str, kind: Kind, resource_type: str | None = None) -> tuple[Finding, ...]:
    """Every finding about a document, in the order of the places in it.

    `resource_type` is that of ValidatePolicy, such as `AWS::S3::Bucket`, for resource policies. Text that is no JSON
    has one finding.
    """
    places = Places(text)
    try:
        root = read(text)
    except NotJson as error:
        return (_syntax_error(places, str(error), error.offset),)
    subject = Subject(text, root, kind, resource_type)
    notes = list(_notes(subject)) if root.kind == "object" else [structure.no_object(root)]
    notes.sort(key=lambda each: each.nodes[0].start)
    return tuple(Finding(each.code, SENTENCES[each.code].format(**each.fills), places.of(each.nodes)) for each in notes)


def _notes(policy: Subject) -> Iterator[Note]:
    for of_policy in _OF_POLICIES:
        yield from of_policy(policy)
    for statement in policy.statements:
        for of_statement in _OF_STATEMENTS:
            yield from of_statement(policy, statement)
        for condition in statement.conditions:
            for of_condition in _OF_CONDITIONS:
                yield from of_condition(policy, statement, condition)


def _syntax_error(places: Places, reason: str, offset: int) -> Finding:
    place = places.at(offset)
    sentence = SENTENCES["JSON_SYNTAX_ERROR"]
    details = sentence.format(reason=reason, line=place.line, column=place.column, index=offset)
    return Finding("JSON_SYNTAX_ERROR", details, (Location((), place, place),))
