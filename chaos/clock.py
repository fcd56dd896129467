"""The wall clock of one server, which can be set while it runs: by a small library (`clock.c`) that goes ahead of libc."""

from __future__ import annotations

import mmap
import shlex
import struct
import subprocess
import sys
import sysconfig
import time
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path

_NANOSECONDS = struct.Struct("=q")
_SETTING = 1.0  # seconds that setting one may take on a busy machine
_SOURCE = Path(__file__).with_suffix(".c")


class Clock:
    """Told in a file; `library` is what `built` made. `environment` lets a program have it."""

    def __init__(self, file: Path, library: Path) -> None:
        file.write_bytes(_NANOSECONDS.pack(0))
        with file.open("r+b") as opened:
            self._told = mmap.mmap(opened.fileno(), _NANOSECONDS.size)
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(file)}
        self._set_at = [0.0]  # by time.monotonic
        self._offsets = [0.0]

    @property
    def offset(self) -> float:
        """Seconds that it is ahead of this machine's; negative when it is behind."""
        return self._offsets[-1]

    def step(self, offset: float) -> None:
        """Set it to so many seconds ahead of this machine's."""
        self._offsets.append(offset)
        self._set_at.append(time.monotonic())
        self._told[:] = _NANOSECONDS.pack(round(offset * 1e9))

    def offsets(self, start: float, end: float) -> list[float]:
        """Those that it may have had between two moments of time.monotonic, one at least."""
        first = bisect_right(self._set_at, start - _SETTING) - 1
        return self._offsets[max(0, first) : bisect_right(self._set_at, end)]


def built(folder: Path) -> Path:
    """The library, compiled into that folder. Raises RuntimeError where it cannot be."""
    if not sys.platform.startswith("linux"):
        raise RuntimeError("clocks are set by LD_PRELOAD, as Linux has it")
    library = folder / "clock.so"
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    command = [*compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library), str(_SOURCE)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise RuntimeError(f"clocks are set by a library, and there is no compiler {compiler[0]} to make it") from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"the library that sets clocks cannot be compiled:\n{error.stderr}") from error
    return library
