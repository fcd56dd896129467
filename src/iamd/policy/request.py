"""What is asked: a request, and the layers of policies that bear on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .plan import Plan
from .principals import Principal
from .vocabulary import Attached

_PLANS_KEPT = 256


@dataclass(slots=True)
class Request:
    """One action on one resource.

    `resource` is `*` where the action has none. `resource_account` is its owner; None: as its ARN says, else the
    caller's. `context` keys must be lower case, tag keys included; multivalued keys are tuples.
    """

    principal: Principal
    action: str
    resource: str = "*"
    resource_account: str | None = None
    context: dict[str, str | tuple[str, ...]] = field(default_factory=dict)


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

    def plan(self, action: str) -> Plan:
        """What all layers but the resource policy hold about an action."""
        found = self.plans.get(action)
        if found is None:
            found = Plan(action, self.identity, self.boundaries, self.session, self.scps, self.rcps, self.endpoint)
            if len(self.plans) >= _PLANS_KEPT:
                self.plans.clear()
            self.plans[action] = found
        return found
