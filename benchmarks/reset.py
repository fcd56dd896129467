"""`POST /_iamd/reset` of an account with 1,000 users, beside a request that does nothing.

Run: python -m benchmarks reset
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from http.client import HTTPConnection

from benchmarks.api import ENVIRONMENT, answer, signed
from benchmarks.load import drive
from benchmarks.servers import free_port, iamd, process

USERS, ROUNDS, NOTHINGS = 1_000, 5, 200
TARGET = 20.0


def timed(work: Callable[[], None]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def asking(connection: HTTPConnection, method: str, path: str) -> Callable[[], None]:
    def ask() -> None:
        connection.request(method, path)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}")

    return ask


def fill(port: int) -> None:
    """Make the users."""
    requests = [
        signed(port, "iam", f"Action=CreateUser&UserName=user{number}&Version=2010-05-08") for number in range(USERS)
    ]
    if drive(port, requests, USERS).failures:
        raise RuntimeError("not every user was created")


def is_empty(port: int) -> bool:
    return b"<member>" not in answer(port, "iam", "Action=ListUsers&Version=2010-05-08")


def main() -> None:
    """Print the medians and their ratio."""
    port = free_port()
    with process(iamd(port, "--in-memory"), port, ENVIRONMENT):
        connection = HTTPConnection("127.0.0.1", port)
        nothing, reset = asking(connection, "GET", "/_iamd/health"), asking(connection, "POST", "/_iamd/reset")
        anchor = statistics.median(timed(nothing) for _ in range(NOTHINGS))
        times = []
        for _ in range(ROUNDS):
            fill(port)
            times.append(timed(reset))
            if not is_empty(port):
                raise RuntimeError("users outlived the reset")
        empty = statistics.median(timed(reset) for _ in range(ROUNDS))
        connection.close()
    full = statistics.median(times)
    print(f"health                     {anchor:6.2f} ms")
    print(f"reset, empty account       {empty:6.2f} ms   {empty / anchor:5.1f} x health")
    print(f"reset, {USERS} users          {full:6.2f} ms   {full / anchor:5.1f} x health   (under {TARGET:.0f} ms)")


if __name__ == "__main__":
    main()
