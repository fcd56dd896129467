"""Durable CreateUser over HTTP, beside the raw commit rate of the same rows.

Each request is signed, authorized, audited and synced (SQLite, `synchronous=FULL`) before it is answered. The anchor
writes the very rows that the server wrote with the `sqlite3` module, one user a commit, on the same file system; a
second one with as many users in a commit as there are connections. Run: python -m benchmarks create_user
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.api import ENVIRONMENT, signed
from benchmarks.load import drive
from benchmarks.servers import Process, free_port, iamd, process
from benchmarks.store import Raw

CONNECTIONS, USERS, ROUNDS = 32, 1_200, 3  # an account has at most 5,000 users
TARGET = 0.4


def create(server: Process, first: int) -> tuple[float, float]:
    """Users a second, and CPU microseconds of the server a user."""
    port = server.port
    requests = [
        signed(port, "iam", f"Action=CreateUser&UserName=user{first + at}&Version=2010-05-08") for at in range(USERS)
    ]
    before = server.cpu()
    load = drive(port, requests, USERS, CONNECTIONS)
    if load.failures:
        raise RuntimeError(f"{load.failures} of {load.requests} requests failed")
    return load.rate, (server.cpu() - before) / USERS * 1e6


def main() -> None:
    """Print the medians, and the ratio of rates that were measured one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder, "data"), free_port()
        with process(iamd(port, "--data-dir", str(data)), port, ENVIRONMENT) as server:
            create(server, 0)
            raw = Raw(data / "iamd.db", Path(folder, "raw.db"))
            rows = [
                (raw.commits(1, USERS), raw.commits(CONNECTIONS, USERS), *create(server, USERS * number))
                for number in range(1, ROUNDS + 1)
            ]
    single, grouped, rate, cost = (statistics.median(column) for column in zip(*rows, strict=True))
    ratio = statistics.median(row[2] / row[0] for row in rows)
    print(f"raw sqlite3, 1 user a commit     {single:8.0f} /s")
    print(f"raw sqlite3, {CONNECTIONS} users a commit   {grouped:8.0f} /s")
    print(f"CreateUser, {CONNECTIONS} connections      {rate:8.0f} /s   {cost:.0f} us of CPU each")
    print(f"CreateUser = {ratio:.2f} raw, 1 user a commit (at least {TARGET})")


if __name__ == "__main__":
    main()
