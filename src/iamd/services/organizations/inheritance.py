"""How the policies of an account's levels are merged into its effective one: the inheritance operators.

A document is a tree of objects; where an object has a value-setting operator (`@@assign`, `@@append`, `@@remove`), it is
a setting. On each level, from the root to the account, all assignments run first, then all appends, then all removals,
whatever policy they are in, and of two assignments the first wins (seen of live AWS).
https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

ASSIGN, APPEND, REMOVE = "@@assign", "@@append", "@@remove"
OPERATORS = (ASSIGN, APPEND, REMOVE)
LIMIT = "@@operators_allowed_for_child_policies"
_LIMITS = frozenset({*OPERATORS, "@@all", "@@none"})

Path = tuple[str, ...]
Settings = dict[Path, Any]
Limits = dict[Path, frozenset[str]]


def is_well_formed(node: Any, deepest: int = 32) -> bool:
    """Whether a document's every value is that of an operator that there is, and lists where lists are changed; no
    document that means something is deeper than a dozen levels."""
    if not isinstance(node, dict) or not deepest:
        return False
    settings = [key for key in node if key in OPERATORS]
    for key, value in node.items():
        if key == LIMIT:
            right = _is_limit(value)
        elif key in (APPEND, REMOVE):
            right = isinstance(value, list)
        elif key == ASSIGN:
            right = value is not None
        else:
            right = not settings and not key.startswith("@@") and is_well_formed(value, deepest - 1)
        if not right:
            return False
    return True


def _is_limit(value: Any) -> bool:
    """Whether it is a list of operators, each once, or of all or none of them."""
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        return False
    named = set(value)
    return named <= _LIMITS and len(named) == len(value) and ("@@none" not in named or len(named) == 1)


def merge(levels: Sequence[Sequence[Any]], fold: Callable[[str], str] = str) -> Settings:
    """The settings that result from well-formed documents, level by level; `fold` makes keys that mean the same equal."""
    settings: Settings = {}
    limits: Limits = {}
    for level in levels:
        present = {path[:depth] for path in settings for depth in range(len(path) + 1)}
        acts: dict[str, list[tuple[Path, Any]]] = {operator: [] for operator in OPERATORS}
        for document in level:
            for path, operator, value in _acts(document, fold):
                if _may(path, operator, limits, present):
                    acts[operator].append((path, value))
        _apply(settings, acts)
        for document in level:
            for path, allowed in _limits(document, fold):
                limits[path] = limits.get(path, allowed) & allowed
    return settings


def tree(settings: Settings) -> dict[str, Any]:
    """The settings as the document that is answered: no operators, each value where it belongs."""
    document: dict[str, Any] = {}
    for path, value in settings.items():
        node = document
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = value
    return document


def sets(document: Any, path: Path, fold: Callable[[str], str] = str) -> bool:
    """Whether a well-formed document has an operator at a path or below it."""
    return any(at[: len(path)] == path for at, _, _ in _acts(document, fold))


def _acts(node: Any, fold: Callable[[str], str], path: Path = ()) -> Iterator[tuple[Path, str, Any]]:
    for key, value in node.items():
        if key in OPERATORS:
            yield path, key, value
        elif key != LIMIT:
            yield from _acts(value, fold, (*path, fold(key)))


def _limits(node: Any, fold: Callable[[str], str], path: Path = ()) -> Iterator[tuple[Path, frozenset[str]]]:
    for key, value in node.items():
        if key == LIMIT:
            yield path, frozenset(OPERATORS if "@@all" in value else value)
        elif key not in OPERATORS:
            yield from _limits(value, fold, (*path, fold(key)))


def _may(path: Path, operator: str, limits: Limits, present: Iterable[Path]) -> bool:
    """Whether the levels above let a policy do that. A limit binds its own setting and what is new below it, not the
    settings that are there: those have limits of their own (seen of live AWS)."""
    for depth in range(len(path) + 1):
        allowed = limits.get(path[:depth])
        bound = depth == len(path) or path[: depth + 1] not in present
        if allowed is not None and bound and operator not in allowed:
            return False
    return True


def _apply(settings: Settings, acts: dict[str, list[tuple[Path, Any]]]) -> None:
    assigned: set[Path] = set()
    for path, value in acts[ASSIGN]:
        if path not in assigned:
            assigned.add(path)
            settings[path] = value
    for path, values in acts[APPEND]:
        present = settings.get(path, [])
        if isinstance(present, list):
            settings[path] = present + [value for value in values if value not in present]
    for path, values in acts[REMOVE]:
        present = settings.get(path)
        if isinstance(present, list):
            settings[path] = [value for value in present if value not in values]
