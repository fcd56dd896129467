"""`iamd serve`: builds the application from the settings and runs it until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import ceil
from types import FrameType

import uvicorn
import uvloop
from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from iamd import __version__
from iamd.agent import config as agent_config
from iamd.agent.local import RealmSource
from iamd.agent.serving import serving as serving_credentials
from iamd.app import Application
from iamd.authorization.callers import identify
from iamd.caller.caller import CallerKind
from iamd.caller.issuers import Issuers
from iamd.caller.outgoing import Outgoing
from iamd.caller.passwords import Lockout
from iamd.caller.strangers import place_of
from iamd.caller.tokens import TokenKeys
from iamd.reference import services
from iamd.server import asgi, data, telemetry
from iamd.server.banner import banner
from iamd.server.bootstrap import Root, ensure_account, first_account
from iamd.server.clock import now
from iamd.server.crowd import Crowd
from iamd.server.edge_link import EdgeLink
from iamd.server.edges import EdgeDoor, Edges
from iamd.server.endpoints import Endpoints
from iamd.server.front import Front
from iamd.server.gate import Gate
from iamd.server.gateway_parts import gate, upstreams_of
from iamd.server.handshakes import Handshakes
from iamd.server.imported_resources import imported
from iamd.server.issuers import document
from iamd.server.jobs import jobs, meanwhile
from iamd.server.listening import bind, endpoint_url
from iamd.server.logs import configure_logs
from iamd.server.tls import ServerCertificate, certificate_at, hangups, keep_renewed
from iamd.server.worker import Shared, Worker, shared
from iamd.services.call import Realm
from iamd.settings import Settings
from iamd.store.budget import record_bytes
from iamd.store.keyring import Keyring
from iamd.store.sealing import new_key
from iamd.store.store import Store
from iamd.wire.errors import AccessDenied
from iamd.wire.http import HttpRequest

# For how long a request waits for the interpreter while a thread beside it writes or indexes events. By Python's default
# it is fifty times as long.
SWITCH_SECONDS = 0.0001


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
async def running(settings: Settings, worker: Worker | None = None) -> AsyncIterator[Server]:
    """Open the store, make the first account if there is none, and close everything at the end."""
    common = worker.shared if worker else shared(0, settings.throttle, settings.stranger_rate)
    services.register(settings.custom_services)
    upstreams = upstreams_of(settings)
    link = await _link(settings)
    memory = record_bytes(settings.record_bytes, settings.workers)
    store = data.store(settings, memory) if link is None else Store(link.database, memory)
    await store.start()
    try:
        realm = _realm(settings, store, common, link)
        root = await first_account(store, settings, now()) if link is None else None
        endpoints = Endpoints(
            ready=lambda: store.healthy and common.serving.all(),
            metrics=_collector(worker) if settings.metrics == "public" else None,
            reset=_reset(realm, root, lambda: application.gate) if settings.in_memory and root else None,
            publish=partial(document, realm) if link is None else None,
            count=lambda address: realm.strangers.take(address),
            edge_door=None if settings.edges is None else EdgeDoor(realm, Edges(settings.edges)),
        )
        if link is not None:
            endpoints.set_apart = lambda: link.set_apart
        proxies = asgi.TrustedProxies(settings.trusted_proxies)
        application = Application(realm, endpoints, settings.max_body_bytes, proxies, settings.control_plane)
        async with (
            _beside(settings, realm, link, worker) as endpoints.leads,
            gate(settings, realm, upstreams, proxies, common.facts) as application.gate,
        ):
            yield Server(application, store.account_ids()[0], root)
    finally:
        await store.close()


async def _link(settings: Settings) -> EdgeLink | None:
    """The link of an edge node, when it has a replica. Raises StoreError, and Dismissed."""
    if settings.control_plane is None or settings.edge_token is None:
        return None
    link = EdgeLink(data.edge(settings, settings.control_plane), settings.edge_token)
    await link.begin()
    return link


@asynccontextmanager
async def _beside(
    settings: Settings, realm: Realm, link: EdgeLink | None, worker: Worker | None
) -> AsyncIterator[Callable[[], bool]]:
    """What is done beside the requests; tells whether this server leads."""
    if link is not None:
        async with meanwhile(link.run()):
            yield lambda: False
        return
    async with jobs(settings, realm, fills_lake=worker is None or worker.is_first) as leadership:
        yield lambda: leadership.held


def _realm(settings: Settings, store: Store, common: Shared, link: EdgeLink | None) -> Realm:
    """What operations work with, all but the gateway's."""
    tokens = _tokens(store, link)
    return Realm(
        store,
        store.sealer,
        tokens,
        lockout=Lockout(settings.lockout_failures, timedelta(seconds=settings.lockout_duration)),
        portal_session=timedelta(seconds=settings.portal_session),
        issuers=Issuers(Outgoing(settings.reachable_issuers)),
        renews_reports=settings.in_memory,
        attempts=common.attempts,
        throttle=common.throttle,
        strangers=common.strangers,
        quotas=settings.quotas,
        public_url=settings.public_url,
        sign_in_urls=_sign_in_urls(settings),
        delivers_trails=settings.trail_buckets is not None,
        lake=data.lake(settings),
        hindsight=data.hindsight(settings),
        region=settings.region,
        inventories=() if settings.in_memory else imported(settings.data_dir),
    )


