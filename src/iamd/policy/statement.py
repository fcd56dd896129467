"""One compiled statement: does it cover this action, this resource, this context?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache

from .anyof import AnyOf
from .arns import completed, resource_pattern, split
from .conditions import Check, compile_conditions
from .document import Statement
from .operators import by_field, fill_fields, join_fields
from .patterns import Matcher, Pattern, has_wildcards, mark
from .principals import PrincipalSet
from .text import lower
from .variables import Context, Template, read


class Actions(AnyOf):
    """The action list of a statement; names and services ignore case.

    A wildcard stays on its side of the colon: `s3:*` covers one service, `*` alone covers all.
    """

    __slots__ = ("_everything", "_negated", "_pairs", "services")

    def __init__(self, actions: Sequence[str], negated: bool) -> None:
        self._negated = negated
        self._everything = "*" in actions
        marked = [mark(lower(action)) for action in actions if action != "*"]
        services = {sys.intern(text.partition(":")[0]) for text in marked}
        pairs = [text.split(":", 1) for text in marked if has_wildcards(text.partition(":")[0])]
        self._pairs = tuple((Pattern(service), Pattern(name)) for service, name in pairs)
        super().__init__(text for text in marked if not has_wildcards(text.partition(":")[0]))
        # the services that the statement can be about, or None when any
        self.services = None if negated or self._everything or pairs else tuple(services)

    def cover(self, action: str) -> bool:
        """Whether a lower-case `service:name` is covered."""
        return self._listed(action) is not self._negated

    def _listed(self, action: str) -> bool:
        if self._everything or self.matches(action):
            return True
        if not self._pairs:
            return False
        service, _, name = action.partition(":")
        return any(left.matches(service) and right.matches(name) for left, right in self._pairs)


class Resources(AnyOf):
    """The resource list of a statement; ARNs are compared with their case."""

    __slots__ = ()

    def __init__(self, marked: Sequence[str]) -> None:
        super().__init__(map(_whole, marked), _matcher)

    def cover(self, resource: str, context: Context, missing: list[str]) -> bool:
        """Whether the statement is about the resource (`*` where the action has none)."""
        return self.matches(resource)


class SpecialResources(Resources):
    """A list with variables, or of all that the statement is not about.

    `cautious`: an Allow of all but the listed. A variable without a value then counts as listed, so that it cannot
    grant what it was to keep out.
    """

    __slots__ = ("_cautious", "_negated", "_templates")

    def __init__(self, marked: Sequence[str], templates: Sequence[Template], negated: bool, allow: bool) -> None:
        super().__init__(marked)
        self._negated = negated
        self._cautious = negated and allow
        self._templates = tuple((text, by_field(text)) for text in templates)

    def cover(self, resource: str, context: Context, missing: list[str]) -> bool:
        listed = self.matches(resource) or self._filled(resource, context, missing)
        return listed is not self._negated

    def _filled(self, resource: str, context: Context, missing: list[str]) -> bool:
        """Whether one of the patterns with variables matches."""
        if not self._templates:
            return False
        if self._cautious and any(whole.fill(context, missing) is None for whole, _ in self._templates):
            return True
        fields = split(resource)
        if fields is None:
            return False
        for whole, cut in self._templates:
            if cut is not None and fill_fields(cut, fields, context, missing):
                return True
            if cut is not None and ":" not in fields[-1]:
                continue  # there is no colon for a `*` to cross
            filled = whole.fill(context, missing) if cut is None else join_fields(cut, context, missing)
            if filled is not None and resource_pattern(completed(filled)).matches(resource):
                return True
        return False

    def patterns(self) -> list[str] | None:
        return None


def _resources(statement: Statement, variables: bool) -> Resources | None:
    """The statement's resources; None where it is about all."""
    listed = statement.resources
    if listed is None or ("*" in listed and not statement.not_resource):
        return None
    ready = [read(text, wild=True) if variables else mark(text) for text in listed]
    marked = [text for text in ready if isinstance(text, str)]
    templates = [text for text in ready if isinstance(text, Template)]
    if not templates and not statement.not_resource:
        return Resources(marked)
    return SpecialResources(marked, templates, statement.not_resource, statement.allow)


def _whole(marked: str) -> str:
    """Completed, if it is an ARN: some services write others, such as `execute-api:/stage/GET/*`."""
    return completed(marked) if marked.startswith("arn:") else marked


def _matcher(marked: str) -> Matcher:
    return resource_pattern(marked) if marked.startswith("arn:") else Pattern(marked)


# Statements of unlike policies are often about the same actions, and under the same conditions.
_SHARED = 4096
_actions = lru_cache(_SHARED)(Actions)
_checks = lru_cache(_SHARED)(compile_conditions)


class Rule:
    """A compiled statement."""

    __slots__ = ("_checks", "_resources", "actions", "allow", "index", "principals", "sid")

    def __init__(self, statement: Statement, variables: bool, simulated: bool) -> None:
        self.index = statement.index
        self.sid = statement.sid
        self.allow = statement.allow
        self.actions: Actions = _actions(statement.actions, statement.not_action)
        self.principals = None if statement.principals is None else PrincipalSet(statement.principals)
        self._resources = _resources(statement, variables)
        self._checks: tuple[Check, ...] = _checks(statement.conditions, variables, statement.allow, simulated)

    @property
    def free(self) -> bool:
        """Whether it applies to any request for its actions, without a further look."""
        return self._resources is None and not self._checks

    def applies(self, resource: str, context: Context, missing: list[str]) -> bool:
        """Whether a request that the rule's actions (and principals) cover meets its resources and conditions."""
        if self._resources is not None and not self._resources.cover(resource, context, missing):
            return False
        for check in self._checks:  # noqa: SIM110 - a generator would cost more than the checks
            if not check.holds(context, missing):
                return False
        return True

    def patterns(self) -> list[str] | None:
        """The marked patterns of its resources; None where they do not tell all that it can be about."""
        return None if self._resources is None else self._resources.patterns()
