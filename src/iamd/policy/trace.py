"""What each layer says by itself, and which statements make it say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from .elements import Cited, Element, cite, concerns, condition, failed
from .evaluate import UNGUARDED, Case, root_recovers
from .principals import NOBODY, PrincipalKind
from .vocabulary import Attached, Layer

NEAREST = 3


class Outcome(Enum):
    """What one layer says by itself. NOT_APPLICABLE: it has no say about this caller or resource."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    NOT_APPLICABLE = "notApplicable"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An Allow statement that does not apply, and the elements that the request fails (`failed` is never empty)."""

    statement: Cited
    failed: tuple[Element, ...]

    def to_json(self) -> dict[str, object]:
        return {**self.statement.to_json(), "failed": [element.to_json() for element in self.failed]}


@dataclass(frozen=True, slots=True)
class Denial:
    """A Deny statement that applies, and its conditions with the values that met them."""

    statement: Cited
    conditions: tuple[Element, ...]

    def to_json(self) -> dict[str, object]:
        shown = {**self.statement.to_json(), "effect": "Deny"}
        return {**shown, "conditions": [each.to_json() for each in self.conditions]} if self.conditions else shown


@dataclass(frozen=True, slots=True)
class LayerTrace:
    """One layer (one level of it, for control policies, counted from the root) and its statements that apply.

    `nearest`: where nothing in it allows the request, the Allow statements that fail on the fewest elements, at most
    three. `about`: how many of its statements are about the action's service.
    """

    layer: Layer
    outcome: Outcome
    allows: tuple[Cited, ...] = ()
    denies: tuple[Denial, ...] = ()
    level: int | None = None
    nearest: tuple[NearMiss, ...] = ()
    about: int = 0

    def to_json(self) -> dict[str, object]:
        statements = [denial.to_json() for denial in self.denies]
        statements += [{**cited.to_json(), "effect": "Allow"} for cited in self.allows]
        shown: dict[str, object] = {"layer": self.layer.value, "outcome": self.outcome.value}
        if self.level is not None:
            shown["level"] = self.level
        shown["statements"] = statements
        if self.nearest:
            shown["nearest"] = [miss.to_json() for miss in self.nearest]
        return shown


def traces(case: Case, nearest: bool = True) -> Iterator[LayerTrace]:
    """An entry for every layer that has policies or a say, in the order in which AWS's documentation lists them."""
    for layer, level, policies, applicable in _asked(case):
        if applicable:
            yield _trace(case, layer, level, policies, nearest)
        else:
            yield LayerTrace(layer, Outcome.NOT_APPLICABLE, level=level)


def _asked(case: Case) -> Iterator[tuple[Layer, int | None, Sequence[Attached], bool]]:
    """Each layer, level and policies of a case, and whether it bears on the request."""
    layers, who = case.layers, case.who
    guarded = case.plan.action not in UNGUARDED
    own = who.has_policies and guarded
    for level, policies in enumerate(layers.scps):
        yield Layer.SCP, level, policies, case.under_scps and guarded
    for level, policies in enumerate(layers.rcps):
        yield Layer.RCP, level, policies, case.under_rcps and guarded
    if layers.endpoint:
        yield Layer.ENDPOINT, None, layers.endpoint, guarded
    if layers.resource is not None:
        yield case.resource_layer, None, (layers.resource,), guarded
    almighty = who.kind is PrincipalKind.ROOT or (who.issuer_arn or "").endswith(":root")
    yield Layer.IDENTITY, None, layers.identity, own and not (almighty and not layers.identity)
    if layers.boundaries:
        yield Layer.BOUNDARY, None, layers.boundaries, own
    if layers.session is not None:
        yield Layer.SESSION, None, layers.session, own
    elif who.kind is PrincipalKind.FEDERATED_USER:
        yield Layer.SESSION, None, (), own  # such a session has nothing without one


def _trace(case: Case, layer: Layer, level: int | None, policies: Sequence[Attached], nearest: bool) -> LayerTrace:
    allows: list[Cited] = []
    denies: list[Denial] = []
    admits = layer in (Layer.RCP, Layer.ENDPOINT)
    deaf = layer is Layer.RESOURCE and root_recovers(case)
    for attached in policies:
        selection, document = attached.policy.select(case.request.action), attached.policy.document
        for rule in selection.denies:
            named = rule.principals is None or rule.principals.denies(case.who, case.bounded)
            if named and not deaf and rule.applies(case.resource, case.context, case.missing):
                written = document.statements[rule.index].conditions
                met = tuple(condition(each, case.context, document.has_variables) for each in written)
                denies.append(Denial(cite(attached.name, document, rule.index), met))
        for rule in selection.allows:
            named = rule.principals is None or rule.principals.grants(case.who, admits) != NOBODY
            if named and rule.applies(case.resource, case.context, case.missing):
                allows.append(cite(attached.name, document, rule.index))
    outcome = Outcome.EXPLICIT_DENY if denies else Outcome.ALLOWED if allows else Outcome.IMPLICIT_DENY
    if allows or not nearest:
        return LayerTrace(layer, outcome, tuple(allows), tuple(denies), level)
    missed, about = _nearest(case, policies, admits)
    return LayerTrace(layer, outcome, (), tuple(denies), level, missed, about)


def _nearest(case: Case, policies: Sequence[Attached], admits: bool) -> tuple[tuple[NearMiss, ...], int]:
    """The Allow statements about the service that fail on the fewest elements, and how many statements are about it."""
    best: list[NearMiss] = []
    about = 0
    for attached in policies:
        document = attached.policy.document
        for statement in document.statements:
            if not statement.allow or not concerns(statement, case.plan.action):
                continue
            about += 1
            unmet = failed(case, attached.policy, statement, admits)
            if best and len(unmet) > len(best[0].failed):
                continue
            if best and len(unmet) < len(best[0].failed):
                best.clear()
            if len(best) < NEAREST:
                best.append(NearMiss(cite(attached.name, document, statement.index), unmet))
    return tuple(best), about
