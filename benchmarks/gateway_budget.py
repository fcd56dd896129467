"""Where the time of a forwarded GET goes: user space alone, between two connections without sockets.

Requests pass in order of their way, as many together as there are clients; then the links are timed one after the other.
Each figure is the least of many rounds, so that what else the machine does counts little.
Run: python -m benchmarks.gateway_budget
"""

from __future__ import annotations

import asyncio
import gc
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from time import perf_counter, perf_counter_ns
from typing import Any
from urllib.parse import quote

import uvicorn
import uvloop
from uvicorn.server import ServerState

from benchmarks.api import ENVIRONMENT, signed
from benchmarks.gateway import POLICY, reads
from iamd.audit.ids import new_uuid
from iamd.gateway import outcome
from iamd.gateway.connection import Connection
from iamd.gateway.heads import head_of
from iamd.gateway.links import LINKS
from iamd.gateway.parts import Parts
from iamd.gateway.passage import Passage
from iamd.server.clock import now
from iamd.server.front import Front
from iamd.serving import Server, running
from iamd.settings import load
from iamd.wire.http import HttpRequest

ROUNDS, BATCH = 120, 40
CLIENTS = 32
ORIGIN = "http://127.0.0.1:9"
HEADERS = b'content-type: binary/octet-stream\r\ncontent-length: 4096\r\netag: "0123"\r\nx-amz-request-id: 0123\r\n'
ANSWER = b"HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 12:00:00 GMT\r\nserver: x\r\n" + HEADERS + b"\r\n" + b"x" * 4096
NO_POLICY = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


