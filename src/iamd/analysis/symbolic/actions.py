"""Actions in classes: within one, every statement covers all of them or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from iamd.analysis.symbolic.automaton import ACTION, TEXT, Automaton, automaton, machine
from iamd.analysis.symbolic.budget import Budget
from iamd.analysis.symbolic.texts import TextSet, Want, find
from iamd.policy.patterns import ANY, MANY, has_wildcards, mark
from iamd.policy.statement import compile_actions
from iamd.policy.text import lower
from iamd.reference import services

_NAME = TextSet(automaton((ANY + MANY,), ACTION))  # anything without a colon
_WELL_FORMED = TextSet(automaton((ANY + MANY + ":" + ANY + MANY,), ACTION))
_FAMILIAR = ("ec2:DescribeInstances", "s3:GetObject", "lambda:InvokeFunction", "dynamodb:GetItem")
# What no policy can refuse.
_UNGUARDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})


@dataclass(frozen=True, slots=True)
class ActionClass:
    """One action of a class (lower case), and the places of the statements that cover it."""

    action: str
    covering: frozenset[int]


def classes(statements: Sequence[tuple[tuple[str, ...], bool]], budget: Budget) -> Iterator[ActionClass]:
    """All classes of what statements' actions (as listed, and whether they are those left out) can tell apart.

    Classes may come more than once. Raises Undecided.
    """
    compiled = [compile_actions(listed, negated) for listed, negated in statements]
    marked = [[mark(lower(text)) for text in listed if text != "*"] for listed, _ in statements]
    for action in _samples(marked, budget):
        if action not in _UNGUARDED:
            yield ActionClass(action, frozenset(at for at, each in enumerate(compiled) if each.matches(action)))


def _samples(marked: Sequence[Sequence[str]], budget: Budget) -> Iterator[str]:
    plain = {text for listed in marked for text in listed if not has_wildcards(text)}
    yield from sorted(plain)
    wild = [[text for text in listed if has_wildcards(text)] for listed in marked]
    if any(has_wildcards(text.partition(":")[0]) for listed in wild for text in listed):
        lists = [machine((text, ACTION) for text in listed) for listed in dict.fromkeys(map(tuple, wild)) if listed]
        basis = [(_WELL_FORMED, True), (TextSet(automaton(sorted(plain), TEXT)), False)]
        yield from _cells(basis, lists, budget)
        return
    known = sorted({text.partition(":")[0] for listed in wild for text in listed})
    for service in known:
        own = [tuple(name for text in listed if (name := _name_in(service, text)) is not None) for listed in wild]
        taken = [name for text in plain if (name := _name_in(service, text)) is not None]
        lists = [automaton(names, ACTION) for names in dict.fromkeys(own) if names and MANY not in names]
        basis = [(_NAME, True), (TextSet(automaton(sorted(taken), TEXT)), False)]
        for name in _cells(basis, lists, budget):
            yield f"{service}:{name}"
    named = {text.partition(":")[0] for text in plain} | set(known)
    yield next(service for number in count() if (service := f"service{number}") not in named) + ":x"


def _name_in(service: str, text: str) -> str | None:
    """The name of an action in a service."""
    own, _, name = text.partition(":")
    return name if own == service else None


def _cells(wants: list[Want], lists: Sequence[Automaton], budget: Budget) -> Iterator[str]:
    """A text for each way in which it can be in some of the lists and not in others."""
    found = find(wants, budget)
    if found is None:
        return
    if not lists:
        yield found
        return
    for inside in (True, False):
        yield from _cells([*wants, (TextSet(lists[0]), inside)], lists[1:], budget)


def spelled(example: ActionClass, statements: Sequence[tuple[tuple[str, ...], bool]]) -> str:
    """The action of a class as AWS spells it; of a class without any that AWS has, the example."""
    compiled = [compile_actions(listed, negated) for listed, negated in statements]
    for text in _known(example.action):
        if frozenset(at for at, each in enumerate(compiled) if each.matches(lower(text))) == example.covering:
            return text
    return example.action


def _known(action: str) -> Iterator[str]:
    service, _, name = action.partition(":")
    known = services.get(service)
    if known is None:
        yield from _FAMILIAR
    elif name in known.actions:
        yield f"{service}:{known.actions[name].name}"
    else:
        yield from (f"{service}:{each.name}" for each in known.actions.values())
