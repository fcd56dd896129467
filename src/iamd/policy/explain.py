"""A decision with its reasons: what each layer says, and the statements behind it.

The same compiled rules are asked, all of them instead of the first that settles the matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .evaluate import Case, decide
from .principals import NOBODY
from .request import Layers, Request
from .vocabulary import Attached, Decision, Grant, Layer


class Outcome(Enum):
    """What one layer says by itself. NOT_APPLICABLE: it has no say about this caller or resource."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    NOT_APPLICABLE = "notApplicable"


@dataclass(frozen=True, slots=True)
class LayerTrace:
    """One layer (one level of it, for control policies, counted from the root) and its statements that apply."""

    layer: Layer
    outcome: Outcome
    allows: tuple[Grant, ...] = ()
    denies: tuple[Grant, ...] = ()
    level: int | None = None

    def to_json(self) -> dict[str, object]:
        statements = [_shown(grant, "Deny") for grant in self.denies]
        statements += [_shown(grant, "Allow") for grant in self.allows]
        shown: dict[str, object] = {"layer": self.layer.value, "outcome": self.outcome.value}
        if self.level is not None:
            shown["level"] = self.level
        return {**shown, "statements": statements}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`decision` is what `decide` answers; `layers` has an entry for every layer that has policies."""

    decision: Decision
    layers: tuple[LayerTrace, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Plain values: decision, settledBy, statements, missingContextKeys, layers."""
        decision = self.decision
        effect = "Allow" if decision.allowed else "Deny"
        return {
            "decision": decision.effect.value,
            "settledBy": None if decision.layer is None else decision.layer.value,
            "statements": [_shown(grant, effect) for grant in decision.statements],
            "missingContextKeys": list(self.missing),
            "layers": [trace.to_json() for trace in self.layers],
        }


def _shown(grant: Grant, effect: str) -> dict[str, object]:
    return {"policy": grant.policy, "index": grant.index, "sid": grant.sid, "effect": effect}


def explain(request: Request, layers: Layers) -> Explanation:
    """The decision and every layer's part in it. `missing` are the keys that any of its statements looked for."""
    case = Case(request, layers)
    traces = tuple(_traces(case, layers))
    return Explanation(decide(request, layers), traces, tuple(dict.fromkeys(case.missing)))


def _traces(case: Case, layers: Layers) -> Iterable[LayerTrace]:
    for level, policies in enumerate(layers.scps):
        yield _trace(case, Layer.SCP, policies, case.under_scps, level)
    for level, policies in enumerate(layers.rcps):
        yield _trace(case, Layer.RCP, policies, case.under_rcps, level)
    if layers.endpoint:
        yield _trace(case, Layer.ENDPOINT, layers.endpoint, True)
    if layers.resource is not None:
        yield _trace(case, case.resource_layer, (layers.resource,), True)
    own = case.who.has_policies
    yield _trace(case, Layer.IDENTITY, layers.identity, own)
    if layers.boundaries:
        yield _trace(case, Layer.BOUNDARY, layers.boundaries, own)
    if layers.session is not None:
        yield _trace(case, Layer.SESSION, layers.session, own)


def _trace(
    case: Case, layer: Layer, policies: Iterable[Attached], applicable: bool, level: int | None = None
) -> LayerTrace:
    if not applicable:
        return LayerTrace(layer, Outcome.NOT_APPLICABLE, level=level)
    allows: list[Grant] = []
    denies: list[Grant] = []
    admits = layer in (Layer.RCP, Layer.ENDPOINT)
    bounded = bool(case.layers.boundaries) and not admits
    for attached in policies:
        selection = attached.policy.select(case.request.action)
        for rule in (*selection.denies, *selection.allows):
            who = rule.principals
            if who is not None and not (
                who.grants(case.who, admits) != NOBODY if rule.allow else who.denies(case.who, bounded)
            ):
                continue
            if rule.applies(case.resource, case.context, case.missing):
                (allows if rule.allow else denies).append(Grant(attached.name, rule.index, rule.sid))
    outcome = Outcome.EXPLICIT_DENY if denies else Outcome.ALLOWED if allows else Outcome.IMPLICIT_DENY
    return LayerTrace(layer, outcome, tuple(allows), tuple(denies), level)