class Transport:
    """Keeps what was written last."""

    def __init__(self) -> None:
        self.last = b""

    def write(self, data: bytes) -> None:
        self.last = data

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default

    def abort(self) -> None: ...

    def close(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Bench:
    """A server with clients and connections to an upstream."""

    def __init__(self, server: Server) -> None:
        application: Any = server.application
        self.parts: Parts = application.gate._gateway.parts
        self.pool = self.parts.forwarder.idle
        self.origin = next(iter(self.parts.upstreams._by_name.values())).origin
        self.front = Front(16384, 60.0, application.reception)
        config = uvicorn.Config(application, log_config=None, access_log=False)
        config.load()
        self.clients, self.upstreams, state = [], [], ServerState()
        for _ in range(CLIENTS):
            client, transport = self.front(config, state, {}, asyncio.get_running_loop()), Transport()
            client.connection_made(transport)
            self.clients.append((client, transport))
            connection, behind = Connection(self.origin, None, 60, self.pool.release), Transport()
            connection.connection_made(behind)
            self.upstreams.append((connection, behind))
            self.pool.release(connection)

    async def call(self, data: bytes) -> str:
        """The answer to one request, however long its way."""
        client, transport = self.clients[0]
        transport.last = b""
        client.data_received(data)
        while not transport.last:
            await asyncio.sleep(0)
            for connection, behind in self.upstreams:
                sent, behind.last = behind.last, b""
                if sent:
                    connection.data_received(NO_POLICY if b"?policy" in sent else ANSWER)
        return transport.last.decode()

    def way(self, requests: list[bytes], rounds: int = ROUNDS) -> list[float]:
        """Microseconds of a request's three parts, of as many together as there are clients: it comes in, it is decided
        and sent, it is answered."""
        rows, number = [], 0
        for connection, _ in self.upstreams:
            connection.write(b"")  # it has not been idle for long, however slow the machine
        for _ in range(rounds):
            times = [perf_counter_ns()]
            for client, _ in self.clients:
                client.data_received(requests[number % len(requests)])
                number += 1
            times.append(perf_counter_ns())
            self.front.answer_all()
            times.append(perf_counter_ns())
            for connection, _ in self.upstreams:  # each of them has one
                connection.data_received(ANSWER)
            times.append(perf_counter_ns())
            rows.append([after - before for before, after in pairwise(times)])
        if any(client._prompt.is_answering() for client, _ in self.clients):
            raise RuntimeError("requests had to wait, since the machine is too slow: once more")
        return [min(row[part] for row in rows) / CLIENTS / 1e3 for part in range(3)]


def least(work: Callable[[int], object]) -> float:
    """Microseconds of one call, by the round that took the least."""
    best = 1e9
    for start in range(ROUNDS):
        began = perf_counter_ns()
        for number in range(start * BATCH, (start + 1) * BATCH):
            work(number)
        best = min(best, (perf_counter_ns() - began) / BATCH / 1e3)
    return best


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def parsed(raw: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Path and headers of a request."""
    first, *lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    pairs = [line.split(b": ", 1) for line in lines]
    return first.split(b" ")[1], [(name.lower(), value) for name, value in pairs]


def stages(bench: Bench, requests: list[bytes]) -> list[tuple[str, float]]:
    """Each stage's own microseconds, on warm caches."""
    parts, heads = bench.parts, [parsed(raw) for raw in requests]

    def passed(number: int, links: int) -> Passage:
        path, headers = heads[number % len(heads)]
        request = HttpRequest("GET", path, b"", headers, b"", "127.0.0.1", False, perf_counter())
        passage = Passage(request, new_uuid(), now(), _nothing(), b"")
        for link in LINKS[:links]:
            if link(parts, passage) is not None:
                raise RuntimeError(f"{link} has to wait")
        return passage

    def sent(number: int) -> Passage:
        passage = passed(number, len(LINKS))
        if passage.upstream is None or passage.outbound is None:
            raise RuntimeError("it is not composed")
        head_of(passage.upstream, passage.outbound, passage.now)
        return passage

    def answered(number: int) -> None:
        outcome.recorded(parts, done, outcome.answered(done, 200, told, b""))

    done, told = sent(0), [(name, b"x") for name in (b"content-type", b"content-length", b"etag", b"date")]
    names = ["request", *(str(getattr(link, "__name__", link)) for link in LINKS), "head, signed anew"]
    sums = [least(lambda number, links=links: passed(number, links)) for links in range(len(LINKS) + 1)]  # type: ignore[misc]
    sums.append(least(sent))
    own = [sums[0], *(max(0.0, after - before) for before, after in pairwise(sums))]
    return [*zip(names, own, strict=True), ("event, answer's head", least(answered))]


@asynccontextmanager
async def prepared() -> AsyncIterator[tuple[Bench, list[bytes]]]:
    """A server that knows its upstream, and requests of a user that may send them."""
    with tempfile.TemporaryDirectory() as folder:
        flags = {"data_dir": folder, "port": 0, "upstream": [f"s3={ORIGIN}"], "upstream_cache": 3600}
        async with running(load(flags, ENVIRONMENT)) as server:
            bench, version = Bench(server), "&Version=2010-05-08"
            policy = quote(json.dumps(POLICY))
            put = f"Action=PutUserPolicy&UserName=alice&PolicyName=p&PolicyDocument={policy}{version}"
            for body in (f"Action=CreateUser&UserName=alice{version}", put):
                await bench.call(signed(1, "iam", body))
            made = await bench.call(signed(1, "iam", f"Action=CreateAccessKey&UserName=alice{version}"))
            key, secret = (made.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey"))
            requests = reads(1, (key, secret))
            await bench.call(requests[0])  # now the bucket's policy is known
            gc.freeze()
            gc.set_threshold(50_000, 20, 20)  # as the server does
            yield bench, requests


async def measure() -> None:
    """Print the budget."""
    async with prepared() as (bench, requests):
        for name, least_time in zip(("comes in", "decided, sent", "answered"), bench.way(requests), strict=True):
            print(f"{name:24} {least_time:6.1f} us on its way")
        for name, least_time in stages(bench, requests):
            print(f"    {name:20} {least_time:6.1f} us warm")


def main() -> None:
    uvloop.run(measure())


if __name__ == "__main__":
    main()
