"""What is asked: a request, and the layers of policies that bear on it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .plan import Plan
from .principals import Principal
from .statement import Rule
from .text import lower
from .variables import Context
from .vocabulary import Attached, Entry, Layer

_PLANS_KEPT = 256
_KEYS_KEPT = 4096
_LONGEST_KEPT = 128
_keys: dict[str, str] = {}  # lower-case forms of keys as requests spell them, for they repeat


def canonical_context(given: Mapping[str, str | Sequence[str]]) -> Context:
    """A context as a Request takes it, from keys in any case and values that are texts or lists of them."""
    context: Context = {}
    for key, value in (given if isinstance(given, dict) else dict(given)).items():
        known = _keys.get(key)
        context[known if known is not None else _lower_key(key)] = value if isinstance(value, str) else tuple(value)
    return context


def _lower_key(key: str) -> str:
    lowered = sys.intern(lower(key))
    if len(_keys) < _KEYS_KEPT and len(key) <= _LONGEST_KEPT:
        _keys[key] = lowered
    return lowered


class Request:
    """One action on one resource.

    `resource` is `*` where the action has none. `resource_account` is its owner; None: as its ARN says, else the
    caller's. `context` keys must be lower case, tag keys included; multivalued keys are tuples (`canonical_context`).
    (A plain class, because one is made for every decision: a dataclass's `__init__` is not compiled.)
    """

    __slots__ = ("action", "context", "principal", "resource", "resource_account")

    def __init__(
        self,
        principal: Principal,
        action: str,
        resource: str = "*",
        resource_account: str | None = None,
        context: Context | None = None,
    ) -> None:
        self.principal = principal
        self.action = action
        self.resource = resource
        self.resource_account = resource_account
        self.context: Context = {} if context is None else context

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and self._asked() == other._asked()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Request{self._asked()!r}"

    def _asked(self) -> tuple[Principal, str, str, str | None, Context]:
        return self.principal, self.action, self.resource, self.resource_account, self.context


@dataclass(frozen=True, slots=True)
class Layers:
    """Every policy that bears on a caller, layer by layer.

    `session` None: no session policy was passed (an empty tuple allows nothing). `scps` and `rcps` hold one tuple a
    level, from the root to the account; no level at all means no organization. `endpoint` empty: the request came
    another way. Keep one value for a principal and use `about` for each resource: what was found out stays with it.
    """

    identity: tuple[Attached, ...] = ()
    boundaries: tuple[Attached, ...] = ()
    session: tuple[Attached, ...] | None = None
    scps: tuple[tuple[Attached, ...], ...] = ()
    rcps: tuple[tuple[Attached, ...], ...] = ()
    resource: Attached | None = None
    endpoint: tuple[Attached, ...] = ()
    management_account: str | None = None
    plans: dict[str, Plan] = field(default_factory=dict, repr=False, compare=False)
    grants: dict[Rule, Entry] = field(default_factory=dict, repr=False, compare=False)

    def about(self, resource: Attached | None) -> Layers:
        """The same layers with another resource policy, sharing what is known of the rest."""
        return Layers(
            self.identity,
            self.boundaries,
            self.session,
            self.scps,
            self.rcps,
            resource,
            self.endpoint,
            self.management_account,
            self.plans,
        )

    def granting(self, layer: Layer, attached: Attached, rule: Rule) -> Entry:
        """A rule of the resource policy where it stands; the same one each time, with what it settles."""
        found = self.grants.get(rule)
        if found is None or found.layer is not layer or found.attached is not attached:
            found = self.grants[rule] = Entry(layer, attached, rule)
        return found

    def plan(self, action: str) -> Plan:
        """What all layers but the resource policy hold about an action."""
        found = self.plans.get(action)
        if found is None:
            found = Plan(action, self.identity, self.boundaries, self.session, self.scps, self.rcps, self.endpoint)
            if len(self.plans) >= _PLANS_KEPT:
                self.plans.clear()
            self.plans[action] = found
        return found
