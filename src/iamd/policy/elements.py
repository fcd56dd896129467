"""A statement taken apart: which of its elements a request does not meet, and what was expected instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from .compiled import Policy
from .document import Condition, Document, Principals, Statement
from .evaluate import Case
from .patterns import ANY, MANY, Pattern, mark
from .principals import NOBODY
from .statement import Rule
from .text import lower
from .variables import Context, Template, read

_UNMARKED = str.maketrans({ANY: "?", MANY: "*"})


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a statement beside the request's value for it.

    `name` is `Principal`, `Action`, `Resource`, their `Not` forms, or `Condition`, which has `operator` and `key`.
    `expected` is as written; `filled` the same with the request's values in the place of variables, where that makes a
    difference. `actual` is the request's: None when it does not have the key, a tuple when it has several values.
    """

    name: str
    expected: tuple[str, ...]
    actual: str | tuple[str, ...] | None
    operator: str = ""
    key: str = ""
    filled: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Plain values: element, operator and key for a condition, expected, filled where it differs, actual."""
        shown: dict[str, object] = {"element": self.name}
        if self.operator:
            shown |= {"operator": self.operator, "key": self.key}
        shown["expected"] = list(self.expected)
        if self.filled:
            shown["filled"] = list(self.filled)
        shown["actual"] = list(self.actual) if isinstance(self.actual, tuple) else self.actual
        return shown


@dataclass(frozen=True, slots=True)
class Cited:
    """A statement where it is written: policy, place (from 0), Sid, the line of its text (from 1)."""

    policy: str
    index: int
    sid: str | None
    line: int
    document: Document = field(repr=False, compare=False)

    def to_json(self) -> dict[str, object]:
        return {"policy": self.policy, "index": self.index, "sid": self.sid, "line": self.line}


def cite(policy: str, document: Document, index: int) -> Cited:
    """The statement of that place in a document of that name."""
    statement = document.statements[index]
    return Cited(policy, index, statement.sid, _line(document, statement), document)


def _line(document: Document, statement: Statement) -> int:
    """The line of the statement's brace. (Its `start` is where AWS sees it: right behind what comes before it.)"""
    lines = _lines(document.text)
    line, column = statement.start.line, statement.start.column
    if lines[line - 1][column - 2 : column - 1] == "{":  # a lone statement, whose `start` is behind its own brace
        return line
    while line < len(lines) and not lines[line - 1][column - 1 :].strip():
        line, column = line + 1, 1
    return line


@lru_cache(8)
def _lines(text: str) -> list[str]:
    return text.split("\n")


def failed(case: Case, policy: Policy, statement: Statement, admits: bool) -> tuple[Element, ...]:
    """The elements of an Allow statement that the request does not meet. `admits`: as `PrincipalSet.grants` has it."""
    rule, variables = policy.rules[statement.index], policy.document.has_variables
    found: list[Element] = []
    if rule.principals is not None and rule.principals.grants(case.who, admits) == NOBODY:
        found.append(_principal(statement.principals or Principals(), case.who.arn))
    if not rule.actions.matches(case.plan.action):
        found.append(Element(_named("Action", statement.not_action), statement.actions, case.request.action))
    if rule.applies(case.resource, case.context, []):
        return tuple(found)
    if not _holds(case, replace(statement, conditions=()), variables):
        filled = _filled(statement.resources or (), case.context, True) if variables else ()
        name = _named("Resource", statement.not_resource)
        found.append(Element(name, statement.resources or (), case.resource, filled=filled))
    free = replace(statement, resources=None, not_resource=False)
    unmet = [each for each in statement.conditions if not _holds(case, replace(free, conditions=(each,)), variables)]
    found += [condition(each, case.context, variables) for each in unmet]
    return tuple(found)


def condition(written: Condition, context: Context, variables: bool) -> Element:
    """A condition beside the request's value of its key."""
    filled = _filled(written.values, context, "Like" in written.operator) if variables else ()
    actual = context.get(lower(written.key))
    return Element("Condition", written.values, actual, written.operator, written.key, filled)


def concerns(statement: Statement, action: str) -> bool:
    """Whether a statement is about the service of a (lower-case) action at all."""
    service = action.partition(":")[0]
    return statement.not_action or any(
        pattern == "*" or Pattern(mark(lower(pattern).partition(":")[0])).matches(service)
        for pattern in statement.actions
    )


def _holds(case: Case, statement: Statement, variables: bool) -> bool:
    return Rule(statement, variables, simulated=False).applies(case.resource, case.context, [])


def _named(name: str, negated: bool) -> str:
    return "Not" + name if negated else name


def _principal(element: Principals, caller: str) -> Element:
    everyone = ("*",) if element.everyone else ()
    named = (*everyone, *element.aws, *element.service, *element.federated, *element.canonical)
    return Element(_named("Principal", element.negated), named, caller)


def _filled(texts: Sequence[str], context: Context, wild: bool) -> tuple[str, ...]:
    """The texts with variables replaced, those without a value left as they are; none when nothing is replaced."""
    ready = [read(text, wild) for text in texts]
    if not any(isinstance(text, Template) for text in ready):
        return ()
    made = [text.fill(context, []) if isinstance(text, Template) else text for text in ready]
    shown = tuple(
        written if text is None else text.translate(_UNMARKED) for written, text in zip(texts, made, strict=True)
    )
    return () if shown == tuple(texts) else shown
