"""iamd's own paths, apart from every AWS API: health, metrics, reset, and what accounts publish as issuers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from iamd.audit.ids import new_uuid
from iamd.server import edges
from iamd.server.edges import EdgeDoor
from iamd.store.errors import StoreError
from iamd.wire.errors import AwsError
from iamd.wire.http import Answer, HttpRequest

PREFIX = b"/_iamd/"

Publish = Callable[[HttpRequest, bytes], Awaitable[object | None]]
Endpoint = Callable[[HttpRequest], Awaitable[Answer]]

_JSON = (b"content-type", b"application/json")


def as_json(status: int, value: object) -> Answer:
    """A JSON answer that no cache keeps."""
    headers = [_JSON, (b"cache-control", b"no-store")]
    return Answer(status, headers, json.dumps(value).encode() + b"\n")


class Endpoints:
    """The paths below `/_iamd/`; those of `metrics` and `reset` are there only with something to tell or do. `reset` raises
    AwsError for who may not; `edge_door` answers edge nodes; `publish` has the documents at all other paths, or None, and
    raises Throttling, as does `count` for an address that asks for metrics too often."""

    def __init__(
        self,
        ready: Callable[[], bool],
        metrics: Collector | None = None,
        reset: Callable[[HttpRequest], Awaitable[None]] | None = None,
        publish: Publish | None = None,
        edge_door: EdgeDoor | None = None,
        count: Callable[[str], None] = lambda address: None,
    ) -> None:
        self._ready = ready
        self._count = count
        self.leads: Callable[[], bool] = lambda: False  # whether this server does what is done by one of all
        self.set_apart: Callable[[], int] = lambda: 0  # of an edge node: what its control plane does not take
        self._publish = publish
        self._edge_door = edge_door
        self._reset = reset
        self._routes: dict[tuple[str, bytes], Endpoint] = {("GET", b"health"): self._health}
        self._collector = metrics
        if metrics is not None:
            self._routes["GET", b"metrics"] = self._metrics
        if reset is not None:
            self._routes["POST", b"reset"] = self._do_reset

    async def answer(self, request: HttpRequest) -> Answer:
        """Answer a request below `/_iamd/`: 404 for an unknown path, 405 for another method."""
        try:
            answered = await self._answer(request)
        except AwsError as error:
            answered = as_json(error.http_status, {"error": error.message})
            answered.headers.extend(error.headers)
        answered.headers.append((b"x-amzn-requestid", new_uuid().encode()))
        return answered

    async def _answer(self, request: HttpRequest) -> Answer:
        path = request.path.removeprefix(PREFIX)
        if self._edge_door is not None and path.startswith(edges.PREFIX):
            return await self._edge_door.answer(request, path.removeprefix(edges.PREFIX))
        endpoint = self._routes.get(("GET" if request.method == "HEAD" else request.method, path))
        if endpoint is not None:
            return await endpoint(request)
        allowed = sorted(method for method, route in self._routes if route == path)
        published = None if self._publish is None or allowed else await self._publish(request, path)
        if published is not None and request.method in ("GET", "HEAD"):
            return Answer(200, [_JSON, (b"cache-control", b"public, max-age=300")], json.dumps(published).encode())
        if published is not None:
            allowed = ["GET"]
        if not allowed:
            return as_json(404, {"error": "no such endpoint"})
        refused = as_json(405, {"error": f"use {' or '.join(allowed)}"})
        return Answer(405, [*refused.headers, (b"allow", ", ".join(allowed).encode())], refused.body)

    async def _health(self, request: HttpRequest) -> Answer:
        ready = self._ready()
        told = {"status": "ready" if ready else "unavailable", "leader": self.leads()}
        apart = self.set_apart()
        return as_json(200 if ready else 503, {**told, "setApart": apart} if apart else told)

    async def _metrics(self, request: HttpRequest) -> Answer:
        if self._collector is None:
            raise RuntimeError("this path is there only with metrics")
        self._count(request.client_ip)
        told = generate_latest(self._collector)
        return Answer(200, [(b"content-type", CONTENT_TYPE_LATEST.encode())], told)

    async def _do_reset(self, request: HttpRequest) -> Answer:
        if self._reset is None:
            raise RuntimeError("this path is there only with something to reset")
        try:
            await self._reset(request)
        except StoreError as error:
            return as_json(503, {"error": str(error)})
        return as_json(200, {"status": "reset"})
