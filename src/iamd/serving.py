"""`iamd serve`: builds the application from the settings and runs it until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import ceil
from shutil import rmtree
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from prometheus_client import start_http_server

from iamd import __version__
from iamd.agent import config as agent_config
from iamd.agent.local import RealmSource
from iamd.agent.serving import serving as serving_credentials
from iamd.app import Application
from iamd.audit.lake.files import Lake
from iamd.caller.issuers import Issuers
from iamd.caller.outgoing import Outgoing
from iamd.caller.passwords import Lockout
from iamd.caller.tokens import TokenKeys
from iamd.gateway.door import Gateway
from iamd.gateway.facts.facts import Facts
from iamd.gateway.facts.questions import Questions
from iamd.gateway.forward import Forwarder
from iamd.gateway.forward_access import ForwardAccess
from iamd.gateway.inventory import UpstreamInventory
from iamd.gateway.known_resources import UpstreamResources
from iamd.gateway.owners import Owners
from iamd.gateway.parts import Parts
from iamd.gateway.service_callers import ServiceCallers
from iamd.gateway.upstreams import Upstreams
from iamd.reference import services
from iamd.server import asgi, data, telemetry
from iamd.server.banner import banner
from iamd.server.bootstrap import Root, ensure_account, first_account
from iamd.server.closed_accounts import ClosedAccounts
from iamd.server.detections import Detections
from iamd.server.endpoints import Endpoints
from iamd.server.event_data_stores import EventDataStores
from iamd.server.event_index import keep_indexed
from iamd.server.event_queries import Deliver, EventQueries
from iamd.server.event_retention import EventRetention
from iamd.server.exchange import now
from iamd.server.finding_sinks import Outbox
from iamd.server.gate import Gate
from iamd.server.history import keep_days
from iamd.server.imported_resources import imported
from iamd.server.issuers import document
from iamd.server.listening import bind, endpoint_url
from iamd.server.logs import configure_logs
from iamd.server.prompt import prompt
from iamd.server.query_delivery import delivered
from iamd.server.report_places import place_of
from iamd.server.report_schedule import ReportSchedule
from iamd.server.tls import ServerCertificate, certificate_at
from iamd.server.trail_buckets import buckets_at
from iamd.server.trail_delivery import TrailDeliveries
from iamd.services.call import Realm
from iamd.services.forwarding import Forwarding
from iamd.services.throttle import Throttle
from iamd.settings import Settings
from iamd.store.store import Store


@dataclass(slots=True)
class Server:
    """A running iamd. `root` is there on the first start only; `stop` ends `serve` gracefully; `credential_urls` are
    those of the credential endpoints beside it."""

    application: Application
    account_id: str
    root: Root | None
    stop: Callable[[], None] = lambda: None
    credential_urls: Sequence[str] = ()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Server]:
    """Open the store, make the first account if there is none, and close everything at the end."""
    services.register(settings.custom_services)
    store = data.store(settings)
    await store.start()
    try:
        tokens = TokenKeys(store.keyring.token_keys)
        store.on_new_keys = lambda keyring: tokens.renew(keyring.token_keys)
        realm = Realm(
            store,
            store.sealer,
            tokens,
            lockout=Lockout(settings.lockout_failures, timedelta(seconds=settings.lockout_duration)),
            portal_session=timedelta(seconds=settings.portal_session),
            issuers=Issuers(Outgoing(settings.reachable_issuers)),
            renews_reports=settings.in_memory,
            throttle=Throttle(settings.throttle) if settings.throttle else None,
            quotas=settings.quotas,
            public_url=settings.public_url,
            sign_in_urls=_sign_in_urls(settings),
            delivers_trails=settings.trail_buckets is not None,
            lake=data.lake(settings),
            hindsight=data.hindsight(settings),
            region=settings.region,
            inventories=() if settings.in_memory else imported(settings.data_dir),
        )
        root = await first_account(store, settings, now())
        endpoints = Endpoints(
            ready=lambda: store.healthy,
            metrics=settings.metrics == "public",
            reset=_reset(realm, root, lambda: application.gate) if settings.in_memory and root else None,
            publish=partial(document, realm),
        )
        proxies = asgi.TrustedProxies(settings.trusted_proxies)
        application = Application(realm, endpoints, settings.max_body_bytes, proxies)
        async with _beside(settings, realm), _gate(settings, realm, proxies) as application.gate:
            yield Server(application, store.account_ids()[0], root)
    finally:
        await store.close()


@asynccontextmanager
async def _beside(settings: Settings, realm: Realm) -> AsyncIterator[None]:
    """What is done beside the requests."""
    store = realm.store
    history = _meanwhile(keep_days(store, settings.history_days)) if settings.history_days else nullcontext()
    retention = EventRetention(store, realm.lake, settings.event_days)
    async with (
        _reports(settings, store),
        _trails(settings, store),
        _meanwhile(keep_indexed(store)),
        _event_data_stores(settings, store, realm.lake),
        _detections(settings, realm),
        history,
        _meanwhile(retention.run()) if settings.event_days else nullcontext(),
        _meanwhile(ClosedAccounts(store).run()),
    ):
        yield


@asynccontextmanager
async def _detections(settings: Settings, realm: Realm) -> AsyncIterator[None]:
    """Look for suspicious events meanwhile, and tell what is found, unless the settings say otherwise."""
    if not settings.detections:
        yield
        return
    outbox = Outbox(settings.findings_to)
    async with _meanwhile(outbox.run()), _meanwhile(Detections(realm, outbox).run()):
        yield


def _sign_in_urls(settings: Settings) -> tuple[str, ...]:
    """The endpoints that SAML responses may be addressed to besides AWS's: the console's own is among them."""
    own = () if settings.public_url is None else (f"{settings.public_url.rstrip('/')}/saml",)
    return (*settings.sign_in_urls, *own)


@asynccontextmanager
async def _event_data_stores(settings: Settings, store: Store, lake: Lake | None) -> AsyncIterator[None]:
    """Fill event data stores and run their queries meanwhile, if there can be any."""
    if lake is None:
        yield
        return
    stores = EventDataStores(store, lake)
    try:
        queries = EventQueries(store, lake, stores, _query_delivery(settings, store))
        async with _meanwhile(stores.run()), _meanwhile(queries.run()):
            yield
    finally:
        if settings.in_memory:
            rmtree(lake.folder, ignore_errors=True)


def _query_delivery(settings: Settings, store: Store) -> Deliver | None:
    """What puts results of queries into the buckets of trails, if the settings say where they are."""
    if settings.trail_buckets is None:
        return None
    buckets, region = buckets_at(settings.trail_buckets), settings.region
    return lambda query, now: delivered(store, buckets, query, region, now.replace(microsecond=0))


@asynccontextmanager
async def _gate(settings: Settings, realm: Realm, proxies: asgi.TrustedProxies) -> AsyncIterator[Gate | None]:
    """The gateway, if there are upstreams."""
    if not settings.upstream:
        yield None
        return
    forwarder = Forwarder(settings.upstream_timeout)
    upstreams = Upstreams(settings.upstream, settings.upstream_credentials, settings.upstream_accounts)
    owners = Owners(settings.upstream_account or realm.store.account_ids()[0], settings.upstream_owners)
    questions = Questions(upstreams, forwarder)
    facts = Facts(questions, settings.upstream_cache)
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
        yield Gate(Gateway(parts), proxies, settings.request_timeout)
    finally:
        forwarder.close()


@asynccontextmanager
async def _reports(settings: Settings, store: Store) -> AsyncIterator[None]:
    """Write credential reports meanwhile, if the settings say so."""
    if settings.report_to is None or settings.report_schedule == "off":
        yield
        return
    schedule = ReportSchedule(store, place_of(settings.report_to), settings.report_schedule, settings.report_format)
    async with _meanwhile(schedule.run()):
        yield


@asynccontextmanager
async def _trails(settings: Settings, store: Store) -> AsyncIterator[None]:
    """Deliver trails meanwhile, if the settings say where to."""
    if settings.trail_buckets is None:
        yield
        return
    buckets = buckets_at(settings.trail_buckets)
    deliveries = TrailDeliveries(store, buckets, settings.trail_interval, settings.trail_digest_interval)
    async with _meanwhile(deliveries.run()):
        yield


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do that work, which never ends, until the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _reset(realm: Realm, root: Root, gate: Callable[[], Gate | None]) -> Callable[[], Awaitable[None]]:
    """Back to the state after the first start; root's keys stay as they were."""

    async def reset() -> None:
        await realm.store.reset()
        realm.snapshots.clear()
        realm.standings.clear()
        realm.attempts.clear()
        if realm.throttle is not None:
            realm.throttle.clear()
        realm.issuers.clear()
        opened = gate()
        if opened is not None:
            opened.forget()
        await ensure_account(realm.store, root)

    return reset


