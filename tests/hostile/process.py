"""A real `iamd serve` in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import elsewhere
from tests.hostile.door import Door
from tests.live import ACCOUNT, ROOT_KEY, ROOT_SECRET

ENVIRONMENT = {
    "IAMD_ACCOUNT_ID": ACCOUNT,
    "IAMD_ROOT_ACCESS_KEY_ID": ROOT_KEY,
    "IAMD_ROOT_SECRET_ACCESS_KEY": ROOT_SECRET,
}


def command(*flags: str) -> list[str]:
    return [sys.executable, "-m", "iamd.cli.main", "serve", *flags]


def environment() -> dict[str, str]:
    """The process's own, without settings of ours that somebody has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("IAMD_")} | ENVIRONMENT


@dataclass
class Served:
    """The process, where it listens, and the file that its standard error goes to."""

    process: subprocess.Popen[str]
    endpoint: str
    log: Path

    def door(self) -> Door:
        return Door(self.endpoint)

    def complaints(self) -> list[str]:
        """The lines of the log but those that say that it started and stopped."""
        return [line for line in self.log.read_text().splitlines() if '"level": "info"' not in line]

    def stopped(self) -> int:
        """Wait for the end; returns the exit code."""
        return self.process.wait(30)


@contextmanager
def served(directory: Path, *flags: str, variables: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve that directory on a free port until the block ends, then kill whatever still runs."""
    log = directory.with_suffix(".log")
    given = dict(variables or {})
    if "--database" not in flags and "IAMD_EDGE_TOKEN" not in given:
        given |= elsewhere.variables(directory)
    with log.open("a") as errors:
        process = subprocess.Popen(
            command("--data-dir", str(directory), *(() if "--port" in flags else ("--port", "0")), *flags),
            env=environment() | given,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    with process, process.stdout as said:
        try:
            endpoint = next((found[0] for line in said if (found := re.search(r"http://[\d.:]+", line))), None)
            assert endpoint, log.read_text()
            yield Served(process, endpoint, log)
        finally:
            process.kill()
