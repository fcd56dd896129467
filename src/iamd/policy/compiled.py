"""Policies: parsed documents in the form that decides, shared by content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .document import Document, Kind
from .index import FEW
from .parse import quick_document, read_document
from .shelf import Shelf
from .statement import Rule
from .text import lower

_POLICIES_KEPT = 4096
_DOCUMENTS_KEPT = 64
_ACTIONS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules of one document whose actions cover one action."""

    denies: Shelf[Rule]
    allows: Shelf[Rule]


class Policy:
    """A compiled document: immutable to its users, and safe to share between principals.

    Where there are many rules they are indexed by the services that their actions name; what covers an action is found
    once and remembered. `simulated`: condition values are read as AWS's simulator reads them (see `simulate`). `lean`:
    the document is not kept, but read again from its text when somebody asks for it.
    """

    __slots__ = ("_by_service", "_document", "_general", "_kind", "_selections", "_text", "rules")

    def __init__(self, document: Document, simulated: bool = False, lean: bool = False) -> None:
        self._document = None if lean else document
        self._text = document.text
        self._kind = document.kind
        self.rules = tuple([Rule(each, document.has_variables, simulated) for each in document.statements])
        self._general: tuple[Rule, ...] = self.rules
        self._by_service: dict[str, list[Rule]] | None = None
        self._selections: dict[str, Selection] | None = None
        if len(self.rules) > FEW:
            self._general = tuple([rule for rule in self.rules if rule.actions.services is None])
            self._by_service = {}
            for rule in self.rules:
                for service in rule.actions.services or ():
                    self._by_service.setdefault(service, []).append(rule)

    @property
    def document(self) -> Document:
        """The document as it was written."""
        return _read(self._text, self._kind) if self._document is None else self._document

    def select(self, action: str) -> Selection:
        """The rules whose actions cover the action, whatever its case."""
        if self._selections is None:
            self._selections = {}
        found = self._selections.get(action)
        if found is None:
            found = self._find(lower(action))
            if len(self._selections) >= _ACTIONS_KEPT:
                self._selections.clear()
            self._selections[action] = found
        return found

    def _find(self, action: str) -> Selection:
        covering = [rule for rule in self._general if rule.actions.cover(action)]
        if self._by_service is not None:
            near = self._by_service.get(action.partition(":")[0])
            if near is not None:
                covering += [rule for rule in near if rule.actions.cover(action)]
                covering.sort(key=_place)
        denies = [rule for rule in covering if not rule.allow]
        return Selection(Shelf(denies), Shelf([rule for rule in covering if rule.allow] if denies else covering))


def _place(rule: Rule) -> int:
    return rule.index


_read = lru_cache(_DOCUMENTS_KEPT)(read_document)


@lru_cache(_POLICIES_KEPT)
def load(text: str, kind: Kind) -> Policy:
    """The policy that a stored document makes; MalformedPolicy where its grammar leaves its meaning open.

    Only the grammar is asked for: what AWS merely refuses to store (`parse`) is evaluated as AWS evaluates it.
    """
    return Policy(quick_document(text, kind), lean=True)
