"""The condition operators, one row each.

A test answers for one request value: YES (some operand of the policy matches), NO, or NEVER (the value is no ARN or
address at all, which matches neither the operator nor its negation). Negation, `...IfExists`, `Null` and the set
qualifiers are the business of `conditions`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from . import values as typed
from .anyof import any_of, kept
from .arns import FIELDS, ArnPattern, matches_fields, split
from .index import FEW, Index
from .patterns import MANY, has_wildcards, mark, matches
from .text import lower
from .variables import Context, Template, Variable, read

YES = 1
NO = 0
NEVER = -1


class Test:
    """The operands of one key under one operator. `broken`: one of them is not of the operator's type."""

    __slots__ = ("broken",)
    __test__ = False

    def __init__(self) -> None:
        self.broken = False

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        raise NotImplementedError


class StringTest(Test):
    """Equality, of lower-cased texts when `fold` (lower-casing knows context, as a final sigma)."""

    __slots__ = ("_fold", "_templates", "_texts")

    def __init__(self, operands: Sequence[str], variables: bool, fold: bool) -> None:
        super().__init__()
        ready = [read(text, wild=False) if variables else text for text in operands]
        self._fold = fold
        self._texts = kept(lower(text) if fold else text for text in ready if isinstance(text, str))
        self._templates = tuple(text for text in ready if isinstance(text, Template))

    @property
    def only(self) -> str | None:
        """The text that alone is equal, letter for letter, if that is all there is to it."""
        return (
            self._texts[0]
            if isinstance(self._texts, tuple) and len(self._texts) == 1 and not (self._fold or self._templates)
            else None
        )

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        if self._fold:
            value = lower(value)
        if value in self._texts:
            return YES
        for template in self._templates:
            text = template.fill(context, missing)
            if text is not None and (lower(text) if self._fold else text) == value:
                return YES
        return NO


class LikeTest(Test):
    """Wildcard matching over the whole text."""

    __slots__ = ("_patterns", "_templates")

    def __init__(self, operands: Sequence[str], variables: bool) -> None:
        super().__init__()
        ready = [read(text, wild=True) if variables else mark(text) for text in operands]
        self._patterns = any_of([text for text in ready if isinstance(text, str)])
        self._templates = tuple(text for text in ready if isinstance(text, Template))

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        if self._patterns.matches(value):
            return YES
        for template in self._templates:
            text = template.fill(context, missing)
            if text is not None and matches(text, value):
                return YES
        return NO


def by_field(template: Template) -> tuple[Template, ...] | None:
    """A template cut at its own first five colons, so that a colon in a value cannot shift fields; None if it has
    fewer."""
    fields: list[list[str | Variable]] = [[]]
    for part in template.parts:
        if isinstance(part, Variable):
            fields[-1].append(part)
            continue
        texts = part.split(":", FIELDS - len(fields))
        fields[-1].append(texts[0])
        fields.extend([text] for text in texts[1:])
    return tuple(Template(tuple(field)) for field in fields) if len(fields) == FIELDS else None


def fill_fields(fields: tuple[Template, ...], arn: list[str], context: Context, missing: list[str]) -> bool:
    """Whether a template cut into fields matches an ARN's fields."""
    for field, text in zip(fields, arn, strict=True):
        marked = field.fill(context, missing)
        if marked is None or not matches(marked, text):
            return False
    return True


def join_fields(fields: tuple[Template, ...], context: Context, missing: list[str]) -> str | None:
    """A template cut into fields, filled; None where a variable has no value, or has a colon and would shift fields."""
    filled = [field.fill(context, missing) for field in fields]
    texts = [text for text in filled if text is not None]
    return ":".join(texts) if len(texts) == FIELDS and not any(":" in text for text in texts[:-1]) else None


class ArnTest(Test):
    """Six fields, each a pattern. A lone `*` is every ARN."""

    __slots__ = ("_every", "_exact", "_index", "_patterns", "_templates")

    def __init__(self, operands: Sequence[str], variables: bool) -> None:
        super().__init__()
        ready = [read(text, wild=True) if variables else mark(text) for text in operands]
        marked = [text for text in ready if isinstance(text, str)]
        sound = [text for text in marked if split(text) is not None]
        self._every = MANY in marked
        self.broken = len(sound) + marked.count(MANY) != len(marked)
        self._exact = kept(text for text in sound if not has_wildcards(text))
        wild = [text for text in sound if has_wildcards(text)]
        self._patterns = tuple(map(ArnPattern, wild))
        self._index = Index([text] for text in wild) if len(wild) > FEW else None
        self._templates = tuple((text, by_field(text)) for text in ready if isinstance(text, Template))

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        fields = split(value)
        if fields is None:
            return NEVER
        if self._every or value in self._exact:
            return YES
        patterns = self._patterns if self._index is None else [self._patterns[at] for at in self._index.near(value)]
        for pattern in patterns:
            if pattern.matches(fields):
                return YES
        for whole, cut in self._templates:
            if cut is not None:
                if fill_fields(cut, fields, context, missing):
                    return YES
                continue
            text = whole.fill(context, missing)
            if text is not None and split(text) is not None and matches_fields(text, fields):
                return YES
        return NO


Comparable = Decimal | int  # a number or an instant
Reader = Callable[[str], Comparable | None]


class EqualTest(Test):
    """Equality of numbers or instants; text that is neither is unequal to everything."""

    __slots__ = ("_operands", "_read")

    def __init__(self, operands: Sequence[str], read_: Reader) -> None:
        super().__init__()
        ready = list(map(read_, operands))
        self._read = read_
        self._operands = kept(operand for operand in ready if operand is not None)
        self.broken = None in ready

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        found = self._read(value)
        return YES if found is not None and found in self._operands else NO


