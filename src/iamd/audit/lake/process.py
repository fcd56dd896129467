"""Runs DuckDB's process: gives it a job, waits as long as it may take, and believes nothing but its answer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

_WORKER = Path(__file__).with_name("worker.py")
THREADS = 2
MEMORY = "1GB"  # of DuckDB's own
DATA = 4 << 30  # bytes of the process, whose allocations DuckDB does not count all
SECONDS = 300  # for a job
MAX_ROWS = 10_000
MAX_BYTES = 8 << 20  # of a result
_CHUNK = 1 << 20


class Failed(Exception):
    """A job was not done; the message says why, in words for whoever asked."""


class TimedOut(Failed):
    """A job took longer than it may."""


def is_installed() -> bool:
    """Whether there is a DuckDB to run: the extra `analytics` brings it."""
    return find_spec("duckdb") is not None


async def run(
    job: Mapping[str, Any], lines: AsyncIterable[bytes] | None = None, seconds: float = SECONDS
) -> Mapping[str, Any]:
    """The worker's answer to a job, which `lines` follow. Raises Failed; the process is gone when this returns, also
    when the waiting is cancelled."""
    bounds = {
        "threads": THREADS,
        "memory": MEMORY,
        "data": DATA,
        "seconds": SECONDS,
        "rows": MAX_ROWS,
        "bytes": MAX_BYTES,
    }
    encoded = msgspec.json.encode({**bounds, **job})
    process = await asyncio.create_subprocess_exec(
        # Isolated: neither the environment nor the folder that the server was started in has a say.
        *(sys.executable, "-I", str(_WORKER)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        limit=_CHUNK,
    )
    try:
        async with asyncio.timeout(seconds):
            told = await _exchanged(process, len(encoded).to_bytes(4, "big") + encoded, lines)
            await process.wait()
    except TimeoutError:
        raise TimedOut(f"it took longer than {seconds:g} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _answer(told, process.returncode)


async def _exchanged(process: asyncio.subprocess.Process, head: bytes, lines: AsyncIterable[bytes] | None) -> bytes:
    """What the process writes, having been told everything."""
    if process.stdin is None or process.stdout is None:
        raise Failed("its process has no pipes")
    async with asyncio.TaskGroup() as both:
        reading = both.create_task(process.stdout.read())
        both.create_task(_fed(process.stdin, head, lines))
    return reading.result()


async def _fed(pipe: asyncio.StreamWriter, head: bytes, lines: AsyncIterable[bytes] | None) -> None:
    try:
        pipe.write(head)
        if lines is not None:
            async for line in lines:
                pipe.write(line)
                await pipe.drain()
        pipe.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has ended early, and its answer says why


def _answer(told: bytes, code: int | None) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = msgspec.json.decode(told, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Failed(f"its process ended with {code}: it may have used more memory than it may") from None
    if "failure" in answer:
        raise Failed(answer["failure"])
    return answer
