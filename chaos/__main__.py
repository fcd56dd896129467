"""`python -m chaos`: kill and pause servers under load, then hold what clients saw against what iamd promises."""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos import trouble
from chaos.checker import violations
from chaos.client import number_of
from chaos.estate import ACCOUNT, ROOT, Estate, made
from chaos.history import Outcome
from chaos.sessions import Sessions
from chaos.workload import NAMES, Workload

_SHOWN = 20  # violations


@dataclass(frozen=True)
class Report:
    """What came of a run."""

    seed: int
    nodes: int
    faults: dict[str, int]
    acknowledged_writes: int
    unknown_writes: int
    refused_for_their_time: int
    reads: int
    unseen: list[str]
    recorded: int
    seconds: float
    violations: list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every promise was kept; 1: one was not; 2: a server did not start."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.network and not args.postgresql:
        parser.error("--network is between servers and PostgreSQL: add --postgresql")
    if args.packets and (args.network or not args.postgresql):
        parser.error(
            "--packets is another way between servers and PostgreSQL: add --postgresql, and leave --network away"
        )
    with tempfile.TemporaryDirectory(prefix="iamd-chaos-") as folder:
        try:
            with made(args, Path(folder)) as estate:
                report = run(estate, args)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 2
    if args.json:
        print(json.dumps(asdict(report)))
    else:
        _print(report)
    return 1 if report.violations else 0


def run(estate: Estate, args: argparse.Namespace) -> Report:
    """Break it under load. Raises RuntimeError when a server does not start."""
    nodes, began = estate.nodes, time.monotonic()
    workload = Workload(nodes, ROOT, estate.carry, estate.aftermath, args.means, estate.upstream)
    try:
        for node in nodes:
            node.start()
        workload.prepare(args.writers, args.users, args.seed)
        workload.start(args.writers, args.readers, args.seed)
        try:
            with Sessions(nodes, workload.key(), workload.role, workload.history, args.seed):
                faults = trouble.make(estate.faults, len(nodes), args.kills, args.seed, quiet=args.json)
        finally:
            workload.stop()
        for node in nodes:
            node.kill()
            node.set_right()
        nodes[0].start()
        last = workload.last(nodes[0])
        nodes[0].stop()
    finally:
        for node in nodes:
            node.kill()
    return _report(args, workload, faults, last, recorded(estate.flags), time.monotonic() - began)


def _report(
    args: argparse.Namespace,
    workload: Workload,
    faults: dict[str, int],
    last: Mapping[str, int],
    written: Sequence[int],
    seconds: float,
) -> Report:
    registers = workload.history.registers.values()
    return Report(
        args.seed,
        args.nodes,
        faults,
        workload.acknowledged,
        sum(write.outcome is Outcome.UNKNOWN for register in registers for write in register.writes),
        workload.history.skewed,
        sum(len(register.reads) for register in registers),
        workload.unseen(),
        len(written),
        round(seconds, 1),
        list(violations(workload.history, last, written)),
    )


def recorded(flags: Sequence[str]) -> list[int]:
    """The writes that the audit trail calls successful."""
    command = [sys.executable, "-m", "iamd.cli.main", "audit", "search", "--json", "--writes", "--account", ACCOUNT]
    done = subprocess.run([*command, "-n", "1000000000", *flags], capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    numbers = [number_of(each.get("userAgent", "")) for each in events if "errorCode" not in each]
    return [number for number in numbers if number is not None]


def _print(report: Report) -> None:
    faults = ", ".join(f"{number} {name}" for name, number in sorted(report.faults.items()))
    print(f"seed {report.seed}, {report.nodes} nodes, {report.seconds} s: {faults}")
    print(f"{report.acknowledged_writes} writes acknowledged, {report.unknown_writes} of unknown outcome")
    if report.refused_for_their_time:
        print(f"{report.refused_for_their_time} calls refused for their time")
    print(f"{report.reads} reads; {report.recorded} successful writes in the audit trail")
    for told in report.unseen:
        print(f"never seen: {told}")
    shown(report.violations)


def shown(violations: Sequence[str]) -> None:
    """Print what was violated, if anything was."""
    for told in violations[:_SHOWN]:
        print(f"VIOLATION {told}")
    if len(violations) > _SHOWN:
        print(f"and {len(violations) - _SHOWN} more")
    if not violations:
        print("nothing acknowledged was lost, no answer was stale, revisions rose, the record is complete")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chaos",
        description=__doc__,
        epilog="example: python -m chaos --kills 100 --nodes 2 --all-faults",
    )
    parser.add_argument("--kills", type=int, default=1000, help="so many SIGKILLs (default: 1000)")
    parser.add_argument("--nodes", type=int, default=1, help="servers on one database (default: 1)")
    parser.add_argument("--writers", type=int, default=4, help="clients that write (default: 4)")
    parser.add_argument("--readers", type=int, default=4, help="clients that read (default: 4)")
    parser.add_argument("--users", type=int, default=4, help="users for each writer (default: 4)")
    parser.add_argument(
        "--means",
        nargs="+",
        choices=NAMES,
        default=NAMES,
        metavar="NAME",
        help=f"deny by these alone: {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--all-faults", action="store_true", help="pauses, full disks, restarts, and clocks that are set, too"
    )
    parser.add_argument(
        "--postgresql",
        action="store_true",
        help="on a PostgreSQL server made for it, which is killed with --all-faults",
    )
    parser.add_argument(
        "--network",
        action="store_true",
        help="partitions, lost answers, late ones, cut and half-closed connections between servers and PostgreSQL, too",
    )
    parser.add_argument(
        "--clocks", action="store_true", help="set the servers' clocks ahead and back, by seconds to hours, too"
    )
    parser.add_argument(
        "--packets",
        action="store_true",
        help="servers and PostgreSQL in network namespaces, between which packets are lost, doubled, late or in another "
        "order, and connections forgotten; for root, on Linux",
    )
    parser.add_argument(
        "--disk",
        type=int,
        metavar="MB",
        help="the servers' data on a disk of so many megabytes, which is filled now and then; for root, on Linux",
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="of what is chosen; default: any")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers and disks are taken away then, too
    sys.exit(main())
