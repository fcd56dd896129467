"""`--query`: a JMESPath expression, of bounded work. https://jmespath.org/specification.html"""

from __future__ import annotations

from typing import Any

import jmespath
from jmespath import visitor
from jmespath.exceptions import JMESPathError

from iamd.console.terminal.problems import FAILED, Problem

_LONGEST = 4_096  # characters of an expression
_WIDEST = 64  # parts of one step of it
_MOST = 300_000  # items and characters that its steps may make together
_NESTING = frozenset({"multi_select_list", "multi_select_dict", "literal"})
_FAULTS = (
    JMESPathError,
    ArithmeticError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)  # the last ones are leaks


def weight(value: Any, most: int) -> int:
    """How many values and characters a value has when it is written out, or a number above `most`."""
    total, waiting = 0, [value]
    while waiting and total <= most:
        each = waiting.pop()
        total += 1
        if isinstance(each, str):
            total += len(each)
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
    return total


class Query:
    """An expression; raises Problem for what is none, when it is made."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise Problem(f"Bad value for --query: it may have {_LONGEST} characters.")
        try:
            self._parsed = jmespath.compile(text).parsed
        except _FAULTS as error:
            raise Problem(f"Bad value for --query {text}: {error}") from None

    def of(self, value: Any) -> Any:
        """What it selects of a value. Raises Problem."""
        try:
            return _Bounded().visit(self._parsed, value)
        except _FAULTS as error:
            raise Problem(f"Bad value for --query: {error}", FAILED) from None


class _Bounded(visitor.TreeInterpreter):  # type: ignore[misc]
    """Counts what the steps of an expression make: a few characters can double a list again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._left = _MOST

    def visit(self, node: dict[str, Any], *given: Any, **more: Any) -> Any:
        if len(node.get("children", ())) > _WIDEST:
            raise Problem(f"Bad value for --query: a step of it may have {_WIDEST} parts.")
        made = super().visit(node, *given, **more)
        if node["type"] in _NESTING:  # where the same can be told twice, and that twice again
            self._count(weight(made, self._left))
        else:
            self._count(len(made) + 1 if isinstance(made, list | dict | str) else 1)
        return made

    def visit_function_expression(self, node: dict[str, Any], value: Any) -> Any:
        """As the library does it, but for what is counted before it is made: texts joined by a long one."""
        expression = super().visit_expref
        given = [(expression if each["type"] == "expref" else self.visit)(each, value) for each in node["children"]]
        match node["value"], given:
            case "join", [str(between), list(texts)]:
                self._count(len(between) * len(texts))
        return self._functions.call_function(node["value"], given)

    def visit_expref(self, node: dict[str, Any], value: Any) -> Any:
        """An expression is no value: functions take it, and nothing shows it."""
        raise Problem("Bad value for --query: & stands before an argument of a function.", FAILED)

    def _count(self, made: int) -> None:
        self._left -= made
        if self._left < 0:
            raise Problem("The --query makes too much of the answer: select less.", FAILED)
