"""One compiled statement: does it cover this action, this resource, this context?"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .anyof import any_of
from .arns import completed, resource_pattern, split
from .conditions import Check, compile_conditions
from .document import Condition, Principals, Statement
from .memo import Memo, weight
from .operators import by_field, fill_fields, join_fields
from .patterns import Beginning, Matcher, Pattern, beginnings, begins, has_wildcards, mark
from .principals import PrincipalSet
from .text import lower, shared
from .variables import Context, Template, read


class ActionPattern(Matcher):
    """A pattern of actions of several services."""

    __slots__ = ("_name", "_service")

    def __init__(self, service: str, name: str) -> None:
        self._service = Pattern(service)
        self._name = Pattern(name)

    def matches(self, value: str) -> bool:
        service, _, name = value.partition(":")
        return self._service.matches(service) and self._name.matches(name)


class AllBut(Matcher):
    """What another does not match."""

    __slots__ = ("_listed",)

    def __init__(self, listed: Matcher) -> None:
        self._listed = listed

    def matches(self, value: str) -> bool:
        return not self._listed.matches(value)


def compile_actions(actions: Sequence[str], negated: bool) -> Matcher:
    """The action list of a statement, to be matched with a lower-case `service:name`; names and services ignore case.

    A wildcard stays on its side of the colon: `s3:*` covers one service, `*` alone covers all.
    """
    marked = [sys.intern(mark(lower(action))) for action in actions]  # unlike lists share most names
    listed = Beginning("") if "*" in actions else any_of(marked, _action_pattern)
    return AllBut(listed) if negated else listed


def _action_pattern(marked: str) -> Matcher:
    service, _, name = marked.partition(":")
    return ActionPattern(service, name) if has_wildcards(service) else Pattern(marked)


class SpecialResources(Matcher):
    """A list of resources with variables, or of all that the statement is not about.

    `cautious`: an Allow of all but the listed. A variable without a value then counts as listed, so that it cannot
    grant what it was to keep out.
    """

    __slots__ = ("_cautious", "_listed", "_negated", "_templates")

    def __init__(self, listed: Matcher, templates: Sequence[Template], negated: bool, allow: bool) -> None:
        self._listed = listed
        self._negated = negated
        self._cautious = negated and allow
        self._templates = tuple((text, by_field(text)) for text in templates)

    def covers(self, value: str, context: Context, missing: list[str]) -> bool:
        listed = self._listed.matches(value) or self._filled(value, context, missing)
        return listed is not self._negated

    def _filled(self, resource: str, context: Context, missing: list[str]) -> bool:
        """Whether one of the patterns with variables matches."""
        if not self._templates:
            return False
        if self._cautious and any(whole.fill(context, missing) is None for whole, _ in self._templates):
            return True
        fields = split(resource)
        for whole, cut in self._templates:
            if cut is not None and fields is not None:
                if fill_fields(cut, fields, context, missing):
                    return True
                if ":" not in fields[-1]:
                    continue  # there is no colon for a `*` to cross
            filled = whole.fill(context, missing) if cut is None else join_fields(cut, context, missing)
            if filled is not None and _matcher(_whole(filled)).matches(resource):
                return True
        return False


def _resources(statement: Statement, variables: bool) -> Matcher | str | tuple[str, ...] | None:
    """The statement's resources, whose ARNs are compared with their case: None where it is about all, texts where they
    are all that begins with one of them."""
    listed = statement.resources
    spares = statement.spares_resources
    if listed is None or ("*" in listed and not spares):
        return None
    ready = [read(text, wild=True) if variables else mark(text) for text in listed]
    marked = [text for text in ready if isinstance(text, str)]
    templates = [text for text in ready if isinstance(text, Template)]
    found = any_of(list(map(_whole, marked)), _kept_matcher)
    if templates or spares:
        return SpecialResources(found, templates, spares, statement.allow)
    return found.texts if isinstance(found, Beginning) else found


def _whole(marked: str) -> str:
    """Completed, if it is an ARN: some services write others, such as `execute-api:/stage/GET/*`."""
    return completed(marked) if marked.startswith("arn:") else marked


def _matcher(marked: str) -> Matcher:
    return resource_pattern(marked) if marked.startswith("arn:") else Pattern(marked)


def _kept_matcher(marked: str) -> Matcher:
    found = _matcher(marked)
    if isinstance(found, Pattern):
        found.share()
    return found


def _weight_of_conditions(asked: tuple[tuple[Condition, ...], bool, bool, bool]) -> int:
    return sum([weight((each.key, each.values)) for each in asked[0]])


def _weight_of_principals(asked: tuple[Principals]) -> int:
    named = asked[0]
    return weight((named.aws, named.service, named.federated, named.canonical))


# Statements of unlike policies are often about the same actions, and under the same conditions.
_SHARED = 500_000  # characters
_actions = Memo(compile_actions, _SHARED)
_checks = Memo(compile_conditions, _SHARED, _weight_of_conditions)
_principals = Memo(PrincipalSet, _SHARED, _weight_of_principals)


class Rule:
    """A compiled statement."""

    __slots__ = ("_checks", "_resources", "actions", "allow", "index", "principals", "sid")

    def __init__(self, statement: Statement, variables: bool, simulated: bool) -> None:
        self.index = statement.index
        self.sid = None if statement.sid is None else shared(statement.sid)
        self.allow = statement.allow
        self.actions: Matcher = _actions(statement.actions, statement.spares_actions)
        self.principals: PrincipalSet | None = (
            None if statement.principals is None else _principals(statement.principals)
        )
        self._resources = _resources(statement, variables)
        self._checks: tuple[Check, ...] = _checks(statement.conditions, variables, statement.allow, simulated)

    @property
    def free(self) -> bool:
        """Whether it applies to any request for its actions, without a further look."""
        return self._resources is None and not self._checks

    def applies(self, resource: str, context: Context, missing: list[str]) -> bool:
        """Whether a request that the rule's actions (and principals) cover meets its resources and conditions."""
        resources = self._resources
        if isinstance(resources, (str, tuple)):
            if not begins(resource, resources):
                return False
        elif resources is not None and not resources.covers(resource, context, missing):
            return False
        for check in self._checks:  # noqa: SIM110 - a generator would cost more than the checks
            if not check.holds(context, missing):
                return False
        return True

    @property
    def services(self) -> set[str] | None:
        """The services that it can be about, or None when any."""
        actions = self.actions.patterns()
        if actions is None:
            return None
        services = {pattern.partition(":")[0] for pattern in actions}
        return None if any(map(has_wildcards, services)) else services

    def patterns(self) -> list[str] | None:
        """The marked patterns of its resources; None where they do not tell all that it can be about."""
        if isinstance(self._resources, (str, tuple)):
            return beginnings(self._resources)
        return None if self._resources is None else self._resources.patterns()
