"""Condition blocks, compiled: one check for each key of each operator, all of which must hold.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .document import Condition
from .operators import FOR_ALL, NEVER, NO, NULL, OPERATORS, YES, StringTest, Test, operator_name
from .text import lower
from .values import number, truth
from .variables import Context


class Check:
    """What a statement asks of one context key. `holds` notes keys that it looked for in vain."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key

    def holds(self, context: Context, missing: list[str]) -> bool:
        raise NotImplementedError


class ScalarCheck(Check):
    """An operator without a set qualifier: a multivalued key never matches it, negated or not."""

    __slots__ = ("_absent", "_test", "_wanted")

    def __init__(self, key: str, test: Test, wanted: int, absent: bool) -> None:
        super().__init__(key)
        self._test = test
        self._wanted = wanted
        self._absent = absent

    def holds(self, context: Context, missing: list[str]) -> bool:
        value = context.get(self.key)
        if value is None:
            missing.append(self.key)
            return self._absent
        return isinstance(value, str) and self._test.test(value, context, missing) == self._wanted


class EqualCheck(Check):
    """`StringEquals` (`equal`) or `StringNotEquals` with one text: what is asked most, in a form of its own."""

    __slots__ = ("_absent", "_equal", "_text")

    def __init__(self, key: str, text: str, equal: bool, absent: bool) -> None:
        super().__init__(key)
        self._text = text
        self._equal = equal
        self._absent = absent

    def holds(self, context: Context, missing: list[str]) -> bool:
        value = context.get(self.key)
        if value is None:
            missing.append(self.key)
            return self._absent
        return isinstance(value, str) and (value == self._text) is self._equal


class SetCheck(Check):
    """`ForAllValues` and `ForAnyValue`. An absent key, no values and one empty text are all the empty set, which
    `ForAllValues` accepts and `ForAnyValue` does not, whatever `...IfExists` says; `literal`: the empty text is a
    value like any other."""

    __slots__ = ("_every", "_literal", "_test", "_wanted")

    def __init__(self, key: str, test: Test, wanted: int, every: bool, literal: bool) -> None:
        super().__init__(key)
        self._test = test
        self._wanted = wanted
        self._every = every
        self._literal = literal

    def holds(self, context: Context, missing: list[str]) -> bool:
        value = context.get(self.key)
        if value is None:
            missing.append(self.key)
            return self._every
        if (not value or value == ("",)) and (value == () or not self._literal):
            return self._every
        every, test, wanted = self._every, self._test, self._wanted
        for one in (value,) if isinstance(value, str) else value:
            if (test.test(one, context, missing) == wanted) is not every:
                return not every
        return every


class NullCheck(Check):
    """`Null`: `true` asks that the key is absent, `false` that it is there and has a value (`literal`: an empty text
    is one also in a list)."""

    __slots__ = ("_absent", "_nothing", "_present")

    def __init__(self, key: str, operands: Sequence[str], literal: bool) -> None:
        super().__init__(key)
        wanted = set(map(truth, operands))
        self._absent = True in wanted
        self._present = False in wanted
        self._nothing: tuple[tuple[str, ...], ...] = ((),) if literal else ((), ("",))

    def holds(self, context: Context, missing: list[str]) -> bool:
        value = context.get(self.key)
        if value is None:
            missing.append(self.key)
            return self._absent
        return self._absent if value in self._nothing else self._present


class EmptyTest(Test):
    """No operands at all: no value matches them, negated or not.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    """

    __slots__ = ()

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        return NEVER


class BrokenTest(Test):
    """Stands in for operands of the wrong type, which AWS lets into session policies: they cannot grant, and in a
    Deny they count as a match of every value that the operator can read."""

    __slots__ = ("_allow", "_test", "_wanted")

    def __init__(self, test: Test, wanted: int, allow: bool) -> None:
        super().__init__()
        self._test = test
        self._wanted = wanted
        self._allow = allow

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        found = self._test.test(value, context, missing)
        if self._allow:
            return found if self._wanted == YES else NEVER
        return NEVER if found == NEVER else self._wanted


class NumbersOnly(Test):
    """`NumericNotEquals` as the simulator has it: text that is no number matches it as little as `NumericEquals`."""

    __slots__ = ("_test",)

    def __init__(self, test: Test) -> None:
        super().__init__()
        self._test = test

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        return NEVER if number(value) is None else self._test.test(value, context, missing)


def _check(condition: Condition, variables: bool, allow: bool, simulated: bool) -> Check:
    name = operator_name(condition.operator)
    if name is None:
        raise ValueError(f"unknown condition operator `{condition.operator}`")  # the parser lets none through
    key = sys.intern(
        lower(condition.key)
    )  # as those of contexts are, mostly: the same text is found sooner than an equal one
    if name.base == NULL:
        return NullCheck(key, condition.values, simulated)
    operator = OPERATORS[name.base]
    test = operator.build(condition.values, variables) if condition.values else EmptyTest()
    wanted = NO if operator.negated else YES
    if test.broken:
        test = BrokenTest(test, wanted, allow)
    if simulated and name.base == "NumericNotEquals":
        test = NumbersOnly(test)
    if not name.qualifier:
        absent = name.if_exists or (operator.negated and bool(condition.values))
        if isinstance(test, StringTest) and test.only is not None:
            return EqualCheck(key, test.only, not operator.negated, absent)
        return ScalarCheck(key, test, wanted, absent)
    return SetCheck(key, test, wanted, every=name.qualifier == FOR_ALL, literal=simulated)


def compile_conditions(
    conditions: Sequence[Condition], variables: bool, allow: bool, simulated: bool
) -> tuple[Check, ...]:
    """The checks of one statement. `variables`: the document's version knows them; `allow`: the statement's effect;
    `simulated`: values are read as AWS's simulator reads them, which differs from enforcement."""
    return tuple(_check(condition, variables, allow, simulated) for condition in conditions)
