"""A policy without what nobody uses: whole services, and actions of those whose actions are known one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iamd.policy.patterns import Pattern, mark

_Tree = dict[str, Any]


def trimmed(text: str, unused: Mapping[str, frozenset[str] | None], services: frozenset[str]) -> _Tree | None:
    """The policy without the unused: of some services everything (None), of others some actions; None when it has no
    Allow left. `services` are the prefixes that all other policies' wildcards can stand for.

    Statements that name what they are not about are left as they are.
    """
    tree: _Tree = json.loads(text)
    statements = tree["Statement"] if isinstance(tree["Statement"], list) else [tree["Statement"]]
    kept = []
    for statement in statements:
        if statement["Effect"] != "Allow" or "Action" not in statement:
            kept.append(statement)
            continue
        listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        actions = list(dict.fromkeys(left for each in listed for left in _left(each, unused, services)))
        if actions:
            kept.append({**statement, "Action": actions if len(actions) != 1 else actions[0]})
    return {**tree, "Statement": kept} if any(each["Effect"] == "Allow" for each in kept) else None


def _left(action: str, unused: Mapping[str, frozenset[str] | None], services: frozenset[str]) -> list[str]:
    """What of an element of an action list is used, as far as it is known."""
    prefix, _, name = action.lower().partition(":")
    if action == "*" or "*" in prefix or "?" in prefix:
        matching = sorted(each for each in services if action == "*" or Pattern(mark(prefix)).matches(each))
        some = [f"{each}:{name or '*'}" for each in matching if unused.get(each, _NONE) is not None]
        return some if len(some) < len(matching) else [action]
    given = unused.get(prefix, _NONE)
    if given is None:
        return []
    if "*" not in name and "?" not in name:
        return [] if name in {each.lower() for each in given} else [action]
    return [action]


_NONE: frozenset[str] = frozenset()
