"""What all requests of one caller have in common."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Final

from iamd.caller.caller import Caller
from iamd.guard.context import Context, request_context
from iamd.guard.organizations import Standing
from iamd.policy import Attached, Kind, Layers, Principal, load


class Snapshot:
    """Everything about a caller that its requests have in common.

    `circumstances` are what else is known of its last request, which another one at the same time and place shares.
    `layers` hold no resource control policies, which are those of the resource's owner: see `towards`. (A plain class,
    because every request reads it: see `wire.http`.)
    """

    def __init__(
        self, principal: Principal, layers: Layers, context: Context, generation: int, standing: Standing | None = None
    ) -> None:
        self.principal: Final = principal
        self.account: Final[str | None] = principal.account
        self.layers: Final = layers
        self.context: Final = context
        self.generation: Final = generation
        self.standing: Final = standing
        self.weight = 0  # bytes, about
        self.circumstances: Circumstances | None = None
        self._towards: dict[str, tuple[Standing, Layers]] = {}
        self._about: dict[str, tuple[Layers, str, Kind, Layers]] = {}

    def under(self, now: datetime, client_ip: str, secure: bool, agent: str, region: str, caller: Caller) -> Context:
        """The condition keys of a request of the caller's at that time and place, but for what it asks: to be copied."""
        last = self.circumstances
        if (
            last is None
            or last.now is not now  # requests of a second share it
            or last.client_ip != client_ip
            or last.secure != secure
            or last.agent != agent
            or last.region != region
        ):
            last = self.circumstances = Circumstances(now, client_ip, secure, agent, region)
            last.context.update(self.context)
            last.context.update(request_context(caller, now, client_ip, secure, agent, region))
        return last.context

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


class Circumstances:
    """Time and place of a request, and the condition keys that tell of them and of the caller."""

    def __init__(self, now: datetime, client_ip: str, secure: bool, agent: str, region: str) -> None:
        self.now: Final = now
        self.client_ip: Final = client_ip
        self.secure: Final = secure
        self.agent: Final = agent
        self.region: Final = region
        self.context: Context = {}


_OWNERS_KEPT: Final = 64  # for each caller
_RESOURCES_KEPT: Final = 16
