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
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from chaos.__main__ import ENVIRONMENT, ROOT, recorded, shown
from chaos.checker import violations
from chaos.history import History, Outcome
from chaos.node import Node
from chaos.workload import Workload
from tests.postgresql import Pair, paired

_LOAD = 2.0  # seconds between fail-overs
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
    nodes = [
        Node(f"node-{number + 1}", flags, ENVIRONMENT, folder / f"node-{number + 1}.log")
        for number in range(args.nodes)
    ]
    workload = Workload(nodes, ROOT, carry=True)
    try:
        for node in nodes:
            node.start()
        workload.prepare(args.writers, 4)
        workload.start(args.writers, args.readers, args.seed)
        try:
            failovers = [
                _fail_over(pair, workload.history, args.away, last=number == args.rounds)
                for number in range(1, args.rounds + 1)
            ]
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


def _fail_over(pair: Pair, history: History, away: float, *, last: bool) -> FailOver:
    time.sleep(_LOAD)
    killed = time.monotonic()
    pair.fail_over(away)
    promoted = time.monotonic()
    answered = None
    while answered is None and time.monotonic() < promoted + _WITHIN:
        time.sleep(0.02)
        answered = _first_write(history, promoted)
    if answered is None:
        raise RuntimeError(f"no change was answered within {_WITHIN:g} s of the promotion")
    failed_over = FailOver(promoted - killed, max(answered - promoted, 0.0), _silence(history, killed, answered))
    if not last:
        pair.renew()
    return failed_over


def _first_write(history: History, behind: float) -> float | None:
    """When the first change behind a time was answered."""
    done = (
        write.ended
        for register in history.registers.values()
        for write in register.writes[-1:]
        if write.outcome is Outcome.DONE and write.ended > behind
    )
    return min(done, default=None)


def _silence(history: History, start: float, end: float) -> float:
    """The longest time between two decisions that were answered."""
    told = [
        read.ended
        for register in history.registers.values()
        for read in register.reads
        if read.allows is not None and start < read.ended < end
    ]
    return max(after - before for before, after in pairwise([start, *sorted(told), end]))


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
    parser.add_argument("--nodes", type=int, default=2, help="servers on the database (default: 2)")
    parser.add_argument("--writers", type=int, default=2, help="clients that write (default: 2)")
    parser.add_argument("--readers", type=int, default=4, help="clients that read (default: 4)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="of what is chosen; default: any")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
