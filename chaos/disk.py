"""A small disk for the servers' data, which really gets full."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_PIECE = b"\0" * 4096


class Disk:
    """A file system in memory, of so many megabytes, on that folder, which is made. Raises RuntimeError where it cannot be
    mounted."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        if not sys.platform.startswith("linux") or os.geteuid() != 0:
            raise RuntimeError("only root on Linux may mount a disk: leave --disk away")
        folder.mkdir()
        self._folder = folder
        self._ballast = folder / "ballast"
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "iamd-chaos", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"no disk can be mounted: {done.stderr.strip()}")

    def fill(self, seconds: float) -> None:
        """Leave no room on it for so long."""
        with self._ballast.open("wb", buffering=0) as file:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                try:  # again and again: whatever is given up meanwhile is taken, too
                    file.write(_PIECE)
                except OSError:
                    time.sleep(0.001)
        self._ballast.unlink()

    def close(self) -> None:
        """Nobody may use it any more."""
        subprocess.run(["umount", str(self._folder)], check=True)
