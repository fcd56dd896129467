"""What statements ask of resources and context keys, as constraints on one dimension each, and values that meet them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from iamd.analysis.symbolic.automaton import EVERYTHING, RESOURCE, TEXT, Automaton, machine
from iamd.analysis.symbolic.budget import Budget
from iamd.analysis.symbolic.texts import Opaque, TextSet
from iamd.analysis.symbolic.values import Ask, ask, filled_in, solve
from iamd.policy import Condition, Statement
from iamd.policy.arns import completed
from iamd.policy.conditions import Check, compile_conditions
from iamd.policy.operators import FOR_ALL, NULL, operator_name
from iamd.policy.variables import Context
from iamd.reference import condition_keys

RESOURCES = ""  # the dimension of the resource; every other is a context key's
Value = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class OnResource:
    """The resource is one of those listed. `loose`: a variable without a value counts as a match of everything."""

    listed: TextSet
    dimension: str = RESOURCES

    def holds(self, value: Value) -> bool | None:
        """Whether a resource is; None where variables decide."""
        return self.listed.has(value) if isinstance(value, str) else False


@dataclass(frozen=True, slots=True, eq=False)
class OnKey:
    """A condition on a context key. `ask` None: `Null`. `every`: of the set operators; `scalar`: it is none of them."""

    dimension: str
    check: Check
    ask: Ask | None
    every: bool
    scalar: bool
    env: Context

    def holds(self, value: Value) -> bool | None:
        """Whether the engine says that a value (None: no such key) meets it; None where variables decide."""
        if value is not None and self.ask is not None and self.ask.texts is not None and self.ask.texts.opaque:
            return None
        context = {key: each for key, each in self.env.items() if key != self.dimension}
        if value is not None:
            context[self.dimension] = value
        return self.check.holds(context, [])


Constraint = OnResource | OnKey
Literal = tuple[Constraint, bool]


def on_resources(statement: Statement, variables: bool, env: Context | None) -> list[Literal]:
    """What a statement asks of the resource; nothing where it is about all."""
    listed = statement.resources
    spares = statement.spares_resources
    if listed is None or ("*" in listed and not spares):
        return []
    known, opaque = filled_in(listed, variables, True, env)
    cautious = spares and statement.allow
    if cautious and env is not None and len(known) < len(listed):
        return [(OnResource(TextSet(EVERYTHING)), False)]  # a variable has no value: it cannot grant
    widened = [Opaque(f"resource {text}", EVERYTHING if cautious else patterns([wide])) for text, wide in opaque]
    texts = TextSet(patterns(known), tuple(widened))
    return [(OnResource(texts), not spares)]


def patterns(marked: Iterable[str]) -> Automaton:
    """The automaton of marked patterns of the Resource element; some services have others than ARNs, such as `execute-api:/stage/GET/*`."""
    return machine((completed(text), RESOURCE) if text.startswith("arn:") else (text, TEXT) for text in marked)


def on_key(condition: Condition, variables: bool, allow: bool, env: Context | None) -> OnKey:
    """A condition as a constraint. `env`: as `ask` has it."""
    (check,) = compile_conditions((condition,), variables, allow, False)
    name = operator_name(condition.operator)
    if name is None or name.base == NULL:
        return OnKey(check.key, check, None, False, True, {})
    asked = ask(condition, variables, allow, env)
    return OnKey(check.key, check, asked, name.qualifier == FOR_ALL, not name.qualifier, env or {})


@dataclass(frozen=True, slots=True)
class Found:
    """A value of a key (None: the request does not have it)."""

    value: Value


def key(literals: Sequence[Literal], many: bool, budget: Budget) -> Found | None:
    """A value of one key that meets all, or None. `many`: the key may have several values, and never an empty text for
    none of them."""
    asked = [(each, wanted) for each, wanted in literals if isinstance(each, OnKey)]
    sets = any(not each.scalar for each, _ in asked)
    for plain in (None, *([""] if sets and not many else []), *([()] if many else [])):
        if all(each.holds(plain) in (wanted, None) for each, wanted in asked):
            return Found(plain)
    single = _single(asked, sets or many, budget)
    if single is not None:
        return Found(single)
    return _several(asked, budget) if many else None


def _single(asked: Sequence[tuple[OnKey, bool]], sets: bool, budget: Budget) -> str | None:
    """One value. To the set operators the empty text is none."""
    for each, wanted in asked:
        if each.ask is None and each.check.holds({each.dimension: "x"}, []) is not wanted:
            return None
    return solve([(each.ask, wanted) for each, wanted in asked if each.ask is not None], sets, budget)


def _several(asked: Sequence[tuple[OnKey, bool]], budget: Budget) -> Found | None:
    """A list of values: what every one of them has to meet, and what one of them has to."""
    common: list[tuple[Ask, bool]] = []
    some: list[tuple[Ask, bool]] = []
    for each, wanted in asked:
        if each.ask is None:
            if each.check.holds({each.dimension: ("x",)}, []) is not wanted:
                return None
        elif each.scalar:
            if wanted:
                return None  # such operators are not met by lists
        else:
            (common if each.every is wanted else some).append((each.ask, wanted))
    found = []
    for one in [[each] for each in some] or [[]]:
        value = solve([*common, *one], False, budget)
        if value is None:
            return None
        found.append(value)
    values = tuple(dict.fromkeys(found))
    return Found(("", "") if values == ("",) else values)  # one empty text is an empty list


def may_be_many(name: str, set_operators: bool) -> bool:
    """Whether requests can have several values of a key: as the reference says, else as policies treat it."""
    known = condition_keys.find(name)
    return set_operators if known is None else known.multivalued