def _tokens(store: Store, link: EdgeLink | None) -> TokenKeys:
    """The keys of the store, also when they change. An edge node that gets none asks its control plane whose sessions they
    are that it is shown; its own count there alone."""
    own = {0: new_key()}
    tokens = TokenKeys(own)

    def renew(keyring: Keyring) -> None:
        tokens.renew(keyring.token_keys or own)
        tokens.introduces = None if link is None or keyring.token_keys else link.introduced

    store.on_new_keys = renew
    renew(store.keyring)
    return tokens


def _sign_in_urls(settings: Settings) -> tuple[str, ...]:
    """The endpoints that SAML responses may be addressed to besides AWS's: the console's own is among them."""
    own = () if settings.public_url is None else (f"{settings.public_url.rstrip('/')}/saml",)
    return (*settings.sign_in_urls, *own)


_OF_BROWSERS = (b"origin", b"sec-fetch-site")


def _reset(realm: Realm, root: Root, opened: Callable[[], Gate | None]) -> Callable[[HttpRequest], Awaitable[None]]:
    """Back to the state after the first start; root's keys stay as they were. Programs of this machine may do that, and
    who has signed as root for the service `iamd`."""

    async def reset(request: HttpRequest) -> None:
        # A browser of this machine may be at anybody's page, which could send it here.
        if place_of(request.client_ip) is not None or not request.index.keys().isdisjoint(_OF_BROWSERS):
            caller = await identify(realm, request, now())
            if caller.kind is not CallerKind.ROOT or caller.account_id != root.account.account_id:
                raise AccessDenied("Only the root user of the first account may do that from elsewhere.")
        await realm.store.reset()
        realm.snapshots.clear()
        realm.standings.clear()
        realm.attempts.clear()
        realm.strangers.clear()
        if realm.throttle is not None:
            realm.throttle.clear()
        realm.issuers.clear()
        gateway = opened()
        if gateway is not None:
            gateway.forget()
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


