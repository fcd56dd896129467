"""The gateway, put together as the settings say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from iamd.gateway.door import Gateway
from iamd.gateway.facts.facts import Facts
from iamd.gateway.facts.questions import Questions
from iamd.gateway.forward import Forwarder
from iamd.gateway.forward_access import ForwardAccess
from iamd.gateway.inventory import UpstreamInventory
from iamd.gateway.known_resources import UpstreamResources
from iamd.gateway.origins import Identification
from iamd.gateway.owners import Owners
from iamd.gateway.parts import Parts
from iamd.gateway.service_callers import ServiceCallers
from iamd.gateway.upstreams import EVERYTHING, Upstreams
from iamd.node.versions import Versions
from iamd.server.asgi import TrustedProxies
from iamd.server.gate import Gate
from iamd.server.jobs import meanwhile
from iamd.server.tls import keep_renewed
from iamd.services.call import Realm
from iamd.services.forwarding import Forwarding
from iamd.settings import Settings


def upstreams_of(settings: Settings) -> Upstreams:
    """The upstreams. Raises BadCertificate for files of their TLS that cannot be used."""
    files = settings.upstream_authorities, settings.upstream_certificate, settings.upstream_key
    identified = {
        name: Identification(*(named.get(name, named.get(EVERYTHING)) for named in files)) for name in settings.upstream
    }
    return Upstreams(settings.upstream, settings.upstream_credentials, settings.upstream_accounts, identified)


@asynccontextmanager
async def gate(
    settings: Settings, realm: Realm, upstreams: Upstreams, proxies: TrustedProxies, versions: Versions
) -> AsyncIterator[Gate | None]:
    """The gateway, if there are upstreams; `versions` are those of what it remembers of them."""
    if not upstreams:
        yield None
        return
    forwarder = Forwarder(settings.upstream_timeout)
    owners = Owners(settings.upstream_account or realm.store.account_ids()[0], settings.upstream_owners)
    questions = Questions(upstreams, forwarder)
    facts = Facts(questions, settings.upstream_cache, versions)
    realm.resources = UpstreamResources(upstreams, owners, facts)
    realm.forwarding = Forwarding(settings.gateway_mode, settings.upstream)
    realm.inventories = (UpstreamInventory(upstreams, owners, questions, facts), *realm.inventories)
    services = ServiceCallers(settings.upstream_services, owners.account_id)
    parts = Parts(
        realm,
        upstreams,
        forwarder,
        owners,
        facts,
        services,
        ForwardAccess(settings.upstream_forward_access, realm),
        settings.upstream_body_bytes,
        settings.gateway_mode,
    )
    try:
        async with meanwhile(keep_renewed(upstreams.tls_files)):
            yield Gate(Gateway(parts), proxies, settings.request_timeout)
    finally:
        forwarder.close()
