"""Policies: parsed documents in the form that decides, shared by content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .document import Document, Kind
from .parse import read_document
from .statement import Rule
from .text import lower

_POLICIES_KEPT = 4096
_ACTIONS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules of one document whose actions cover one action."""

    denies: tuple[Rule, ...]
    allows: tuple[Rule, ...]


class Policy:
    """A compiled document: immutable to its users, and safe to share between principals.

    Rules are indexed by the services that their actions name; what covers an action is found once and remembered.
    `simulated`: condition values are read as AWS's simulator reads them (see `simulate`).
    """

    __slots__ = ("_by_service", "_general", "_selections", "document", "rules")

    def __init__(self, document: Document, simulated: bool = False) -> None:
        self.document = document
        self.rules = tuple(Rule(statement, document.has_variables, simulated) for statement in document.statements)
        self._general = tuple(rule for rule in self.rules if rule.actions.services is None)
        self._by_service: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for service in rule.actions.services or ():
                self._by_service.setdefault(service, []).append(rule)
        self._selections: dict[str, Selection] = {}

    def select(self, action: str) -> Selection:
        """The rules whose actions cover the action, whatever its case."""
        found = self._selections.get(action)
        if found is None:
            found = self._find(lower(action))
            if len(self._selections) >= _ACTIONS_KEPT:
                self._selections.clear()
            self._selections[action] = found
        return found

    def _find(self, action: str) -> Selection:
        near = self._by_service.get(action.partition(":")[0], [])
        covering = sorted(
            (rule for rule in (*self._general, *near) if rule.actions.cover(action)), key=lambda rule: rule.index
        )
        return Selection(
            tuple(rule for rule in covering if not rule.allow), tuple(rule for rule in covering if rule.allow)
        )


@lru_cache(_POLICIES_KEPT)
def load(text: str, kind: Kind) -> Policy:
    """The policy that a stored document makes; MalformedPolicy where its grammar leaves its meaning open.

    Only the grammar is asked for: what AWS merely refuses to store (`parse`) is evaluated as AWS evaluates it.
    """
    return Policy(read_document(text, kind))
