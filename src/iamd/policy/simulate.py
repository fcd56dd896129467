"""What AWS's policy simulator answers: the same statements as a decision, added up as the simulator adds them up.

It differs from enforcement, and here the difference is the point (seen of live AWS):
* a resource policy's Allow counts for a caller of the same account however it names the caller, and passes a boundary;
* the root user, sessions, role trust and KMS keys have no rules of their own;
* control policies come first, hide what the others would say, and do not ask who calls;
* what matches neither an operator nor its negation is more (`load_simulated`).
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .arns import account_of
from .compiled import Policy, Selection
from .document import Document, Kind, Statement
from .memo import remembered
from .parse import read_document
from .plan import Gate, Plan
from .principals import NOBODY, Principal
from .request import Layers
from .statement import Rule
from .variables import Context, keys
from .vocabulary import Effect, Entry, Layer

_KEPT = 4_000_000  # characters of policies


@remembered(_KEPT)
def load_simulated(text: str, kind: Kind) -> Policy:
    """As `load`, but condition values are read as the simulator reads them; raises MalformedPolicy."""
    return Policy(read_document(text, kind), simulated=True)


@dataclass(frozen=True, slots=True)
class Match:
    """A statement that counted: its layer, its policy's name, the statement."""

    layer: Layer
    policy: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the simulator answers to one action on one resource.

    `organizations` and `boundary` tell whether these layers allow (None: there are none). `details` has each layer's
    own outcome when the resource belongs to another account than the caller.
    """

    effect: Effect
    matches: tuple[Match, ...] = ()
    organizations: bool | None = None
    boundary: bool | None = None
    details: dict[Layer, Effect] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one layer says by itself, and the entries that say it."""

    effect: Effect
    entries: tuple[Entry, ...] = ()


_SILENT = _Verdict(Effect.IMPLICIT_DENY)
_STRICTNESS = {Effect.ALLOWED: 0, Effect.IMPLICIT_DENY: 1, Effect.EXPLICIT_DENY: 2}


def strictest(effects: Iterable[Effect]) -> Effect:
    """The most restrictive of some effects; ALLOWED when there are none."""
    return max(effects, key=_STRICTNESS.__getitem__, default=Effect.ALLOWED)