class _Uvicorn(uvicorn.Server):
    """uvicorn that tells when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[str, int], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._listening(host, port)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        # uvicorn would raise these once more when it has stopped, which ends the process before the store is closed.
        self._captured_signals.clear()


async def serve(settings: Settings, listening: Callable[[Server, str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `listening` is told the endpoint when requests are taken.

    Running requests are finished within `shutdown_timeout`, and everything pending is written. Raises StoreError when
    the data cannot be opened, OSError when an address cannot be listened on, BadCertificate for one that cannot be used,
    and ConfigError for credential endpoints that cannot be set up.
    """
    # Before the first account is made: its keys are told when requests are taken, and only then.
    certificate = certificate_at(settings.tls_certificate, settings.tls_key)
    with bind(settings.host, settings.port) as sock, _metrics(settings.metrics_listener):
        await _serve(settings, sock, certificate, listening)


async def _serve(
    settings: Settings,
    sock: socket.socket,
    certificate: ServerCertificate | None,
    listening: Callable[[Server, str], None],
) -> None:
    async with running(settings) as server, _credential_endpoints(settings, server):
        config = uvicorn.Config(
            server.application,
            http=prompt(settings.max_header_bytes, settings.request_timeout, server.application),
            loop="uvloop",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=ceil(settings.shutdown_timeout),
        )
        if certificate is not None:
            config.load()
            config.ssl = certificate.context
        uvicorn_server = _Uvicorn(
            config, lambda host, port: listening(server, endpoint_url(host, port, certificate is not None))
        )
        # What was made so far lives as long as the process: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        server.stop = lambda: setattr(uvicorn_server, "should_exit", True)
        async with _meanwhile(certificate.run()) if certificate else nullcontext():
            await uvicorn_server.serve(sockets=[sock])


