"""One compiled statement: does it cover this action, this resource, this context?"""

from __future__ import annotations

from collections.abc import Sequence

from .arns import SpanningPattern, completed, resource_pattern, split
from .conditions import compile_conditions
from .document import Statement
from .operators import by_field, fill_fields, join_fields
from .patterns import MANY, Pattern, has_wildcards, mark
from .principals import PrincipalSet
from .text import lower
from .variables import Context, Template, read


class Actions:
    """The action list of a statement; names and services ignore case.

    A wildcard stays on its side of the colon: `s3:*` covers one service, `*` alone covers all.
    """

    __slots__ = ("_exact", "_patterns", "everything", "negated", "services")

    def __init__(self, actions: Sequence[str], negated: bool) -> None:
        self.negated = negated
        self.everything = "*" in actions
        marked = [mark(lower(action)) for action in actions if action != "*"]
        self._exact = frozenset(text for text in marked if not has_wildcards(text))
        pairs = [text.split(":", 1) for text in marked if has_wildcards(text)]
        self._patterns = tuple((Pattern(service), Pattern(name)) for service, name in pairs)
        # the services that the statement can be about, or None when any
        named = {text.partition(":")[0] for text in marked}
        self.services = None if negated or self.everything or any(map(has_wildcards, named)) else frozenset(named)

    def cover(self, action: str) -> bool:
        """Whether a lower-case `service:name` is covered."""
        return self._listed(action) is not self.negated

    def _listed(self, action: str) -> bool:
        if self.everything or action in self._exact:
            return True
        service, _, name = action.partition(":")
        return any(left.matches(service) and right.matches(name) for left, right in self._patterns)


class Resources:
    """The resource list of a statement; ARNs are compared with their case.

    `cautious`: an Allow of all but the listed. A variable without a value then counts as listed, so that it cannot
    grant what it was to keep out.
    """

    __slots__ = (
        "_cautious",
        "_everything",
        "_exact",
        "_negated",
        "_prefixes",
        "_templates",
        "_texts",
        "free",
    )

    def __init__(self, resources: Sequence[str] | None, negated: bool, variables: bool, allow: bool) -> None:
        self._negated = negated
        self._cautious = negated and allow
        self._everything = resources is None or "*" in resources
        self.free = self._everything and not negated
        ready = [read(text, wild=True) if variables else mark(text) for text in resources or () if text != "*"]
        self._exact: set[str] = set()
        prefixes: list[str] = []
        texts: list[
            Pattern | SpanningPattern
        ] = []  # among them what some services write for ARNs, such as `execute-api:/stage/GET/*`
        for text in ready:
            if isinstance(text, Template):
                continue
            if not text.startswith("arn:"):
                texts.append(Pattern(text))
                continue
            whole = completed(text)
            head = whole[:-1]
            if not has_wildcards(whole):
                self._exact.add(whole)
            elif whole[-1] == MANY and not has_wildcards(head):
                prefixes.append(head)
            else:
                texts.append(resource_pattern(whole))
        self._prefixes = tuple(prefixes)
        self._texts = tuple(texts)
        self._templates = tuple((text, by_field(text)) for text in ready if isinstance(text, Template))

    def cover(self, resource: str, context: Context, missing: list[str]) -> bool:
        """Whether the statement is about the resource (`*` where the action has none)."""
        if resource in self._exact or resource.startswith(self._prefixes):
            return not self._negated
        return self._listed(resource, context, missing) is not self._negated

    def _listed(self, resource: str, context: Context, missing: list[str]) -> bool:
        if self._everything:
            return True
        for text in self._texts:
            if text.matches(resource):
                return True
        if self._cautious and any(whole.fill(context, missing) is None for whole, _ in self._templates):
            return True
        fields = split(resource) if self._templates else None
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


class Rule:
    """A compiled statement. `free`: it applies to any request for its actions, without a further look."""

    __slots__ = ("_checks", "_resources", "actions", "allow", "free", "index", "principals", "sid", "statement")

    def __init__(self, statement: Statement, variables: bool, simulated: bool = False) -> None:
        self.statement = statement
        self.index = statement.index
        self.sid = statement.sid
        self.allow = statement.allow
        self.actions = Actions(statement.actions, statement.not_action)
        self.principals = None if statement.principals is None else PrincipalSet(statement.principals)
        self._resources = Resources(statement.resources, statement.not_resource, variables, statement.allow)
        self._checks = compile_conditions(statement.conditions, variables, statement.allow, simulated)
        self.free = self._resources.free and not self._checks

    def applies(self, resource: str, context: Context, missing: list[str]) -> bool:
        """Whether a request that the rule's actions (and principals) cover meets its resources and conditions."""
        if self.free:
            return True
        if not self._resources.free and not self._resources.cover(resource, context, missing):
            return False
        for check in self._checks:  # noqa: SIM110 - a generator would cost more than the checks
            if not check.holds(context, missing):
                return False
        return True