class Simulator:
    """Simulates requests of one caller that differ in action and resource only.

    Of the layers identity, boundaries, scps and resource count, their policies made by `load_simulated`. `owner` is
    the account of resources whose ARN names none; None: the caller's. Context keys must be lower case.
    """

    def __init__(self, layers: Layers, principal: Principal, context: Context, owner: str | None = None) -> None:
        self._layers = layers
        self._principal = principal
        self._context = context
        self._owner = owner
        self._cases: dict[str, _Case] = {}
        self._alike: dict[tuple[object, ...], _Case] = {}
        self._applied: dict[tuple[Rule, str], bool] = {}
        self._looked_for: list[str] = []  # not told: the simulator names the keys of all statements (`asked_keys`)
        self.tried = 0  # statements that were looked at so far, again and again where requests are alike

    def simulate(self, action: str, resource: str, eligible: bool = True) -> Simulated:
        """What the simulator answers; the same value for requests that the same statements are about.

        `eligible`: the resource is of a type that the action is about; otherwise nothing can allow it.
        """
        case = self._cases.get(action)
        if case is None:
            case = self._cases[action] = self._case(action)
        found = case.answers.get((resource, eligible))
        if found is None:
            found = case.answers[resource, eligible] = self._answer(case, resource, eligible)
        return found

    def _case(self, action: str) -> _Case:
        plan, theirs = self._layers.plan(action), self._layers.resource
        selection = None if theirs is None else theirs.policy.select(action)
        # A gate that stands open has no place in a plan, one that nothing opens has one without rules.
        alike = (
            _rules(plan.identity),
            plan.boundary and _rules(plan.boundary),
            tuple(map(_rules, plan.scps)),
            tuple(entry.rule for entry in plan.denies),
            None if selection is None else (selection.denies.entries, selection.allows.entries),
        )
        return self._alike.setdefault(alike, _Case(plan, selection))

    def _applies(self, entry: Entry, resource: str) -> bool:
        self.tried += 1
        key = (entry.rule, resource)
        found = self._applied.get(key)
        if found is None:
            found = self._applied[key] = entry.rule.applies(resource, self._context, self._looked_for)
        return found

    def _answer(self, case: _Case, resource: str, eligible: bool) -> Simulated:
        organizations = None
        if self._layers.scps:
            control = self._controls(case.plan, resource)
            organizations = control is Effect.ALLOWED
            if not organizations:
                return Simulated(control, organizations=False)
        if eligible:
            identity = self._own(case.plan, Layer.IDENTITY, case.plan.identity, resource)
            granted = self._granted(case.selection, resource)
        else:
            identity = granted = _SILENT
        boundary = self._boundary(case.plan, resource, eligible)
        within = None if boundary is None else boundary.effect is Effect.ALLOWED
        details = {}
        if case.selection is not None and self._crosses(resource):
            details = {Layer.IDENTITY: identity.effect, Layer.RESOURCE: granted.effect}
            if boundary is not None:
                details[Layer.BOUNDARY] = boundary.effect
            effect = strictest(details.values())
        else:
            effect = _in_account(identity, boundary, granted)
        # A boundary grants nothing, so its statements are told only when they deny.
        limits = (boundary,) if boundary is not None and effect is Effect.EXPLICIT_DENY else ()
        return Simulated(effect, _matches(effect, (identity, granted, *limits)), organizations, within, details)

    def _controls(self, plan: Plan, resource: str) -> Effect:
        if any(entry.layer is Layer.SCP and self._applies(entry, resource) for entry in plan.denies):
            return Effect.EXPLICIT_DENY
        closed = any(not any(self._applies(entry, resource) for entry in gate.entries) for gate in plan.scps)
        return Effect.IMPLICIT_DENY if closed else Effect.ALLOWED

    def _own(self, plan: Plan, layer: Layer, gate: Gate, resource: str) -> _Verdict:
        denies = tuple(entry for entry in plan.own_denies if entry.layer is layer and self._applies(entry, resource))
        if denies:
            return _Verdict(Effect.EXPLICIT_DENY, denies)
        allows = tuple(entry for entry in gate.entries if self._applies(entry, resource))
        return _Verdict(Effect.ALLOWED, allows) if allows else _SILENT

    def _boundary(self, plan: Plan, resource: str, eligible: bool) -> _Verdict | None:
        if not self._layers.boundaries:
            return None
        if not eligible:
            return _SILENT
        # A gate that stands open to all is left out of the plan; it can still deny.
        gate = plan.boundary or Gate(Layer.BOUNDARY, self._layers.boundaries, plan.action)
        return self._own(plan, Layer.BOUNDARY, gate, resource)

    def _granted(self, selection: Selection | None, resource: str) -> _Verdict:
        theirs = self._layers.resource
        if selection is None or theirs is None:
            return _SILENT
        for rules, effect in ((selection.denies, Effect.EXPLICIT_DENY), (selection.allows, Effect.ALLOWED)):
            entries = (Entry(Layer.RESOURCE, theirs, rule) for rule in rules if self._names_caller(rule))
            found = tuple(entry for entry in entries if self._applies(entry, resource))
            if found:
                return _Verdict(effect, found)
        return _SILENT

    def _names_caller(self, rule: Rule) -> bool:
        principals = rule.principals
        return principals is None or (
            principals.grants(self._principal, False) != NOBODY
            if rule.allow
            else principals.denies(self._principal, bool(self._layers.boundaries))
        )

    def _crosses(self, resource: str) -> bool:
        """Whether the resource belongs to another account."""
        owner = account_of(resource) or self._owner
        return owner is not None and owner != self._principal.account


class _Case:
    """Actions that the same statements are about, and the answers for them."""

    __slots__ = ("answers", "plan", "selection")

    def __init__(self, plan: Plan, selection: Selection | None) -> None:
        self.plan = plan
        self.selection = selection
        self.answers: dict[tuple[str, bool], Simulated] = {}


def _rules(gate: Gate) -> tuple[Rule, ...]:
    return tuple(entry.rule for entry in gate.entries)


def _in_account(identity: _Verdict, boundary: _Verdict | None, granted: _Verdict) -> Effect:
    """Either side may grant; the resource policy's grant passes a boundary that is merely silent."""
    own = [identity.effect] if boundary is None else [identity.effect, boundary.effect]
    if Effect.EXPLICIT_DENY in own or granted.effect is Effect.EXPLICIT_DENY:
        return Effect.EXPLICIT_DENY
    return Effect.ALLOWED if granted.effect is Effect.ALLOWED else strictest(own)


def _matches(effect: Effect, verdicts: Iterable[_Verdict]) -> tuple[Match, ...]:
    """The statements behind an effect; an implicit denial has none."""
    if effect is Effect.IMPLICIT_DENY:
        return ()
    entries = [entry for verdict in verdicts if verdict.effect is effect for entry in verdict.entries]
    return tuple(Match(entry.layer, entry.name, entry.statement) for entry in entries)


def asked_keys(document: Document) -> list[str]:
    """The condition keys and variables of all statements, each spelling once, in the order of the document."""
    found: dict[str, None] = {}
    for statement in document.statements:
        texts = [*(statement.resources or ()), *(value for c in statement.conditions for value in c.values)]
        found.update(dict.fromkeys(condition.key for condition in statement.conditions))
        if document.has_variables:
            found.update(dict.fromkeys(key for text in texts for key in keys(text)))
    return list(found)
