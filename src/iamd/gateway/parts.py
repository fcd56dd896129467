"""What the gateway works with."""

from __future__ import annotations

from iamd.gateway.asker import Asker
from iamd.gateway.directory import Service
from iamd.gateway.facts.at_hand import PoliciesAtHand
from iamd.gateway.facts.facts import Facts
from iamd.gateway.forward import Forwarder
from iamd.gateway.forward_access import ForwardAccess
from iamd.gateway.modes import ENFORCE
from iamd.gateway.owners import Owners
from iamd.gateway.service_callers import ServiceCallers
from iamd.gateway.upstreams import Upstream, Upstreams
from iamd.services.call import Realm


class Parts:
    """`owners` have the upstreams' resources, whose `facts` are read there; `services` may call, too, by
    `forward_access` for their callers; `max_body` bytes are read of a body that says what a request needs. In another
    mode than `enforce`, what policies do not allow is passed on and recorded; strangers and what cannot be mapped are
    refused in any."""

    def __init__(
        self,
        realm: Realm,
        upstreams: Upstreams,
        forwarder: Forwarder,
        owners: Owners,
        facts: Facts,
        services: ServiceCallers,
        forward_access: ForwardAccess,
        max_body: int,
        mode: str = ENFORCE,
    ) -> None:
        self.realm = realm
        self.upstreams = upstreams
        self.forwarder = forwarder
        self.owners = owners
        self.facts = facts
        self.policies: PoliciesAtHand = facts.policies
        self.services = services
        self.forward_access = forward_access
        self.max_body = max_body
        self.mode = mode
        self.asker = Asker(realm, facts)
        self._by_service: dict[str, Upstream] = {}

    def upstream_of(self, service: Service) -> Upstream | None:
        """Where requests to a service go, as `upstreams`, which never change, have it."""
        found = self._by_service.get(service.name)
        if found is None:
            found = self.upstreams.of(service)
            if found is not None:
                self._by_service[service.name] = found
        return found
