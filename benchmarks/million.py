"""A million users in a thousand accounts: what an estate's size does to a decision, to a request, to memory and to the
start.

Two servers, one with a lone account of as many users as each of the other's has, are asked in turns, a signed GetUser at
a time: by all users of the small estate, and by as many spread over all accounts of the large one. A turn takes longer
than a second, so that what is written a second later falls in it, and the other server has finished before it begins.
Told are CPU time of the server's main thread, which other programs on the machine change least, and wall time. In the end
the same users' decisions on their own, within one process. Detections are off: on a database that they have never seen
they ask of each principal whether it is an administrator, for minutes.

Run: python -m benchmarks.million [--accounts 1000] [--users 1000] [--data DIR, to build only once] [--ahead]

On a machine with much else to do, wall time is that of the others: `--ahead` puts the servers and their client before all
of them while requests are measured, which takes root.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from benchmarks import million_decisions
from benchmarks import million_estate as estate
from benchmarks.api import signed
from benchmarks.rounds import Rounds
from benchmarks.servers import Process, free_port, iamd, process

ROUNDS, TURN, PAUSE = 15, 2_000, 1.5  # turns of each server, requests of a turn, seconds before it
LIMIT = 1.2  # times, at the 99th percentile
LITTLE, TOO_MANY = 100_000_000, 200  # bytes for records, and accounts that take more
ENVIRONMENT = {"IAMD_DETECTIONS": "false"}
BODY = "Action=GetUser&Version=2010-05-08"


@dataclass(slots=True)
class Timed:
    """Seconds that requests took, each."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


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


@contextmanager
def ahead(servers: Sequence[Process]) -> Iterator[None]:
    """The servers' main threads and this program run before all else on the machine, the servers' other threads next."""

    def put(policy: int, first: int, next_: int) -> None:
        for server in servers:
            for thread in Path(f"/proc/{server.popen.pid}/task").iterdir():
                priority = first if int(thread.name) == server.popen.pid else next_
                os.sched_setscheduler(int(thread.name), policy, os.sched_param(priority))
        os.sched_setscheduler(0, policy, os.sched_param(first))

    put(os.SCHED_RR, 2, 1)
    try:
        yield
    finally:
        put(os.SCHED_OTHER, 0, 0)


def touch(server: Process, keys: Sequence[estate.Key]) -> None:
    """The first request of each account, and the memory that all of them take."""
    connection, first, began = Connection(server), Timed(), time.perf_counter()
    for key in keys:
        connection.ask(key, first)
    cpu, wall = Rounds(), Rounds()
    cpu.add(first.cpu)
    wall.add(first.wall)
    print(f"first request of an account   CPU {cpu.told()}   wall {wall.told()}", end="")
    print(f", {time.perf_counter() - began:.0f} s in all; memory then {memory(server):.0f} MB", flush=True)


def in_turns(name: str, asked: Sequence[tuple[Connection, Iterator[estate.Key]]], rounds: int, turn: int) -> None:
    """Requests to both servers in turns."""
    cpu, wall = (Rounds(), Rounds()), (Rounds(), Rounds())
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            connection, keys = asked[which]
            time.sleep(PAUSE)
            connection.renew()
            timed = Timed()
            for key in islice(keys, turn):
                connection.ask(key, timed)
            cpu[which].add(timed.cpu[1:])  # the first of them is that of a new connection
            wall[which].add(timed.wall[1:])
    print(f"{name}, one account    CPU {cpu[0].told()}   wall {wall[0].told()}")
    verdict = "met" if max(cpu[1].ratio(cpu[0]), wall[1].ratio(wall[0])) <= LIMIT else "MISSED"
    print(f"{name}, all accounts   CPU {cpu[1].told(cpu[0])}   wall {wall[1].told(wall[0])}", end="")
    print(f" (p99 at most {LIMIT}: {verdict})", flush=True)


def compare(folder: Path, small: Sequence[estate.Key], spread: Sequence[estate.Key], first_of_all: bool) -> None:
    with started(folder / "small") as one, started(folder / "large") as other:
        first = {key.account_id: key for key in spread}
        touch(other, list(first.values()))
        rest = [key for key in spread if first[key.account_id] is not key]
        asked = [(Connection(one), cycle(small)), (Connection(other), cycle(rest))]
        with ahead((one, other)) if first_of_all else nullcontext():
            in_turns("first request of a user", asked, 4, len(small) // 4)
            in_turns("later requests", asked, ROUNDS, TURN)
        print(f"memory at the end: one account {memory(one):.0f} MB, all {memory(other):.0f} MB", flush=True)


@contextmanager
def started(data_dir: Path, **settings: str) -> Iterator[Process]:
    """A server on an estate; tells how long it takes to start."""
    port, began = free_port(), time.perf_counter()
    with process(iamd(port, "--data-dir", str(data_dir)), port, {**ENVIRONMENT, **settings}) as server:
        print(f"{data_dir.name} estate: started in {time.perf_counter() - began:.2f} s, {memory(server):.0f} MB")
        yield server


def measure(folder: Path, accounts: int, users: int, first_of_all: bool) -> None:
    keys = {}
    for name, number, each in (("small", 1, users), ("large", accounts, max(users // accounts, 1) + 1)):
        if not (folder / name).exists():
            (folder / name).mkdir()
            asyncio.run(estate.build(folder / name, number, users, lambda text: print(text, flush=True)))
        keys[name] = asyncio.run(estate.keys(folder / name, each))
    compare(folder, keys["small"], keys["large"], first_of_all)
    one_of_each = list({key.account_id: key for key in keys["large"]}.values())
    print(f"with {LITTLE / 1e6:.0f} MB for records:")
    with started(folder / "large", IAMD_RECORD_BYTES=str(LITTLE)) as server:
        for _ in range(2):
            touch(server, one_of_each[:TOO_MANY])
    asyncio.run(million_decisions.compare((folder / "small", keys["small"]), (folder / "large", one_of_each), LIMIT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--ahead", action="store_true")
    options = parser.parse_args(sys.argv[1:] if Path(sys.argv[0]).stem == "million" else [])
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    with tempfile.TemporaryDirectory() as folder:
        measure(options.data or Path(folder), options.accounts, options.users, options.ahead)


if __name__ == "__main__":
    main()
