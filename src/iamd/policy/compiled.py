"""Policies: parsed documents in the form that decides, shared by content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .document import Document, Kind
from .index import FEW
from .memo import Memo, remembered
from .parse import quick_document, read_document
from .patterns import Matcher
from .shelf import Shelf
from .statement import Rule
from .text import lower

_POLICIES_KEPT = 16_000_000  # characters
_DOCUMENTS_KEPT = 8_000_000
_ACTIONS_KEPT = 256
_ANY = (None,)


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules of one document whose actions cover one action."""

    denies: Shelf[Rule]
    allows: Shelf[Rule]


_NOTHING = Selection(Shelf(()), Shelf(()))


class Lookup:
    """A policy's rules and what was found out about them: by service where they are many (under None those that may be
    about any), and what the answer was for an action."""

    __slots__ = ("by_service", "rules", "selections")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self.selections: dict[str, Selection] = {}
        self.by_service: dict[str | None, list[Rule]] | None = None
        if len(rules) > FEW:
            self.by_service = {}
            for rule in rules:
                for service in rule.services or _ANY:
                    self.by_service.setdefault(service, []).append(rule)

    def find(self, action: str) -> Selection:
        """What covers an action in lower case."""
        if self.by_service is None:
            covering = _covering(self.rules, action)
        else:
            covering = _covering(self.by_service.get(action.partition(":")[0], ()), action)
            general = _covering(self.by_service.get(None, ()), action)
            if general:
                covering = sorted([*general, *covering], key=_place)
        if not covering:
            return _NOTHING
        denies = [rule for rule in covering if not rule.allow]
        return Selection(Shelf(denies), Shelf([rule for rule in covering if rule.allow] if denies else covering))


class Policy:
    """A compiled document: immutable to its users, and safe to share between principals.

    Where there are many rules they are indexed by the services that their actions name; what covers an action is found
    once and remembered. `simulated`: condition values are read as AWS's simulator reads them (see `simulate`). `lean`:
    the document is not kept, but read again from its text when somebody asks for it.
    """

    __slots__ = ("_compiled", "_kind", "_written")

    def __init__(self, document: Document, simulated: bool = False, lean: bool = False) -> None:
        self._written: Document | str = document.text if lean else document
        self._kind = document.kind
        rules = tuple([Rule(each, document.has_variables, simulated) for each in document.statements])
        # A small policy needs no more until it is asked, and in an estate of many most have a lone statement.
        self._compiled: Rule | tuple[Rule, ...] | Lookup = rules[0] if len(rules) == 1 else rules
        if len(rules) > FEW:
            self._compiled = Lookup(rules)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The compiled statements, in their order."""
        compiled = self._compiled
        if isinstance(compiled, Lookup):
            return compiled.rules
        return (compiled,) if isinstance(compiled, Rule) else compiled

    @property
    def document(self) -> Document:
        """The document as it was written."""
        written = self._written
        return _read(written, self._kind) if isinstance(written, str) else written

    def select(self, action: str) -> Selection:
        """The rules whose actions cover the action, whatever its case."""
        lookup = self._compiled
        if not isinstance(lookup, Lookup):
            lookup = self._compiled = Lookup(self.rules)
        found = lookup.selections.get(action)
        if found is None:
            found = lookup.find(lower(action))
            if len(lookup.selections) >= _ACTIONS_KEPT:
                lookup.selections.clear()
            lookup.selections[action] = found
        return found


def _covering(rules: Sequence[Rule], action: str) -> list[Rule]:
    """The rules whose actions cover a lower-case action; a list of actions that several of them share is asked once."""
    asked: dict[Matcher, bool] = {}
    found = []
    for rule in rules:
        covers = asked.get(rule.actions)
        if covers is None:
            covers = asked[rule.actions] = rule.actions.matches(action)
        if covers:
            found.append(rule)
    return found


def _place(rule: Rule) -> int:
    return rule.index


_read = Memo(read_document, _DOCUMENTS_KEPT)


@remembered(_POLICIES_KEPT)
def load(text: str, kind: Kind) -> Policy:
    """The policy that a stored document makes; MalformedPolicy where its grammar leaves its meaning open.

    Only the grammar is asked for: what AWS merely refuses to store (`parse`) is evaluated as AWS evaluates it.
    """
    return Policy(quick_document(text, kind), lean=True)
