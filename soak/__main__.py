"""`python -m soak`: mixed load on one server for a while, and what it takes meanwhile: none of that may grow.

Exit code 0: nothing grew and every request succeeded; 1: else; 2: the server did not start.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from chaos.node import Node
from soak.watching import Measured, measure, verdicts
from soak.work import ACCOUNT, ROOT, Load, Upstream

_POINTS = 240  # measurements in a run
_WARM = 0.25  # of the time: caches fill, and what is used for the first time is loaded


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module's text."""
    args = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="iamd-soak-") as folder:
        try:
            load, measured = run(args.minutes * 60, Path(folder), args.pause, args.sessions)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 2
    found = list(verdicts(measured, args.minutes * 60 * _WARM))
    if args.json:
        told = [
            {"name": each.rule.name, "level": each.level, "grown": each.grown, "holds": each.holds} for each in found
        ]
        print(json.dumps({"done": load.done, "failed": load.failed, "measured": len(measured), "verdicts": told}))
    else:
        print(", ".join(f"{number} {name}" for name, number in sorted(load.done.items())))
        for each in found:
            unit = f" {each.rule.unit}".rstrip()
            word = "" if each.holds else "  GREW"
            print(f"{each.rule.name:20}{each.level:10.1f}{unit}, trend over the time {each.grown:+.1f}{unit}{word}")
        for failure, number in load.failed.most_common(10):
            print(f"FAILED {number} times: {failure}")
    return 0 if all(each.holds for each in found) and not load.failed else 1


def run(seconds: float, folder: Path, pause: float, sessions: int) -> tuple[Load, list[Measured]]:
    """Load on a server with its data in that folder. Raises RuntimeError when it does not start."""
    data, upstream = folder / "data", Upstream()
    environment = {
        "IAMD_ACCOUNT_ID": ACCOUNT,
        "IAMD_ROOT_ACCESS_KEY_ID": ROOT["aws_access_key_id"],
        "IAMD_ROOT_SECRET_ACCESS_KEY": ROOT["aws_secret_access_key"],
    }
    flags = ["--data-dir", str(data), "--upstream", f"s3=http://127.0.0.1:{upstream.server_port}"]
    node = Node("server", flags, environment, folder / "log")
    measured: list[Measured] = []
    try:
        node.start()
        load = Load(f"http://127.0.0.1:{node.port}", pause)
        load.prepare()
        load.fill(sessions)
        load.start()
        began = time.monotonic()
        try:
            while (at := time.monotonic() - began) < seconds or not load.all_tried:
                measured.append(measure(node.pid, data, at, load.steps))
                time.sleep(seconds / _POINTS)
        finally:
            load.stop()
        node.stop()
    finally:
        node.kill()
        upstream.shutdown()
        upstream.server_close()
    return load, measured


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m soak", description=__doc__, epilog="example: python -m soak --minutes 60"
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="for so long (default: 20)")
    parser.add_argument(
        "--pause", type=float, default=0.05, help="seconds between the steps of each kind of work (0.05)"
    )
    parser.add_argument(
        "--sessions", type=int, default=21_000, help="role sessions used before, which fill what is kept (21000)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
