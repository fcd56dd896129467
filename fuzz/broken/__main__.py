"""`python -m fuzz.broken`: requests to every door, broken as bytes; the server must refuse them, or take them as they are.

Exit code 0: no answer was a failure of the server (5xx), nothing failed in its log, what the gateway passed on was HTTP,
and memory stopped growing; 1: else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from fuzz.broken.breaking import broken
from fuzz.broken.log import errors
from fuzz.broken.upstream import Upstream
from fuzz.broken.whole import Requests
from fuzz.server import ROOT, Server

_TOGETHER = 64  # connections
_WELL_WITHIN = 30.0  # seconds
_SIGNED_EVERY = 20_000  # requests, after which all are signed anew: signatures are good for five minutes
_MEASURED = 40  # times
_GROWTH = 1.1  # of memory over the second half of the run
_LAST = b"GET /_iamd/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
"""Follows each, so that a connection ends at once when what came before was complete."""

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass
class Report:
    """What came of a run; a status of 0 stands for no answer: what was cut off waits for its rest."""

    seed: int
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)  # KiB

    @property
    def grew(self) -> bool:
        """Whether memory went on growing in the second half, when what is kept for later was full."""
        half = len(self.memory) // 2
        return half > 1 and self.memory[-1] > _GROWTH * self.memory[half]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module's text."""
    args = _parser().parse_args(arguments)
    report = uvloop.run(_run(args))
    if args.json:
        print(json.dumps(_told(report)))
    else:
        _print(report)
    return 1 if report.failures or report.grew else 0


async def _run(args: argparse.Namespace) -> Report:
    report, wrong = Report(args.seed), list[str]()
    upstream = await asyncio.get_running_loop().create_server(lambda: Upstream(wrong), "127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="iamd-fuzz-") as folder:
        port: int = upstream.sockets[0].getsockname()[1]
        flags = ["--data-dir", f"{folder}/data", "--log-format", "json", "--upstream", f"s3=http://127.0.0.1:{port}"]
        server = Server(flags, Path(folder, "log"))
        try:
            await _send_all(server, args, report)
            report.failures += wrong + errors(server.log())
            if not await _is_well(server):
                report.failures.append(f"the server is not well: {server.log()[-4_000:]}")
        finally:
            server.close()
    upstream.close()
    return report


async def _send_all(server: Server, args: argparse.Namespace, report: Report) -> None:
    choice, began, requests = random.Random(args.seed), time.monotonic(), Requests(server.host, ROOT)
    whole = requests.all()
    numbers = iter(range(args.number))

    async def send() -> None:
        nonlocal whole
        for number in numbers:
            if number % _SIGNED_EVERY == _SIGNED_EVERY - 1:
                whole = requests.all()
            if number % max(1, args.number // _MEASURED) == 0:
                report.memory.append(server.memory())
                _progress(args, report, began)
            await _try(server, broken(choice.choice(whole), whole, choice), report, args.patience)

    await asyncio.gather(*(send() for _ in range(_TOGETHER)))
    report.memory.append(server.memory())


async def _try(server: Server, sent: bytes, report: Report, patience: float) -> None:
    """Send it on a connection of its own, and look at what comes."""
    said = await _said(server, sent + _LAST, patience)
    found = [int(status) for status in _STATUS.findall(said)]
    report.requests += 1
    report.statuses[next((status for status in found if status != 100), 0)] += 1
    if any(status >= 500 for status in found) or (said and not said.startswith(b"HTTP/1.1 ")):
        report.failures.append(f"{sent[:4_000]!r}\nwas answered {said[:1_000]!r}")


async def _said(server: Server, sent: bytes, patience: float) -> bytes:
    said = b""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        with suppress(OSError, TimeoutError):
            writer.write(sent)
            async with asyncio.timeout(patience):
                while piece := await reader.read(65_536):
                    said += piece
    finally:
        writer.transport.abort()
    return said


async def _is_well(server: Server) -> bool:
    return b" 200 " in (await _said(server, _LAST, _WELL_WITHIN))[:20]


def _progress(args: argparse.Namespace, report: Report, began: float) -> None:
    if not args.json and sys.stderr.isatty():
        rate = report.requests / max(0.001, time.monotonic() - began)
        sys.stderr.write(f"\r{report.requests} of {args.number}, {rate:.0f} a second, {len(report.failures)} failures ")


def _told(report: Report) -> dict[str, Any]:
    return {
        "seed": report.seed,
        "requests": report.requests,
        "statuses": {str(status): number for status, number in sorted(report.statuses.items())},
        "memory": report.memory,
        "grew": report.grew,
        "failures": report.failures,
    }


def _print(report: Report) -> None:
    print(f"\nseed {report.seed}: {report.requests} requests, broken at one to three places")
    found = sorted(report.statuses.items())
    print(", ".join(f"{number} {f'of status {status}' if status else 'not answered'}" for status, number in found))
    half = len(report.memory) // 2
    first, middle, last = (report.memory[at] >> 10 for at in (0, half, -1))
    print(f"memory: {first} MiB at first, {middle} MiB half-way, {last} MiB at last")
    for failure in report.failures[:20]:
        print(f"\nFAILURE {failure}")
    if report.grew:
        print("MEMORY GREW")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.broken", description=__doc__, epilog="example: python -m fuzz.broken --number 1000000"
    )
    parser.add_argument("--number", type=int, default=100_000, help="so many requests (default: 100000)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="of what is chosen; default: any")
    parser.add_argument(
        "--patience",
        type=float,
        default=0.5,
        help="seconds for an answer; what was cut off waits so long for its rest (default: 0.5)",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