@asynccontextmanager
async def _credential_endpoints(settings: Settings, server: Server) -> AsyncIterator[None]:
    """Serve them beside the server, if a setting names their file."""
    if settings.credential_endpoints is None:
        yield
        return
    config = agent_config.load(settings.credential_endpoints)
    async with serving_credentials(config, RealmSource(server.application.realm, config.region)) as urls:
        server.credential_urls = urls
        yield


@contextmanager
def _metrics(listener: tuple[str, int] | None) -> Iterator[None]:
    """Serve the metrics on an address of their own, if there is one."""
    if listener is None:
        yield
        return
    host, port = listener
    try:
        server, thread = start_http_server(port, addr=host)
    except OSError as error:
        raise OSError(f"cannot listen for metrics on {host}, port {port}: {error.strerror}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run(settings: Settings) -> None:
    """`iamd serve`: serve in the foreground, saying where it is when it is ready. Raises as `serve` does."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    configure_logs(settings.log_level, as_json)

    def announce(server: Server, endpoint: str) -> None:
        sys.stdout.write(
            banner(settings, server.account_id, endpoint, __version__, server.root, server.credential_urls) + "\n"
        )
        sys.stdout.flush()
        if as_json:  # who reads these lines does not see the banner
            telemetry.log.info("listening", endpoint=endpoint, account=server.account_id, version=__version__)

    uvloop.run(serve(settings, announce))
    if as_json:
        telemetry.log.info("stopped")