async def serve(settings: Settings, listening: Callable[[Server, str], None], worker: Worker | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `listening` is told the endpoint when requests are taken.

    Running requests are finished within `shutdown_timeout`, and everything pending is written. Raises StoreError when
    the data cannot be opened, OSError when an address cannot be listened on, BadCertificate for one that cannot be used,
    and ConfigError for credential endpoints that cannot be set up.
    """
    # Before the first account is made: its keys are told when requests are taken, and only then.
    certificate = certificate_at(settings.tls_certificate, settings.tls_key)
    with bind(settings.host, settings.port) if worker is None else worker.listener as sock:
        worker = worker or Worker(0, sock, shared(1, settings.throttle, settings.stranger_rate))
        with _metrics(settings.metrics_listener if worker.is_first else None, _collector(worker)):
            await _serve(settings, worker, certificate, listening)


async def _serve(
    settings: Settings,
    worker: Worker,
    certificate: ServerCertificate | None,
    listening: Callable[[Server, str], None],
) -> None:
    async with running(settings, worker) as server, _credential_endpoints(settings, server, worker):
        config = _uvicorn_config(settings, server.application, certificate)

        def listens(host: str, port: int) -> None:
            worker.shared.serving.set(worker.index, True)
            listening(server, endpoint_url(host, port, certificate is not None))

        uvicorn_server = _Uvicorn(config, listens)
        # What was made so far lives as long as the process: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        sys.setswitchinterval(SWITCH_SECONDS)
        server.stop = lambda: setattr(uvicorn_server, "should_exit", True)
        if worker.life is not None:
            _stop_with(worker.life, server)
        telling = worker.metrics() if settings.metrics != "off" else None
        async with (
            meanwhile(keep_renewed([certificate.files], hangups())) if certificate else nullcontext(),
            meanwhile(telling.run()) if telling else nullcontext(),
        ):
            await uvicorn_server.serve(sockets=[worker.listener])


def _stop_with(life: int, server: Server) -> None:
    """Stop when nobody holds the other end of that pipe any more."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(life)
        server.stop()

    loop.add_reader(life, ended)


def _uvicorn_config(
    settings: Settings, application: Application, certificate: ServerCertificate | None
) -> uvicorn.Config:
    front = Front(
        settings.max_header_bytes,
        settings.request_timeout,
        application.reception,
        Crowd(settings.address_connections, application.proxies.trusts),
    )
    makes: Front | Handshakes = front if certificate is None else Handshakes(front, certificate.context)
    return uvicorn.Config(
        application,
        http=makes,  # type: ignore[arg-type]  # which make what is asked for
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=ceil(settings.shutdown_timeout),
    )


@asynccontextmanager
async def _credential_endpoints(settings: Settings, server: Server, worker: Worker) -> AsyncIterator[None]:
    """Serve them beside the server, if a setting names their file; beside one worker, since they have their sockets."""
    if settings.credential_endpoints is None or not worker.is_first:
        yield
        return
    config = agent_config.load(settings.credential_endpoints)
    async with serving_credentials(config, RealmSource(server.application.realm, config.region)) as urls:
        server.credential_urls = urls
        yield


def _collector(worker: Worker | None) -> CollectorRegistry:
    """The metrics of the server: those of all its workers, if it has several."""
    metrics = None if worker is None else worker.metrics()
    return REGISTRY if metrics is None else metrics.registry()


@contextmanager
def _metrics(listener: tuple[str, int] | None, registry: CollectorRegistry) -> Iterator[None]:
    """Serve the metrics on an address of their own, if there is one."""
    if listener is None:
        yield
        return
    host, port = listener
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise OSError(f"cannot listen for metrics on {host}, port {port}: {error.strerror}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def logs_as_json(settings: Settings) -> bool:
    """Whether who reads the log is a program, which does not see the banner either."""
    return settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())


def announcement(settings: Settings, server: Server, endpoint: str) -> str:
    """What is told when a server is ready."""
    return banner(settings, server.account_id, endpoint, __version__, server.root, server.credential_urls)


def run(settings: Settings) -> None:
    """`iamd serve`: serve in the foreground, saying where it is when it is ready. Raises as `serve` does."""
    as_json = logs_as_json(settings)
    configure_logs(settings.log_level, as_json)

    def announce(server: Server, endpoint: str) -> None:
        sys.stdout.write(announcement(settings, server, endpoint) + "\n")
        sys.stdout.flush()
        if as_json:
            telemetry.log.info("listening", endpoint=endpoint, account=server.account_id, version=__version__)

    uvloop.run(serve(settings, announce))
    if as_json:
        telemetry.log.info("stopped")
