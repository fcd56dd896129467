"""What all requests of one caller have in common."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from iamd.guard.context import Context
from iamd.guard.organizations import Standing
from iamd.policy import Attached, Kind, Layers, Principal, load


@dataclass(slots=True)
class Snapshot:
    """Everything about a caller that its requests have in common.

    `circumstances` are the condition keys of its last request that another one at the `same` time and place shares.
    `layers` hold no resource control policies, which are those of the resource's owner: see `towards`.
    """

    principal: Principal
    layers: Layers
    context: Context
    generation: int
    standing: Standing | None = None
    weight: int = 0  # bytes, about
    same: tuple[object, ...] = ()
    circumstances: Context = field(default_factory=dict)
    _towards: dict[str, tuple[Standing, Layers]] = field(default_factory=dict, compare=False, repr=False)
    _about: dict[str, tuple[Layers, str, Kind, Layers]] = field(default_factory=dict, compare=False, repr=False)

    def towards(self, owner: Standing) -> Layers:
        """The layers of requests for resources of the account that stands so, its control policies among them."""
        known = self._towards.get(owner.account_id)
        if known is None or known[0] is not owner:
            if len(self._towards) >= _OWNERS_KEPT:
                self._towards.clear()
            known = owner, dataclasses.replace(self.layers, rcps=owner.rcps, plans={})
            self._towards[owner.account_id] = known
        return known[1]

    def about(self, layers: Layers, resource: str, policy: str, kind: Kind) -> Layers:
        """These layers with the policy of a resource about which the caller asks, made once while both are the same."""
        known = self._about.get(resource)
        if known is None or known[0] is not layers or known[1:3] != (policy, kind):
            if len(self._about) >= _RESOURCES_KEPT:
                self._about.clear()
            known = layers, policy, kind, layers.about(Attached(resource, load(policy, kind)))
            self._about[resource] = known
        return known[3]


_OWNERS_KEPT = 64  # for each caller
_RESOURCES_KEPT = 16
