"""Start to healthy, on an empty data directory and again, beside a bare uvicorn application.

Wall time from the start of the process to the first 200 of its health path. Run: python -m benchmarks start
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks.servers import free_port, iamd

ROUNDS = 7
TARGET = 1.5
BARE = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
"""


def healthy_after(command: Sequence[str], port: int) -> float:
    """Seconds until the server answers its health path."""
    started = time.perf_counter()
    popen = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port):
            if popen.poll() is not None or time.perf_counter() - started > 60:
                raise RuntimeError(f"{command} did not become healthy")
            time.sleep(0.002)
        return time.perf_counter() - started
    finally:
        popen.terminate()
        popen.wait(15)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_iamd/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def bare(folder: Path) -> float:
    folder.joinpath("bare.py").write_text(BARE)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bare:app", "--app-dir", str(folder), "--port", str(port)]
    return healthy_after([*command, "--loop", "uvloop", "--http", "httptools", "--lifespan", "off"], port)


def first_and_second(folder: Path) -> tuple[float, float]:
    first, second = free_port(), free_port()
    data = str(folder / "data")
    return (
        healthy_after(iamd(first, "--data-dir", data), first),
        healthy_after(iamd(second, "--data-dir", data), second),
    )


def round_() -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        return (bare(Path(folder)), *first_and_second(Path(folder)))


def main() -> None:
    """Print the medians, and the ratios to the bare server."""
    anchor, first, second = (
        statistics.median(column) for column in zip(*(round_() for _ in range(ROUNDS)), strict=True)
    )
    print(f"bare uvicorn              {anchor:6.2f} s")
    print(f"iamd, empty directory     {first:6.2f} s   {first / anchor:5.1f} x bare   (under {TARGET} s)")
    print(f"iamd, second start        {second:6.2f} s   {second / anchor:5.1f} x bare")


if __name__ == "__main__":
    main()
