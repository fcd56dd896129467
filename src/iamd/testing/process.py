"""A program that says where it listens, and is stopped with its `with` block."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

_LINES_KEPT = 40


class StartError(RuntimeError):
    """A program did not start; the message tells what it said."""


class Process:
    """A running program. `address` is what the pattern's first group matched in a line that it wrote."""

    def __init__(self, command: Sequence[str], listening: str, environ: Mapping[str, str], seconds: float) -> None:
        """Start it with these variables alone and wait until a line has the pattern; raises StartError, also after so
        many seconds."""
        self._said: list[str] = []
        self._found: queue.Queue[str | None] = queue.Queue()
        self._matches = re.compile(listening).search
        self._process = subprocess.Popen(  # noqa: S603  # a command of ours, without a shell
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        try:
            address = self._found.get(timeout=seconds)
        except queue.Empty:
            address = None
        except BaseException:
            self.stop()
            raise
        if address is None:
            self.stop()
            said = "".join(self._said[-_LINES_KEPT:]).strip() or "it said nothing"
            raise StartError(f"{' '.join(command)} did not start: {said}")
        self.address = address

    def stop(self, seconds: float = 10) -> None:
        """End the program, by force when it takes longer."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self, output: IO[str] | None) -> None:
        """Read what it says to its end, so that it never waits for a reader; keep what explains a failed start."""
        told = False
        for line in output or ():
            found = None if told else self._matches(line)
            if found is not None:
                told = True
                self._found.put(found[1])
            elif not told:
                self._said.append(line)
        if not told:
            self._found.put(None)


def post(url: str) -> None:
    """Send a request without a body to one of these programs; raises OSError."""
    import urllib.request  # late: the plugin is imported in every run of pytest

    urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()  # noqa: S310
