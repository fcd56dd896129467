"""An explanation on paper."""

from __future__ import annotations

import json

from iamd.cli.tree import ASIDE, NO, YES, Node, Paper
from iamd.policy import Change, Explanation, LayerTrace, Outcome, Request
from iamd.policy.draft import to_json
from iamd.policy.wording import advice, conclusion, met, place, said, unmet

_MARKS = {
    Outcome.ALLOWED: YES,
    Outcome.EXPLICIT_DENY: NO,
    Outcome.IMPLICIT_DENY: NO,
    Outcome.NOT_APPLICABLE: ASIDE,
}
_SHOWN = 5  # of the statements that allow or deny; there can be thousands


def write(paper: Paper, request: Request, found: Explanation) -> None:
    """The decision, what each kind of policy says, and what would allow a request that is refused."""
    allowed = found.decision.allowed
    paper.title("ALLOWED" if allowed else "DENIED", YES if allowed else NO)
    paper.line(f"{conclusion(request, found.decision)}.")
    if found.layers:
        paper.line()
        paper.title("What the policies say")
        paper.tree([layer_node(trace) for trace in found.layers])
    if allowed:
        return
    paper.line()
    paper.title("What would allow it")
    if not found.ways:
        paper.line("No change of these policies would.")
    for number, way in enumerate(found.ways):
        if number:
            paper.line("or")
        for change in way:
            _write_change(paper, change)


def layer_node(trace: LayerTrace) -> Node:
    """A layer with the statements that made it say what it says, or those that came nearest."""
    node = Node(said(trace), _MARKS[trace.outcome])
    for denial in trace.denies[:_SHOWN]:
        reasons = [Node(met(element)) for element in denial.conditions]
        node.children.append(Node(f"denied by {place(denial.statement)}", NO, reasons))
    if not trace.denies:
        node.children += [Node(f"allowed by {place(cited)}", YES) for cited in trace.allows[:_SHOWN]]
    hidden = max(len(trace.denies) or len(trace.allows), _SHOWN) - _SHOWN
    if hidden:
        node.children.append(Node(f"and by {hidden} more", ASIDE))
    if trace.outcome is Outcome.IMPLICIT_DENY:
        for miss in trace.nearest:
            reasons = [Node(unmet(element)) for element in miss.failed]
            node.children.append(Node(f"nearest is {place(miss.statement)}", ASIDE, reasons))
        if not trace.nearest:
            node.children.append(Node("no statement in them is about this service", ASIDE))
    return node


def _write_change(paper: Paper, change: Change) -> None:
    paper.line(f"- {advice(change)}")
    if change.added is not None:
        paper.line(f"    {json.dumps(to_json(change.added))}")
