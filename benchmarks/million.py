"""A million users in a thousand accounts: what an estate's size does to a request, to memory and to the start.

Two servers, one with a lone account of as many users as each of the other's has, are asked in turns, a signed GetUser
at a time: by all users of the small estate, and by as many spread over all accounts of the large one. What counts is
the CPU time of the server's main thread for each request, which other programs on the machine change least; wall time is
told beside it. Detections are off: on a database that they have never seen they ask of each principal whether it is an
administrator, for minutes.

Run: python -m benchmarks.million [--accounts 1000] [--users 1000] [--data DIR, to build only once]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from benchmarks import million_estate as estate
from benchmarks.api import signed
from benchmarks.servers import Process, free_port, iamd, process

ROUNDS, BATCH = 40, 100
LIMIT = 1.2  # times, at the 99th percentile
LITTLE, TOO_MANY = 100_000_000, 200  # bytes for records, and accounts that take more
ENVIRONMENT = {"IAMD_DETECTIONS": "false"}
BODY = "Action=GetUser&Version=2010-05-08"


@dataclass(slots=True)
class Timed:
    """Seconds that requests took, each."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def told(self, beside: Timed | None = None) -> str:
        text = f"{self.name:42}"
        for what, own, other in (("CPU", self.cpu, beside and beside.cpu), ("wall", self.wall, beside and beside.wall)):
            middle, high = percentiles(own)
            text += f"   {what} p50 {middle * 1e6:6.0f} us, p99 {high * 1e6:6.0f} us"
            if other:
                ratios = [mine / theirs for mine, theirs in zip((middle, high), percentiles(other), strict=True)]
                text += f" = {ratios[0]:.2f}, {ratios[1]:.2f} times"
        return text


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    return statistics.median(values), statistics.quantiles(values, n=100)[98]


class Connection:
    """One connection to a server, which answers one request after the other."""

    def __init__(self, server: Process) -> None:
        self._server = server
        self._socket = self._connected()
        self._stat = Path(f"/proc/{server.popen.pid}/task/{server.popen.pid}/schedstat")

    def _connected(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._server.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def renew(self) -> None:
        """Connect again: the server closes what was idle for long."""
        self._socket.close()
        self._socket = self._connected()

    def cpu(self) -> float:
        """CPU seconds of the server's main thread."""
        return int(self._stat.read_text().split()[0]) / 1e9

    def ask(self, key: estate.Key, timed: Timed) -> None:
        request = signed(self._server.port, "iam", BODY, key.id, key.secret)
        used, began = self.cpu(), time.perf_counter()
        self._socket.sendall(request)
        answer = b""
        while b"</GetUserResponse>" not in answer:
            got = self._socket.recv(65_536)
            answer += got
            if not got or not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer.decode())
        timed.wall.append(time.perf_counter() - began)
        time.sleep(0.0002)  # in which the server finishes what it does behind the answer
        timed.cpu.append(self.cpu() - used)


def memory(server: Process) -> float:
    """Megabytes that the server has in memory."""
    pages = int(Path(f"/proc/{server.popen.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def touch(server: Process, keys: Sequence[estate.Key]) -> None:
    """The first request of each account, and the memory that all of them take."""
    connection, first, began = Connection(server), Timed("first request of an account"), time.perf_counter()
    for key in keys:
        connection.ask(key, first)
    print(f"{first.told()}, {time.perf_counter() - began:.0f} s in all; memory then {memory(server):.0f} MB")


def in_turns(name: str, asked: Sequence[tuple[Connection, Iterator[estate.Key]]], rounds: int) -> None:
    """Batches of requests to both servers in turns."""
    one, all_ = Timed(f"{name}, one account"), Timed(f"{name}, all accounts")
    for _ in range(rounds):
        for (connection, keys), timed in zip(asked, (one, all_), strict=True):
            connection.renew()
            for key in islice(keys, BATCH):
                connection.ask(key, timed)
    print(one.told())
    print(f"{all_.told(one)} (p99 at most {LIMIT})")


def compare(folder: Path, small: Sequence[estate.Key], large: Sequence[estate.Key]) -> None:
    with started(folder / "small") as one, started(folder / "large") as other:
        first = {key.account_id: key for key in large}
        touch(other, list(first.values()))
        spread = [key for key in large if first[key.account_id] is not key]
        asked = [(Connection(one), cycle(small)), (Connection(other), cycle(spread))]
        in_turns("first request of a user", asked, len(small) // BATCH)
        in_turns("later requests", asked, ROUNDS)
        print(f"memory at the end: one account {memory(one):.0f} MB, all {memory(other):.0f} MB")


@contextmanager
def started(data_dir: Path, **settings: str) -> Iterator[Process]:
    """A server on an estate; tells how long it takes to start."""
    port, began = free_port(), time.perf_counter()
    with process(iamd(port, "--data-dir", str(data_dir)), port, {**ENVIRONMENT, **settings}) as server:
        print(f"{data_dir.name} estate: started in {time.perf_counter() - began:.2f} s, {memory(server):.0f} MB")
        yield server


def measure(folder: Path, accounts: int, users: int) -> None:
    keys = {}
    for name, number, each in (("small", 1, users), ("large", accounts, max(users // accounts, 1) + 1)):
        if not (folder / name).exists():
            (folder / name).mkdir()
            asyncio.run(estate.build(folder / name, number, users, lambda text: print(text, flush=True)))
        keys[name] = asyncio.run(estate.keys(folder / name, each))
    compare(folder, keys["small"], keys["large"])
    print(f"with {LITTLE / 1e6:.0f} MB for records:")
    with started(folder / "large", IAMD_RECORD_BYTES=str(LITTLE)) as server:
        for _ in range(2):
            touch(server, list({key.account_id: key for key in keys["large"]}.values())[:TOO_MANY])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args(sys.argv[1:] if Path(sys.argv[0]).stem == "million" else [])
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    with tempfile.TemporaryDirectory() as folder:
        measure(options.data or Path(folder), options.accounts, options.users)


if __name__ == "__main__":
    main()
