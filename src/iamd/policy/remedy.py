"""What would have to change for a refused request to be allowed: the least, layer by layer.

Every way that is told has been tried: with its changes made, the decision is "allowed". The changes are the smallest in
what they grant: a statement that allows just this request, conditions of a statement that would allow it and that the
request could meet, or a denial that no longer covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from .document import Statement
from .draft import Draft, Slot, granting, to_json
from .elements import Cited, Element
from .evaluate import Case, decide
from .trace import LayerTrace, Outcome
from .vocabulary import Layer


class Act(Enum):
    """What to do. ADD a statement; MEET the conditions of one that is there; SPARE the request from a denial."""

    ADD = "addStatement"
    MEET = "meetConditions"
    SPARE = "narrowDenial"


@dataclass(frozen=True, slots=True)
class Change:
    """One change in one layer.

    `statement` is the one to meet or to narrow, `conditions` its conditions that matter (for a denial each of them is
    met now, and it is enough that one no longer is); `added` is what ADD adds.
    """

    act: Act
    layer: Layer
    level: int | None
    statement: Cited | None = None
    conditions: tuple[Element, ...] = ()
    added: Statement | None = None

    def to_json(self) -> dict[str, object]:
        """Plain values: change, layer, level of control policies, statement, conditions, and the statement to add."""
        shown: dict[str, object] = {"change": self.act.value, "layer": self.layer.value}
        if self.level is not None:
            shown["level"] = self.level
        if self.statement is not None:
            shown["statement"] = self.statement.to_json()
        if self.conditions:
            shown["conditions"] = [each.to_json() for each in self.conditions]
        if self.added is not None:
            shown["add"] = to_json(self.added)
        return shown

    def make(self, draft: Draft) -> None:
        """Make it in a draft; conditions are met by leaving them out."""
        slot = (self.layer, self.level)
        if self.added is not None:
            draft.add(slot, self.added)
        elif self.statement is not None and self.act is Act.MEET:
            draft.unbind(slot, self.statement)
        elif self.statement is not None:
            draft.drop(slot, self.statement)


Way = tuple[Change, ...]


def ways(case: Case, traces: Sequence[LayerTrace]) -> tuple[Way, ...]:
    """The ways to have a refused request allowed, at most two: without a change of the resource's own policy where
    that is possible, and (if it has a policy) with as little as possible beside one. None where no policy can."""
    spared = [
        Change(Act.SPARE, trace.layer, trace.level, denial.statement, denial.conditions)
        for trace in traces
        for denial in trace.denies
    ]
    closed = {_slot(trace): trace for trace in traces if not trace.allows and trace.outcome is not _SILENT}
    own: Slot = (case.resource_layer, None)
    slots = [*closed] if own in closed else [*closed, own]
    added = {slot: Change(Act.ADD, *slot, added=granting(case, slot)) for slot in slots}
    if not _allows(case, [*spared, *added.values()]):
        return ()
    orders: list[Callable[[Slot], bool]] = [lambda slot: slot != own]
    if case.layers.resource is not None:
        orders.append(lambda slot: slot == own)
    found: list[Way] = []
    for order in orders:
        needed = _needed(case, spared, [added[slot] for slot in sorted(slots, key=order)])
        way = _smallest(case, spared, needed, closed)
        if way not in found:
            found.append(way)
    return tuple(found)


_SILENT = Outcome.NOT_APPLICABLE


def _slot(trace: LayerTrace) -> Slot:
    return trace.layer, trace.level


def _allows(case: Case, changes: Iterable[Change]) -> bool:
    draft = Draft(case.layers)
    for change in changes:
        change.make(draft)
    return decide(case.request, draft.layers()).allowed


def _needed(case: Case, spared: list[Change], added: list[Change]) -> list[Change]:
    """Those of the additions that cannot be spared; the first are given up first."""
    kept = list(added)
    for change in added:
        rest = [each for each in kept if each is not change]
        if _allows(case, [*spared, *rest]):
            kept = rest
    return kept


def _smallest(case: Case, spared: list[Change], needed: list[Change], closed: dict[Slot, LayerTrace]) -> Way:
    """The way with conditions to meet, in the place of statements to add, wherever that does."""
    chosen = list(needed)
    for at, change in enumerate(needed):
        meant = _conditions_to_meet(closed.get((change.layer, change.level)))
        if meant is not None:
            tried = [*chosen[:at], meant, *chosen[at + 1 :]]
            if _allows(case, [*spared, *tried]):
                chosen = tried
    return (*spared, *_needed(case, spared, chosen))  # a statement that names everybody can make others needless


def _conditions_to_meet(trace: LayerTrace | None) -> Change | None:
    """The nearest statement of a layer that only lacks conditions."""
    for miss in trace.nearest if trace is not None else ():
        if all(element.name == "Condition" for element in miss.failed):
            return Change(Act.MEET, trace.layer, trace.level, miss.statement, miss.failed) if trace else None
    return None
