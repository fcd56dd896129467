"""A million users in a thousand accounts: what an estate's size does to a request, to memory and to the start.

Two servers, one with a lone account of as many users as each of the other's has. They are asked in turns, a signed
GetUser at a time: by users of the small estate, by as many users spread over all accounts of the large one, and by
users of the large one who were not there before. What counts is the CPU time of the server's main thread for each
request, which other programs on the machine hardly change; wall time is told beside it.

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
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from benchmarks import million_estate as estate
from benchmarks.api import signed
from benchmarks.servers import Process, free_port, iamd, process

ROUNDS, BATCH = 40, 100
ACTIVE = 1_000  # users who come again
LIMIT = 1.2
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


def loading(small: Connection, large: Connection, warm: estate.Key, cold: Sequence[estate.Key]) -> None:
    """The first request to each account, and what requests of others take meanwhile."""
    first = Timed("first request of an account")
    for key in cold:
        large.ask(key, first)
    print(first.told())


def rounds(small: Connection, large: Connection, few: Sequence[estate.Key], many: Sequence[estate.Key]) -> list[Timed]:
    """Requests to both servers in turns."""
    asked = (
        (small, Timed(f"{len(few)} users of one account"), cycle(few)),
        (large, Timed(f"{ACTIVE} users of all accounts"), cycle(many[:ACTIVE])),
        (large, Timed("users of all accounts, each for the first time"), cycle(many[ACTIVE:])),
    )
    for connection, _, keys in asked[:2]:
        connection.renew()
        for key in islice(keys, ACTIVE):
            connection.ask(key, Timed(""))
    for _ in range(ROUNDS):
        for connection, timed, keys in asked:
            connection.renew()
            for key in islice(keys, BATCH):
                connection.ask(key, timed)
    return [timed for _, timed, _ in asked]


def measure(folder: Path, accounts: int, users: int) -> None:
    made = {
        "small": (1, 1_000, folder / "small"),
        "large": (accounts, 10 + ROUNDS * BATCH // accounts, folder / "large"),
    }
    keys = {}
    for name, (number, each, data) in made.items():
        if not data.exists():
            data.mkdir()
            asyncio.run(estate.build(data, number, users, lambda text: print(text, flush=True)))
        keys[name] = asyncio.run(estate.keys(data, each))
    ports = free_port(), free_port()
    began = time.perf_counter()
    with process(iamd(ports[0], "--data-dir", str(folder / "small")), ports[0]) as one:
        starts = [time.perf_counter() - began]
        began = time.perf_counter()
        with process(iamd(ports[1], "--data-dir", str(folder / "large")), ports[1]) as other:
            starts.append(time.perf_counter() - began)
            print(f"start                      {starts[0]:.2f} s, large estate {starts[1]:.2f} s")
            print(f"memory at the start        {memory(one):.0f} MB, large estate {memory(other):.0f} MB")
            small, large = Connection(one), Connection(other)
            firsts = {key.account_id: key for key in keys["large"]}
            began = time.perf_counter()
            loading(small, large, keys["small"][0], list(firsts.values()))
            print(f"all accounts in memory after {time.perf_counter() - began:.0f} s, in {memory(other):.0f} MB")
            told = rounds(small, large, keys["small"], keys["large"])
            for timed in told:
                print(timed.told(None if timed is told[0] else told[0]))
            print(f"memory at the end          {memory(one):.0f} MB, large estate {memory(other):.0f} MB")


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
