"""Where findings are told: webhooks, files, syslog. Each has a queue of its own, bounded, and is tried again and again;
what it never takes is dropped, counted and said. `iamd findings` has them all the same."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Protocol

import msgspec
from prometheus_client import Counter

from iamd.audit.detections.finding import Finding
from iamd.server import telemetry

WAITING = 1_000  # findings that may wait for a sink
ATTEMPTS = 8
FIRST_PAUSE = 1.0  # seconds after a failure, twice as long after each further one
_TIMEOUT = 10  # seconds
_SYSLOG = "syslog:"
_AUTHPRIV = 10  # facility of security messages (RFC 5424, section 6.2.1)
_PRIORITIES = {"low": 5, "medium": 4, "high": 2}  # notice, warning, critical

DROPPED = Counter("iamd_findings_dropped", "Findings that a sink never took", ["sink"])


class NotSent(Exception):
    """A sink did not take a finding; the message says why."""


class Sink(Protocol):
    """Takes findings one by one."""

    async def send(self, finding: Finding) -> None:
        """Raises NotSent."""
        ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that a finding is posted to as JSON."""

    url: str

    async def send(self, finding: Finding) -> None:
        import aiohttp  # takes a tenth of a second, which few servers need

        timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.post(
                    self.url,
                    data=_json(finding),
                    headers={"content-type": "application/json"},
                    allow_redirects=False,
                ) as answer,
            ):
                if not 200 <= answer.status < 300:
                    raise NotSent(f"it answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NotSent(str(error) or type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class File:
    """A file that findings are appended to, a line of JSON each; only its owner may read it."""

    path: Path

    async def send(self, finding: Finding) -> None:
        try:
            await asyncio.to_thread(self._append, _json(finding) + b"\n")
        except OSError as error:
            raise NotSent(f"{self.path}: {error.strerror}") from error

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as out:
            out.write(line)
            out.flush()
            os.fsync(out.fileno())


@dataclass(frozen=True, slots=True)
class Syslog:
    """A syslog server, by UDP (`HOST:PORT`) or the path of its socket; messages are of RFC 5424."""

    address: str

    async def send(self, finding: Finding) -> None:
        priority = _AUTHPRIV * 8 + _PRIORITIES[finding.level]
        when = finding.updated.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = f"<{priority}>1 {when} {socket.gethostname()} iamd {os.getpid()} finding - ".encode() + _json(finding)
        try:
            await asyncio.to_thread(self._send, message)
        except OSError as error:
            raise NotSent(f"{self.address}: {error.strerror or error}") from error

    def _send(self, message: bytes) -> None:
        if self.address.startswith("/"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.sendto(message, self.address)
            return
        host, _, port = self.address.rpartition(":")
        family, kind, _, _, to = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as out:
            out.sendto(message, to)


def sink_of(destination: str) -> Sink:
    """The sink that a setting names: a URL, `syslog:HOST:PORT`, `syslog:/dev/log`, or a file."""
    if destination.startswith(("http://", "https://")):
        return Webhook(destination)
    if destination.startswith(_SYSLOG):
        return Syslog(destination.removeprefix(_SYSLOG))
    return File(Path(destination).expanduser())


def _json(finding: Finding) -> bytes:
    return msgspec.json.encode(finding.document())


class Outbox:
    """Tells findings to all sinks behind everybody's back."""

    def __init__(self, destinations: Sequence[str], pause: float = FIRST_PAUSE, waiting: int = WAITING) -> None:
        self._sinks = [
            (_shown(destination), sink_of(destination), asyncio.Queue[Finding](waiting)) for destination in destinations
        ]
        self._pause = pause
        self.dropped = 0

    def put(self, finding: Finding) -> None:
        """Have a finding told; never waits."""
        for name, _, queue in self._sinks:
            try:
                queue.put_nowait(finding)
            except asyncio.QueueFull:
                self._drop(name, finding, "too many wait for this sink")

    async def run(self) -> None:
        """Go on until cancelled, and say then what was left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for name, sink, queue in self._sinks:
                    tasks.create_task(self._deliver(name, sink, queue))
                await asyncio.Event().wait()
        finally:
            for name, _, queue in self._sinks:
                with suppress(asyncio.QueueEmpty):
                    while True:
                        self._drop(name, queue.get_nowait(), "the server stops")

    async def delivered(self) -> None:
        """Return when every finding so far was told or dropped."""
        for _, _, queue in self._sinks:
            await queue.join()

    async def _deliver(self, name: str, sink: Sink, queue: asyncio.Queue[Finding]) -> None:
        while True:
            finding = await queue.get()
            await self._attempt(name, sink, finding)
            queue.task_done()

    async def _attempt(self, name: str, sink: Sink, finding: Finding) -> None:
        reason = ""
        for attempt in range(ATTEMPTS):
            try:
                await sink.send(finding)
                return
            except NotSent as error:
                reason = str(error)
                if attempt == 0:
                    telemetry.log.warning("a finding waits to be told", sink=name, finding=finding.id, reason=reason)
            await asyncio.sleep(self._pause * 2**attempt)
        self._drop(name, finding, reason)

    def _drop(self, name: str, finding: Finding, reason: str) -> None:
        self.dropped += 1
        DROPPED.labels(name).inc()
        telemetry.log.error("a finding was not told", sink=name, finding=finding.id, type=finding.type, reason=reason)


def _shown(destination: str) -> str:
    """A destination for logs and metrics: a webhook's path and query may be its secret."""
    if destination.startswith(("http://", "https://")):
        scheme, _, rest = destination.partition("://")
        return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}/..."
    return destination