class OrderTest(Test):
    """A comparison of numbers or instants, of which text that is neither meets none. One operand is enough to know:
    what is less than any of them is less than the greatest."""

    __slots__ = ("_bound", "_compare", "_read")

    def __init__(
        self,
        operands: Sequence[str],
        read_: Reader,
        compare: Callable[[Comparable, Comparable], bool],
        easiest: Callable[[Sequence[Comparable]], Comparable],
    ) -> None:
        super().__init__()
        ready = list(map(read_, operands))
        sound = [operand for operand in ready if operand is not None]
        self._read = read_
        self._compare = compare
        self._bound = easiest(sound) if sound else None
        self.broken = None in ready

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        found, bound = self._read(value), self._bound
        return YES if found is not None and bound is not None and self._compare(found, bound) else NO


class BoolTest(Test):
    __slots__ = ("_wanted",)

    def __init__(self, operands: Sequence[str]) -> None:
        super().__init__()
        self._wanted = kept(map(typed.truth, operands))

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        return YES if typed.truth(value) in self._wanted else NO


class BinaryTest(Test):
    __slots__ = ("_wanted",)

    def __init__(self, operands: Sequence[str]) -> None:
        super().__init__()
        ready = list(map(typed.binary, operands))
        self._wanted = kept(operand for operand in ready if operand is not None)
        self.broken = None in ready

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        return YES if typed.binary(value) in self._wanted else NO


class AddressTest(Test):
    """Ranges, by family and length: an address is looked for once a length, however many ranges there are."""

    __slots__ = ("_networks",)

    def __init__(self, operands: Sequence[str]) -> None:
        super().__init__()
        ready = list(map(typed.network, operands))
        networks: dict[tuple[int, int], set[int]] = {}
        for operand in ready:
            if operand is not None:
                networks.setdefault((operand.bits, operand.host_bits), set()).add(operand.number)
        self._networks = tuple((bits, host_bits, kept(found)) for (bits, host_bits), found in networks.items())
        self.broken = None in ready

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        found = typed.address(value)
        if found is None:
            return NEVER
        family, number = found
        for bits, host_bits, numbers in self._networks:
            if family == bits and number >> host_bits in numbers:
                return YES
        return NO


@dataclass(frozen=True, slots=True)
class Operator:
    """`build(operands, variables)` makes the test; `negated` turns its answer round."""

    build: Callable[[Sequence[str], bool], Test]
    negated: bool = False
    takes_variables: bool = False


def _family(prefix: str, read_: Reader) -> dict[str, Operator]:
    """The comparisons of one type."""

    def equal(operands: Sequence[str], variables: bool) -> Test:
        return EqualTest(operands, read_)

    def ordered(
        compare: Callable[[Comparable, Comparable], bool], easiest: Callable[[Sequence[Comparable]], Comparable]
    ) -> Operator:
        return Operator(lambda operands, variables: OrderTest(operands, read_, compare, easiest))

    return {
        prefix + "Equals": Operator(equal),
        prefix + "NotEquals": Operator(equal, negated=True),
        prefix + "LessThan": ordered(operator.lt, max),
        prefix + "LessThanEquals": ordered(operator.le, max),
        prefix + "GreaterThan": ordered(operator.gt, min),
        prefix + "GreaterThanEquals": ordered(operator.ge, min),
    }


def _equal(operands: Sequence[str], variables: bool) -> Test:
    return StringTest(operands, variables, fold=False)


def _equal_folded(operands: Sequence[str], variables: bool) -> Test:
    return StringTest(operands, variables, fold=True)


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_equal, takes_variables=True),
    "StringNotEquals": Operator(_equal, negated=True, takes_variables=True),
    "StringEqualsIgnoreCase": Operator(_equal_folded, takes_variables=True),
    "StringNotEqualsIgnoreCase": Operator(_equal_folded, negated=True, takes_variables=True),
    "StringLike": Operator(LikeTest, takes_variables=True),
    "StringNotLike": Operator(LikeTest, negated=True, takes_variables=True),
    "ArnEquals": Operator(ArnTest, takes_variables=True),
    "ArnLike": Operator(ArnTest, takes_variables=True),
    "ArnNotEquals": Operator(ArnTest, negated=True, takes_variables=True),
    "ArnNotLike": Operator(ArnTest, negated=True, takes_variables=True),
    **_family("Numeric", typed.number),
    **_family("Date", typed.instant),
    "Bool": Operator(lambda operands, variables: BoolTest(operands)),
    "BinaryEquals": Operator(lambda operands, variables: BinaryTest(operands)),
    "IpAddress": Operator(lambda operands, variables: AddressTest(operands)),
    "NotIpAddress": Operator(lambda operands, variables: AddressTest(operands), negated=True),
}

NULL = "Null"
FOR_ALL = "ForAllValues:"
FOR_ANY = "ForAnyValue:"
IF_EXISTS = "IfExists"


@dataclass(frozen=True, slots=True)
class OperatorName:
    """A condition block's name, taken apart."""

    base: str
    qualifier: str  # "", FOR_ALL or FOR_ANY
    if_exists: bool


def operator_name(name: str) -> OperatorName | None:
    """The parts of an operator's name, or None where AWS has no such operator (`NullIfExists` is none)."""
    qualifier = next((prefix for prefix in (FOR_ALL, FOR_ANY) if name.startswith(prefix)), "")
    base = name.removeprefix(qualifier)
    if_exists = base.endswith(IF_EXISTS)
    base = base.removesuffix(IF_EXISTS)
    if base in OPERATORS or (base == NULL and not if_exists and not qualifier):
        return OperatorName(base, qualifier, if_exists)
    return None
