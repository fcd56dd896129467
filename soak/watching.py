"""What a server takes, measured from outside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from soak.growth import Rule, Verdict, judge

_TICK = os.sysconf("SC_CLK_TCK")
_APART = 12  # measurements, between which what a step costs is reckoned

MEMORY = Rule("memory", "MiB", 0.05)
FILES = Rule("open files", "", 0.0, 4.0)
THREADS = Rule("threads", "", 0.0, 4.0)
DISK = Rule("disk for a step", "bytes", 0.15, 64.0)
CPU = Rule("CPU for a step", "µs", 0.25)


@dataclass(frozen=True, slots=True)
class Measured:
    """At one moment, in seconds since the start: steps until then, memory of its own (MiB), open files, threads,
    the database's bytes, CPU seconds."""

    at: float
    steps: int
    memory: float
    files: int
    threads: int
    disk: int
    cpu: float


def measure(pid: int, data: Path, at: float, steps: int) -> Measured:
    """Look at a process and the database in its folder."""
    status = Path(f"/proc/{pid}/status").read_text()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / _TICK
    disk = sum(file.stat().st_size for file in data.glob("*.db"))
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Measured(at, steps, _number(status, "RssAnon") / 1024, files, _number(status, "Threads"), disk, cpu)


def _number(status: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)
    return int(found[1]) if found else 0


def verdicts(measured: Sequence[Measured], warm: float) -> Iterator[Verdict]:
    """Each rule held against what was measured from `warm` seconds on."""
    counted = [each for each in measured if each.at >= warm]
    times = [each.at for each in counted]
    yield judge(MEMORY, times, [each.memory for each in counted])
    yield judge(FILES, times, [each.files for each in counted])
    yield judge(THREADS, times, [each.threads for each in counted])
    pairs = [(a, b) for a, b in zip(counted, counted[_APART:], strict=False) if b.steps > a.steps]
    later = [b.at for _, b in pairs]
    yield judge(DISK, later, [(b.disk - a.disk) / (b.steps - a.steps) for a, b in pairs])
    yield judge(CPU, later, [1e6 * (b.cpu - a.cpu) / (b.steps - a.steps) for a, b in pairs])
