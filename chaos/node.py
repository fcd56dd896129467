"""One server as a process: started, killed, paused, kept from writing."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from chaos.clock import Clock

_READY_WITHIN = 300.0  # seconds: on a machine that has much else to do, too


class Node:
    """`iamd serve` on a port that stays its own through all restarts, by a clock of its own where it is given one; `space`
    enters the network namespace that it is in."""

    def __init__(
        self,
        name: str,
        flags: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        clock: Clock | None = None,
        space: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.space = space or nullcontext()
        self.port = _free_port()
        self._command = [sys.executable, "-m", "iamd.cli.main", "serve", "--port", str(self.port), *flags]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("IAMD_")}
        self._environment = {**ours, **environment, **(clock.environment if clock is not None else {})}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready. Raises RuntimeError with its log when it ends instead."""
        with self._log.open("ab") as log, self.space:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        end = time.monotonic() + _READY_WITHIN
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """Its process. Raises RuntimeError when it does not run."""
        if self._process is None:
            raise RuntimeError(f"{self.name} does not run")
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait until it has finished."""
        self._end(signal.SIGTERM)

    def pause(self, seconds: float) -> None:
        """Let it do nothing for so long: a machine that swaps, a process that is traced."""
        self._send(signal.SIGSTOP)
        time.sleep(seconds)
        self._send(signal.SIGCONT)

    def fill_disk(self, seconds: float) -> None:
        """Let no file of it grow for so long: what a full disk looks like to one process."""
        if self._process is None:
            return
        limits = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        # The log beside the database is written over from its beginning time and again: nothing at all goes through.
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        time.sleep(seconds)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)

    def set_right(self) -> None:
        """Let its clock show the time."""
        if self.clock is not None:
            self.clock.step(0.0)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def _is_ready(self) -> bool:
        address = f"http://127.0.0.1:{self.port}/_iamd/health"
        try:
            with self.space, urllib.request.urlopen(address, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
