"""What AWS's policy simulator answers: the same statements as a decision, added up as the simulator adds them up.

It differs from enforcement, and here the difference is the point (seen of live AWS):
* a resource policy's Allow counts for a caller of the same account however it names the caller, and passes a boundary;
* the root user, sessions, role trust and KMS keys have no rules of their own;
* control policies come first, hide what the others would say, and do not ask who calls;
* what matches neither an operator nor its negation is more (`load_simulated`).
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from .arns import account_of
from .compiled import Policy
from .document import Document, Kind, Statement
from .parse import read_document
from .plan import Gate, Plan
from .principals import NOBODY
from .request import Layers, Request
from .statement import Rule
from .variables import keys
from .vocabulary import Attached, Effect, Entry, Layer

_POLICIES_KEPT = 1024


@lru_cache(_POLICIES_KEPT)
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


def simulate(request: Request, layers: Layers, eligible: bool = True) -> Simulated:
    """Simulate one request. Of the layers identity, boundaries, scps and resource count, compiled by `load_simulated`.

    `eligible`: the resource is of a type that the action is about; otherwise nothing can allow it.
    """
    plan = layers.plan(request.action)
    resource, context = request.resource, request.context
    looked_for: list[str] = []  # not told: the simulator names the keys of all statements (`asked_keys`)

    def applies(entry: Entry) -> bool:
        return entry.rule.applies(resource, context, looked_for)

    organizations = None
    if layers.scps:
        control = _controls(plan, applies)
        organizations = control is Effect.ALLOWED
        if not organizations:
            return Simulated(control, organizations=False)
    identity = _own(plan, Layer.IDENTITY, plan.identity, applies) if eligible else _SILENT
    boundary = _boundary(plan, layers, applies, eligible)
    theirs = layers.resource
    granted = _resource(request, layers, theirs, applies) if eligible and theirs is not None else _SILENT
    within = None if boundary is None else boundary.effect is Effect.ALLOWED
    details = {}
    if theirs is not None and _crosses(request):
        details = {Layer.IDENTITY: identity.effect, Layer.RESOURCE: granted.effect}
        if boundary is not None:
            details[Layer.BOUNDARY] = boundary.effect
        effect = strictest(details.values())
    else:
        effect = _in_account(identity, boundary, granted)
    verdicts = (identity, granted, boundary or _SILENT) if effect is not Effect.ALLOWED else (identity, granted)
    return Simulated(effect, _matches(effect, verdicts), organizations, within, details)


def _in_account(identity: _Verdict, boundary: _Verdict | None, granted: _Verdict) -> Effect:
    """Either side may grant; the resource policy's grant passes a boundary that is merely silent."""
    own = [identity.effect] if boundary is None else [identity.effect, boundary.effect]
    if Effect.EXPLICIT_DENY in (*own, granted.effect):
        return Effect.EXPLICIT_DENY
    return Effect.ALLOWED if granted.effect is Effect.ALLOWED else strictest(own)


def _controls(plan: Plan, applies: Callable[[Entry], bool]) -> Effect:
    if any(entry.layer is Layer.SCP and applies(entry) for entry in plan.denies):
        return Effect.EXPLICIT_DENY
    closed = any(not any(map(applies, gate.entries)) for gate in plan.scps)
    return Effect.IMPLICIT_DENY if closed else Effect.ALLOWED


def _own(plan: Plan, layer: Layer, gate: Gate, applies: Callable[[Entry], bool]) -> _Verdict:
    denies = tuple(entry for entry in plan.own_denies if entry.layer is layer and applies(entry))
    if denies:
        return _Verdict(Effect.EXPLICIT_DENY, denies)
    allows = tuple(filter(applies, gate.entries))
    return _Verdict(Effect.ALLOWED, allows) if allows else _SILENT


def _boundary(plan: Plan, layers: Layers, applies: Callable[[Entry], bool], eligible: bool) -> _Verdict | None:
    if not layers.boundaries:
        return None
    if not eligible:
        return _SILENT
    # A gate that stands open to all is left out of the plan; it can still deny.
    gate = plan.boundary or Gate(Layer.BOUNDARY, layers.boundaries, plan.action)
    return _own(plan, Layer.BOUNDARY, gate, applies)


def _resource(request: Request, layers: Layers, attached: Attached, applies: Callable[[Entry], bool]) -> _Verdict:
    who, bounded = request.principal, bool(layers.boundaries)
    selection = attached.policy.select(request.action)

    def names_caller(rule: Rule) -> bool:
        principals = rule.principals
        return principals is None or (
            principals.grants(who, False) != NOBODY if rule.allow else principals.denies(who, bounded)
        )

    for rules, effect in ((selection.denies, Effect.EXPLICIT_DENY), (selection.allows, Effect.ALLOWED)):
        entries = (Entry(Layer.RESOURCE, attached.name, rule) for rule in rules if names_caller(rule))
        found = tuple(filter(applies, entries))
        if found:
            return _Verdict(effect, found)
    return _SILENT


def _crosses(request: Request) -> bool:
    """Whether the resource belongs to another account; an ARN without an account leaves it to `resource_account`."""
    owner = account_of(request.resource) or request.resource_account
    return owner is not None and owner != request.principal.account


def _matches(effect: Effect, verdicts: Iterable[_Verdict]) -> tuple[Match, ...]:
    """The statements behind an effect; an implicit denial has none."""
    if effect is Effect.IMPLICIT_DENY:
        return ()
    entries = [entry for verdict in verdicts if verdict.effect is effect for entry in verdict.entries]
    return tuple(Match(entry.layer, entry.name, entry.rule.statement) for entry in entries)


def asked_keys(document: Document) -> list[str]:
    """The condition keys and variables of all statements, each spelling once, in the order of the document."""
    found: dict[str, None] = {}
    for statement in document.statements:
        texts = [*(statement.resources or ()), *(value for c in statement.conditions for value in c.values)]
        found.update(dict.fromkeys(condition.key for condition in statement.conditions))
        if document.has_variables:
            found.update(dict.fromkeys(key for text in texts for key in keys(text)))
    return list(found)
