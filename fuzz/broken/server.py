"""The server under trial: a process of its own, with its database on disk and an upstream behind its gateway."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from botocore.credentials import Credentials

KEY = Credentials("AKIAFUZZFUZZFUZZFUZZ", "fuzz" * 10)
_ENVIRONMENT = {
    "IAMD_ACCOUNT_ID": "123456789012",
    "IAMD_ROOT_ACCESS_KEY_ID": KEY.access_key,
    "IAMD_ROOT_SECRET_ACCESS_KEY": KEY.secret_key,
}


class Server:
    """`iamd serve` with its data in that folder; S3 is behind the given port."""

    def __init__(self, folder: Path, upstream: int) -> None:
        self._log = folder / "log"
        ours = {name: value for name, value in os.environ.items() if not name.startswith("IAMD_")}
        flags = ["--port", "0", "--data-dir", str(folder / "data"), "--log-format", "json"]
        flags += ["--upstream", f"s3=http://127.0.0.1:{upstream}"]
        with self._log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "iamd.cli.main", "serve", *flags],
                env={**ours, **_ENVIRONMENT},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        said = self._process.stdout
        found = next((m for line in said or () if (m := re.search(r"http://([\d.]+:(\d+))", line))), None)
        if found is None:
            raise RuntimeError(f"the server did not start: {self.log()[-2000:]}")
        self.host, self.port = found[1], int(found[2])

    def memory(self) -> int:
        """What it has resident, in KiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) if found else 0

    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text(errors="replace")

    def errors(self) -> list[str]:
        """Lines of its log that tell of a failure, and what is no line of a log."""
        return [line[:4_000] for line in self.log().splitlines() if _level(line) in ("error", "critical")]

    def close(self) -> None:
        """Kill it."""
        self._process.kill()
        with self._process:
            pass


def _level(line: str) -> str:
    try:
        return str(json.loads(line)["level"])
    except (ValueError, KeyError, TypeError):
        return "critical"
