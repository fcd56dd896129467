"""The condition operators, one row each.

A test answers for one request value: YES (some operand of the policy matches), NO, or NEVER (the value is no ARN or
address at all, which matches neither the operator nor its negation). Negation, `...IfExists`, `Null` and the set
qualifiers are the business of `conditions`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from . import values as typed
from .arns import FIELDS, ArnPattern, matches_fields, split
from .patterns import MANY, Pattern, has_wildcards, mark, matches
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
        self._texts = frozenset(lower(text) if fold else text for text in ready if isinstance(text, str))
        self._templates = tuple(text for text in ready if isinstance(text, Template))

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

    __slots__ = ("_exact", "_patterns", "_prefixes", "_templates")

    def __init__(self, operands: Sequence[str], variables: bool) -> None:
        super().__init__()
        ready = [read(text, wild=True) if variables else mark(text) for text in operands]
        marked = [text for text in ready if isinstance(text, str)]
        heads = {text[:-1] for text in marked if text.endswith(MANY) and not has_wildcards(text[:-1])}
        self._prefixes = tuple(sorted(heads))
        self._exact = frozenset(text for text in marked if not has_wildcards(text))
        self._patterns = tuple(Pattern(t) for t in marked if has_wildcards(t) and t[:-1] not in heads)
        self._templates = tuple(text for text in ready if isinstance(text, Template))

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        if value in self._exact or value.startswith(self._prefixes):
            return YES
        for pattern in self._patterns:
            if pattern.matches(value):
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

    __slots__ = ("_every", "_exact", "_patterns", "_templates")

    def __init__(self, operands: Sequence[str], variables: bool) -> None:
        super().__init__()
        ready = [read(text, wild=True) if variables else mark(text) for text in operands]
        marked = [text for text in ready if isinstance(text, str)]
        sound = [text for text in marked if split(text) is not None]
        self._every = MANY in marked
        self.broken = len(sound) + marked.count(MANY) != len(marked)
        self._exact = frozenset(text for text in sound if not has_wildcards(text))
        self._patterns = tuple(ArnPattern(text) for text in sound if has_wildcards(text))
        self._templates = tuple((text, by_field(text)) for text in ready if isinstance(text, Template))

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        fields = split(value)
        if fields is None:
            return NEVER
        if self._every or value in self._exact:
            return YES
        for pattern in self._patterns:
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


class OrderTest(Test):
    """A comparison of numbers or instants; text that is neither is unequal to everything."""

    __slots__ = ("_compare", "_operands", "_read")

    def __init__(
        self,
        operands: Sequence[str],
        read_: Callable[[str], Decimal | int | None],
        compare: Callable[[Decimal | int, Decimal | int], bool],
    ) -> None:
        super().__init__()
        ready = [read_(text) for text in operands]
        self._read = read_
        self._compare = compare
        self._operands = tuple(operand for operand in ready if operand is not None)
        self.broken = len(self._operands) != len(ready)

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        found = self._read(value)
        if found is None:
            return NO
        for operand in self._operands:
            if self._compare(found, operand):
                return YES
        return NO


class BoolTest(Test):
    __slots__ = ("_wanted",)

    def __init__(self, operands: Sequence[str]) -> None:
        super().__init__()
        self._wanted = frozenset(map(typed.truth, operands))

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        return YES if typed.truth(value) in self._wanted else NO


class BinaryTest(Test):
    __slots__ = ("_wanted",)

    def __init__(self, operands: Sequence[str]) -> None:
        super().__init__()
        ready = list(map(typed.binary, operands))
        self._wanted = frozenset(operand for operand in ready if operand is not None)
        self.broken = None in ready

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        return YES if typed.binary(value) in self._wanted else NO


class AddressTest(Test):
    __slots__ = ("_networks",)

    def __init__(self, operands: Sequence[str]) -> None:
        super().__init__()
        ready = list(map(typed.network, operands))
        self._networks = tuple(operand for operand in ready if operand is not None)
        self.broken = len(self._networks) != len(ready)

    def test(self, value: str, context: Context, missing: list[str]) -> int:
        found = typed.address(value)
        if found is None:
            return NEVER
        for operand in self._networks:
            if operand.holds(found):
                return YES
        return NO


@dataclass(frozen=True, slots=True)
class Operator:
    """`build(operands, variables)` makes the test; `negated` turns its answer round."""

    build: Callable[[Sequence[str], bool], Test]
    negated: bool = False
    takes_variables: bool = False


def _order(
    read_: Callable[[str], Decimal | int | None], compare: Callable[[Decimal | int, Decimal | int], bool]
) -> Callable[[Sequence[str], bool], Test]:
    return lambda operands, variables: OrderTest(operands, read_, compare)


def _family(prefix: str, read_: Callable[[str], Decimal | int | None]) -> dict[str, Operator]:
    return {
        prefix + "Equals": Operator(_order(read_, lambda a, b: a == b)),
        prefix + "NotEquals": Operator(_order(read_, lambda a, b: a == b), negated=True),
        prefix + "LessThan": Operator(_order(read_, lambda a, b: a < b)),
        prefix + "LessThanEquals": Operator(_order(read_, lambda a, b: a <= b)),
        prefix + "GreaterThan": Operator(_order(read_, lambda a, b: a > b)),
        prefix + "GreaterThanEquals": Operator(_order(read_, lambda a, b: a >= b)),
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
