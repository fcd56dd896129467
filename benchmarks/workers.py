"""What a second worker adds: signed requests over connections that are kept, and the processor time that each costs.

The client is on the same machine, so throughput says little where there are few cores. What counts is that a request
costs the workers no more when there are two, and that both get their share: then they do twice as much on cores of
their own.
"""

from __future__ import annotations

import os
import re
import selectors
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.hostile.door import Door
from tests.hostile.process import command, environment

SECONDS = 4.0
CONNECTIONS = 24


def processor_time(process: int) -> float:
    """Seconds that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def answered(address: tuple[str, int], request: bytes, seconds: float) -> int:
    """How many requests are answered in that time, one at a time on each connection."""
    selector, number = selectors.DefaultSelector(), 0
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(address)
        connection.sendall(request)
        selector.register(connection, selectors.EVENT_READ)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for key, _ in selector.select():
            connection = key.fileobj  # type: ignore[assignment]
            if not connection.recv(1 << 16).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("a request was refused")
            number += 1
            connection.sendall(request)
    for key in list(selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    return number


def measure(workers: int, folder: str) -> None:
    """Begin so many workers, and print what they do."""
    server = subprocess.Popen(
        command("--port", "0", "--data-dir", folder, "--workers", str(workers)),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with server:
        found = next(found for line in server.stdout or () if (found := re.search(r"http://([\d.]+):(\d+)", line)))
        door = Door(found[0])
        request = door.request("GetUser", {})
        door.close()
        processes = children(server.pid) or [server.pid]
        address = found[1], int(found[2])
        answered(address, request, 1.0)  # what is first needed is loaded
        before = [processor_time(each) for each in processes]
        number = answered(address, request, SECONDS)
        used = [processor_time(each) - then for each, then in zip(processes, before, strict=True)]
        shares = ", ".join(f"{each:.2f}" for each in used)
        each = sum(used) / number * 1e6
        print(
            f"{workers} workers: {number / SECONDS:7,.0f} a second, {each:6.1f} µs each (processor seconds: {shares})"
        )
        server.terminate()


def main() -> None:
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            measure(workers, folder)


if __name__ == "__main__":
    main()
