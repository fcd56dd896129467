"""Processes to measure: started on a free port, waited for, charged with the CPU that their group used."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass(frozen=True)
class Process:
    """A server in a process group of its own."""

    popen: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        """CPU seconds of the group's living processes, reaped children included."""
        total = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[2]) == self.popen.pid:
                    total += int(fields[11]) + int(fields[12])
        return total / TICK

    def exact_cpu(self) -> float:
        """CPU seconds of the living threads of the process itself, to the nanosecond: for what is over in no time."""
        tasks = Path(f"/proc/{self.popen.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@contextmanager
def process(command: Sequence[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Start a server on core 0 and wait until it takes connections."""
    pin = ["taskset", "-c", "0"] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else []
    with tempfile.TemporaryFile() as log:
        popen = subprocess.Popen(
            [*pin, *command], stdout=log, stderr=log, env={**os.environ, **(environment or {})}, start_new_session=True
        )
        try:
            _wait(popen, port, log)
            yield Process(popen, port)
        finally:
            os.killpg(popen.pid, signal.SIGTERM)
            popen.wait(60)  # gigabytes of records are given back one by one


def _wait(popen: subprocess.Popen[bytes], port: int, log: object) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            if popen.poll() is not None or time.monotonic() > end:
                log.seek(0)  # type: ignore[attr-defined]
                raise RuntimeError(log.read().decode()[-2000:]) from None  # type: ignore[attr-defined]
            time.sleep(0.02)
        else:
            return


def iamd(port: int, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "iamd.cli.main", "serve", "--port", str(port), *arguments]
