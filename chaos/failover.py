"""`python -m chaos.failover`: the database fails over under load, again and again, while servers decide.

Its server is killed and the synchronous standby promoted. Told is for how long no decision was answered, and how soon
after the promotion a change was; afterwards everything is held against what iamd promises, as by `python -m chaos`.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from botocore.credentials import Credentials

from chaos.__main__ import recorded, shown
from chaos.checker import violations
from chaos.client import Client
from chaos.estate import ENVIRONMENT, ROOT
from chaos.history import History, Outcome
from chaos.node import Node
from chaos.workload import Workload
from tests.postgresql import Pair, paired

_LOAD = 2.0  # seconds between fail-overs
_PAUSE = 0.02  # seconds between looks
_WITHIN = 60.0  # seconds in which a change must be answered again
WRITES_WITHIN = 10.0  # seconds after a promotion that are promised


@dataclass(frozen=True)
class FailOver:
    """Seconds: from the kill to the end of the promotion, from there to the first change that was answered, and the
    longest in which no decision was answered meanwhile."""

    promotion: float
    until_writes: float
    without_decision: float


@dataclass(frozen=True)
class Report:
    """What came of a run."""

    seed: int
    nodes: int
    acknowledged_writes: int
    reads: int
    failovers: list[FailOver]
    violations: list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every promise was kept; 1: one was not."""
    args = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="iamd-failover-") as folder, paired() as pair:
        report = run(args, Path(folder), pair)
    if args.json:
        print(json.dumps(asdict(report)))
    else:
        _print(report)
    return 1 if report.violations else 0


def run(args: argparse.Namespace, folder: Path, pair: Pair) -> Report:
    """One run; raises RuntimeError when a server does not start."""
    key = folder / "master.key"
    key.write_bytes(secrets.token_bytes(32))
    pair.primary.new_database(name="iamd")
    flags = ["--data-dir", str(folder / "data"), "--database", pair.url("iamd"), "--master-key-file", str(key)]
    if args.read_standby:
        flags += ["--read-database", pair.url("iamd")]
    nodes = [
        Node(f"node-{number + 1}", flags, ENVIRONMENT, folder / f"node-{number + 1}.log")
        for number in range(args.nodes)
    ]
    workload = Workload(nodes, ROOT, carry=True)
    try:
        for node in nodes:
            node.start()
        workload.prepare(args.writers, 4, args.seed)
        workload.start(args.writers, args.readers, args.seed)
        try:
            with ExitStack() as stack:
                probes = [stack.enter_context(_Probe(node, workload.key())) for node in nodes]
                failovers = [_fail_over(pair, workload.history, probes, args) for _ in range(args.rounds)]
        finally:
            workload.stop()
        last = workload.last(nodes[0])
        for node in nodes:
            node.stop()
    finally:
        for node in nodes:
            node.kill()
    found = list(violations(workload.history, last, recorded(flags)))
    found += [
        f"changes were answered {each.until_writes:.1f} s after the promotion"
        for each in failovers
        if each.until_writes > WRITES_WITHIN
    ]
    reads = sum(len(register.reads) for register in workload.history.registers.values())
    return Report(args.seed, args.nodes, workload.acknowledged, reads, failovers, found)


def _fail_over(pair: Pair, history: History, probes: Sequence[_Probe], args: argparse.Namespace) -> FailOver:
    """Fail over once, behind a new standby."""
    if pair.failed_over:
        pair.renew()
    time.sleep(_LOAD)
    killed = time.monotonic()
    pair.fail_over(args.away, freeze=args.freeze)
    promoted = time.monotonic()
    answered = None
    while answered is None:
        if time.monotonic() > promoted + _WITHIN:
            raise RuntimeError(f"no change was answered within {_WITHIN:g} s of the promotion")
        time.sleep(_PAUSE)
        answered = _first_write(history, promoted)
    silence = max(each.silence(killed, answered) for each in probes)
    return FailOver(promoted - killed, answered - promoted, silence)


def _first_write(history: History, behind: float) -> float | None:
    """When the first change behind a time was answered."""
    done = (
        write.ended
        for register in history.registers.values()
        for write in register.writes[-1:]
        if write.outcome is Outcome.DONE and write.ended > behind
    )
    return min(done, default=None)


class _Probe:
    """Asks a server for decisions all the time, of whatever revision, and knows when one was answered."""

    def __init__(self, node: Node, key: Credentials) -> None:
        self._client = Client(node.port)
        self._key = key
        self._answered: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> _Probe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._client.close()

    def _ask(self) -> None:
        while not self._over.wait(_PAUSE):
            answer = self._client.call(self._key, "GetUser", {})
            if answer.status in (200, 403):
                self._answered.append(answer.ended)

    def silence(self, start: float, end: float) -> float:
        """The longest time without an answer."""
        told = [each for each in self._answered if start < each < end]
        return max(after - before for before, after in pairwise([start, *told, end]))


def _print(report: Report) -> None:
    print(f"seed {report.seed}, {report.nodes} nodes, {len(report.failovers)} fail-overs")
    print(f"{report.acknowledged_writes} writes acknowledged, {report.reads} reads")
    for each in report.failovers:
        print(
            f"promoted after {each.promotion:.2f} s, changes answered {each.until_writes:.2f} s later; "
            f"at most {each.without_decision * 1000:.0f} ms without a decision"
        )
    shown(report.violations)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos.failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="so many fail-overs (default: 5)")
    parser.add_argument("--away", type=float, default=3.0, help="seconds until the promotion (default: 3)")
    parser.add_argument("--freeze", action="store_true", help="freeze the server, with its connections, in place of it")
    parser.add_argument("--read-standby", action="store_true", help="servers read from the standby, too")
    parser.add_argument("--nodes", type=int, default=2, help="servers on the database (default: 2)")
    parser.add_argument("--writers", type=int, default=2, help="clients that write (default: 2)")
    parser.add_argument("--readers", type=int, default=4, help="clients that read (default: 4)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="of what is chosen; default: any")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
