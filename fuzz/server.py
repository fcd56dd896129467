"""The server under trial: a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.credentials import Credentials

ROOT = Credentials("AKIAFUZZFUZZFUZZFUZZ", "fuzz" * 10)
_ENVIRONMENT = {
    "IAMD_ACCOUNT_ID": "123456789012",
    "IAMD_ROOT_ACCESS_KEY_ID": ROOT.access_key,
    "IAMD_ROOT_SECRET_ACCESS_KEY": ROOT.secret_key,
}


class Server:
    """`iamd serve` with these flags; what it logs goes to that file. The form of the engine is that of this process."""

    def __init__(self, flags: Sequence[str], log: Path) -> None:
        """Raises RuntimeError with its log when it does not start."""
        self._log = log
        ours = {
            name: value for name, value in os.environ.items() if not name.startswith("IAMD_") or name == "IAMD_ENGINE"
        }
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "iamd.cli.main", "serve", "--port", "0", *flags],
                env={**ours, **_ENVIRONMENT},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        said = self.process.stdout
        found = next((m for line in said or () if (m := re.search(r"http://([\d.]+:(\d+))", line))), None)
        if found is None:
            raise RuntimeError(f"the server did not start: {self.log()[-2000:]}")
        self.host, self.port = found[1], int(found[2])

    def memory(self) -> int:
        """What it has resident, in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) if found else 0

    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text(errors="replace")

    def close(self) -> None:
        """Kill it."""
        self.process.kill()
        with self.process:
            pass
