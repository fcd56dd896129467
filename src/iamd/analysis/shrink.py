"""The shortest policy that means the same, as far as taking away and merging gets: every step is proved."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from iamd.analysis.equivalence import difference
from iamd.analysis.symbolic import STEPS, Budget, Undecided
from iamd.policy import Document, Kind, MalformedPolicy
from iamd.policy.parse import read_document

_ALL_STEPS = 8 * STEPS  # of all proofs together
_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_MERGED = ("Action", "Resource", "Principal")
_Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A policy without what it does not need; `undecided`: why there may be more of that, None where there is none."""

    tree: _Tree
    undecided: str | None = None


def shrunk(text: str, kind: Kind) -> Shrunk:
    """The policy without whatever it does not need. Raises MalformedPolicy.

    Where a step cannot be decided it is not taken.
    """
    original = read_document(text, kind)
    tree: _Tree = json.loads(text)
    statements = tree["Statement"]
    tree["Statement"] = statements if isinstance(statements, list) else [statements]
    left, undecided = Budget(_ALL_STEPS), None
    shorter: _Tree | None = tree
    try:
        while shorter is not None:
            tree, shorter, undecided = shorter, None, None
            for attempt in _attempts(tree):
                budget = Budget()
                try:
                    if _same(attempt, original, budget):
                        shorter = attempt
                        break
                except Undecided as open_:
                    undecided = str(open_)
                left.spend(budget.spent)
    except Undecided as limit:
        undecided = str(limit)
    for statement in tree["Statement"]:
        _unwrap(statement)
    return Shrunk(tree, undecided)


def _same(tree: _Tree, original: Document, budget: Budget) -> bool:
    """Whether a step changes nothing. Raises Undecided."""
    try:
        return difference(read_document(json.dumps(tree), original.kind), original, budget) is None
    except MalformedPolicy:
        return False


def _attempts(tree: _Tree) -> Iterator[_Tree]:
    """The trees that are one step shorter, those with fewer statements first."""
    statements = tree["Statement"]
    for at in reversed(range(len(statements))):
        if len(statements) > 1:
            yield {**tree, "Statement": [*statements[:at], *statements[at + 1 :]]}
    for at, statement in enumerate(statements):
        for further in range(at + 1, len(statements)):
            merged = _merged(statement, statements[further])
            if merged is not None:
                rest = [*statements[at + 1 : further], *statements[further + 1 :]]
                yield {**tree, "Statement": [*statements[:at], merged, *rest]}
    for at, statement in enumerate(statements):
        for shorter in _shorter(statement):
            yield {**tree, "Statement": [*statements[:at], shorter, *statements[at + 1 :]]}


def _merged(one: _Tree, other: _Tree) -> _Tree | None:
    """Two statements that differ in one element as one."""
    names = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} - {"Sid"}
    if len(names) != 1 or not names <= set(_MERGED) or not all(name in one and name in other for name in names):
        return None
    (name,) = names
    if name != "Principal":
        return {**one, name: list(dict.fromkeys([*_listed(one[name]), *_listed(other[name])]))}
    if not (isinstance(one[name], dict) and isinstance(other[name], dict)):
        return None
    types = {**one[name], **other[name]}
    both = {
        type_: list(dict.fromkeys([*_listed(one[name].get(type_, [])), *_listed(other[name].get(type_, []))]))
        for type_ in types
    }
    return {**one, name: both}


def _shorter(statement: _Tree) -> Iterator[_Tree]:
    for name in _LISTS:
        values = _listed(statement.get(name, []))
        for at in reversed(range(len(values))):
            if len(values) > 1:
                yield {**statement, name: [*values[:at], *values[at + 1 :]]}
    block = statement.get("Condition", {})
    for operator, keys in block.items():
        for key, given in keys.items():
            less = copy.deepcopy(block)
            del less[operator][key]
            if not less[operator]:
                del less[operator]
            yield {**{k: v for k, v in statement.items() if k != "Condition"}, **({"Condition": less} if less else {})}
            values = _listed(given)
            for at in reversed(range(len(values))):
                if len(values) > 1:
                    fewer = copy.deepcopy(block)
                    fewer[operator][key] = [*values[:at], *values[at + 1 :]]
                    yield {**statement, "Condition": fewer}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _unwrap(statement: _Tree) -> None:
    """A list of one text as the text."""
    for name in _LISTS:
        value = statement.get(name)
        if isinstance(value, list) and len(value) == 1:
            statement[name] = value[0]
