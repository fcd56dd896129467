"""`python -m chaos.feed`: many followers of one feed on PostgreSQL, as many servers would have; how soon all have heard.

Each has a connection and an id of its own, and all share this process and its processor. A change is committed by
another store; told are the times until the first and until the last of them knows which account it changed, and what
PostgreSQL and this process took of the processor for it. Exit code 1: the 99th percentile until the last is above 250 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from chaos.staleness import PROMISED
from iamd.store import Store
from iamd.store.master_key import read_master_key
from iamd.store.postgresql.database import PostgresDatabase
from iamd.store.postgresql.follower import Follower
from iamd.store.postgresql.url import parse
from iamd.store.records import Account, User
from tests.postgresql import running

_ACCOUNT = "123456789012"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TICK = os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> int:
    """0: what is promised holds; 1: it does not."""
    parser = argparse.ArgumentParser(prog="python -m chaos.feed", description=__doc__)
    parser.add_argument("--followers", type=int, default=100, help="so many (default: 100)")
    parser.add_argument("--changes", type=int, default=100, help="so many (default: 100)")
    args = parser.parse_args(arguments)
    with running(args.followers + 20) as cluster, tempfile.TemporaryDirectory(prefix="iamd-feed-") as folder:
        key = Path(folder) / "master.key"
        key.write_bytes(secrets.token_bytes(32))
        times, ours, theirs = asyncio.run(_measured(cluster.new_database(), key, args.followers, args.changes))
    print(f"{args.changes} changes, {args.followers} followers")
    for at, name in enumerate(("first", "last")):
        found = [each[at] * 1e3 for each in times]
        print(f"until the {name} has heard: median {median(found):.1f} ms, p99 {quantiles(found, n=100)[98]:.1f} ms")
    print(
        f"CPU for a change: {ours / args.changes * 1e3:.1f} ms of the followers, {theirs / args.changes * 1e3:.1f} ms of PostgreSQL"
    )
    return 0 if quantiles([last for _, last in times], n=100)[98] <= PROMISED else 1


async def _measured(
    database: str, key: Path, number: int, changes: int
) -> tuple[list[tuple[float, float]], float, float]:
    """Seconds until the first and the last follower has heard of each change, and the CPU seconds of this process and of
    PostgreSQL for all of them."""
    url = parse(database)
    opened = PostgresDatabase(url, read_master_key(key), 60.0)
    store = Store(opened)
    await store.start()
    await store.write(lambda change: change.create(_ACCOUNT).accounts.add(Account(_ACCOUNT, _NOW)))
    followers = [Follower(url, opened._renewal, at + 1, opened.keyring) for at in range(number)]
    for follower in followers:
        await follower.start()
    ours, theirs = time.process_time(), _postgresql()
    times = []
    for at in range(changes):
        for follower in followers:
            follower.inbox.changed()
        user = User(_ACCOUNT, f"AIDA{at:017}", f"user{at}", "/", _NOW)
        await store.write(lambda change, made=user: change.records(_ACCOUNT).users.add(made))  # type: ignore[misc]
        times.append(await _heard(followers, time.monotonic()))
    spent = time.process_time() - ours, _postgresql() - theirs
    for follower in followers:
        await follower.close()
    await store.close()
    return times, *spent


async def _heard(followers: Sequence[Follower], began: float) -> tuple[float, float]:
    waiting, first = list(followers), 0.0
    while waiting:
        waiting = [each for each in waiting if not each.inbox.changed()]
        if not first and len(waiting) < len(followers):
            first = time.monotonic() - began
        await asyncio.sleep(0.0005)
    return first, time.monotonic() - began


def _postgresql() -> float:
    """CPU seconds of all of PostgreSQL's processes."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = entry.read_text().rpartition(")")
        except OSError:
            continue
        if name.endswith("(postgres"):
            fields = rest.split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICK


if __name__ == "__main__":
    sys.exit(main())
