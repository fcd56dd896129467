"""`python -m chaos`: kill and pause servers under load, then hold what clients saw against what iamd promises."""

from __future__ import annotations

import argparse
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from botocore.credentials import Credentials

from chaos.checker import violations
from chaos.link import Link
from chaos.node import Node
from chaos.trouble import Trouble
from chaos.workload import Workload, value_in
from tests import postgresql
from tests.postgresql import Cluster

_ACCOUNT = "123456789012"
ROOT = Credentials("AKIACHAOSCHAOSCHAOS1", "chaos" * 8)
ENVIRONMENT = {
    "IAMD_ACCOUNT_ID": _ACCOUNT,
    "IAMD_ROOT_ACCESS_KEY_ID": ROOT.access_key,
    "IAMD_ROOT_SECRET_ACCESS_KEY": ROOT.secret_key,
}
_SHOWN = 20  # violations


@dataclass(frozen=True)
class Report:
    """What came of a run."""

    seed: int
    nodes: int
    faults: dict[str, int]
    acknowledged_writes: int
    unknown_writes: int
    reads: int
    recorded: int
    seconds: float
    violations: list[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every promise was kept; 1: one was not; 2: a server did not start."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if args.network and not args.postgresql:
        parser.error("--network is between servers and PostgreSQL: add --postgresql")
    with tempfile.TemporaryDirectory(prefix="iamd-chaos-") as folder:
        try:
            report = run(args, Path(folder))
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 2
    if args.json:
        print(json.dumps(asdict(report)))
    else:
        _print(report)
    return 1 if report.violations else 0


def run(args: argparse.Namespace, folder: Path) -> Report:
    """One run over a database in that folder, or on a PostgreSQL server made for it. Raises RuntimeError when a server
    does not start."""
    flags = ["--data-dir", str(folder / "data")]
    if not args.postgresql:
        return _run(args, folder, flags, None)
    key = folder / "master.key"
    key.write_bytes(secrets.token_bytes(32))
    with postgresql.running() as cluster:
        flags += ["--database", cluster.new_database(), "--master-key-file", str(key)]
        return _run(args, folder, flags, cluster)


def _run(args: argparse.Namespace, folder: Path, flags: list[str], cluster: Cluster | None) -> Report:
    names = [f"node-{number + 1}" for number in range(args.nodes)]
    links = [Link(folder / name, cluster.folder) for name in names] if cluster is not None and args.network else []
    # The last --database counts: through a link of one's own.
    own = [["--database", cluster.url_by(link.folder)] for link in links] if cluster is not None else []
    nodes = [
        Node(name, [*flags, *(own[at] if own else [])], ENVIRONMENT, folder / f"{name}.log")
        for at, name in enumerate(names)
    ]
    try:
        return _tried(args, flags, nodes, Trouble(nodes, links, cluster), cluster is not None)
    finally:
        for link in links:
            link.close()


def _tried(
    args: argparse.Namespace, flags: Sequence[str], nodes: Sequence[Node], trouble: Trouble, carry: bool
) -> Report:
    workload = Workload(nodes, ROOT, carry)
    began = time.monotonic()
    try:
        for node in nodes:
            node.start()
        workload.prepare(args.writers, args.users)
        workload.start(args.writers, args.readers, args.seed)
        try:
            faults = trouble.make(args)
        finally:
            workload.stop()
        for node in nodes:
            node.kill()
        nodes[0].start()
        last = workload.last(nodes[0])
        nodes[0].stop()
    finally:
        for node in nodes:
            node.kill()
    written = recorded(flags)
    registers = workload.history.registers.values()
    return Report(
        args.seed,
        args.nodes,
        faults,
        workload.acknowledged,
        sum(write.outcome.value == "unknown" for register in registers for write in register.writes),
        sum(len(register.reads) for register in registers),
        len(written),
        round(time.monotonic() - began, 1),
        list(violations(workload.history, last, written)),
    )


def recorded(flags: Sequence[str]) -> list[int]:
    """The writes that the audit trail calls successful."""
    command = [sys.executable, "-m", "iamd.cli.main", "audit", "search", "--json", "--name", "PutUserPolicy"]
    done = subprocess.run([*command, "-n", "1000000000", *flags], capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [value_in(each["requestParameters"]["policyDocument"]) for each in events if "errorCode" not in each]


def _print(report: Report) -> None:
    faults = ", ".join(f"{number} {name}" for name, number in sorted(report.faults.items()))
    print(f"seed {report.seed}, {report.nodes} nodes, {report.seconds} s: {faults}")
    print(f"{report.acknowledged_writes} writes acknowledged, {report.unknown_writes} of unknown outcome")
    print(f"{report.reads} reads; {report.recorded} successful writes in the audit trail")
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
    parser.add_argument("--all-faults", action="store_true", help="pauses, full disks and restarts, too")
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
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="of what is chosen; default: any")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
