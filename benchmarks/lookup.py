"""LookupEvents by user and by name over many events: the time to find a page, and what the index costs an event.

Run: python -m benchmarks lookup, with
EVENTS=10000000 in the environment for the size that the target is for.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.events import shape
from iamd.audit.lookup import sought, terms
from iamd.caller.caller import Caller, CallerKind
from iamd.server.event_index import BLOCK
from iamd.store import Store
from iamd.store.interface import Group, Window
from iamd.store.records import Account
from iamd.store.waiting import Kept

ACCOUNT = "123456789012"
START = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = int(os.environ.get("EVENTS", "300000"))
USERS = 500
NAMES = ("GetUser", "ListUsers", "GetRole", "CreateUser", "AssumeRole", "ListAccessKeys", "DeleteUser")
TARGET = 50.0  # milliseconds


def caller(user: str) -> Caller:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    return Caller(CallerKind.USER, ACCOUNT, f"AIDA{user}", user, arn, arn, f"AIDA{user}", f"AKIA{user}")


async def fill(store: Store) -> None:
    def account(change: object) -> None:
        change.create(ACCOUNT).accounts.add(Account(ACCOUNT, START))  # type: ignore[attr-defined]

    await store.write(account)
    kinds = [shape(caller(f"user{n % USERS}"), NAMES[n % len(NAMES)]) for n in range(USERS * len(NAMES))]
    rare = shape(caller("rare"), "DeleteRole")
    for start in range(0, EVENTS, 50_000):
        made = [
            Kept(
                rare if n % (EVENTS // 20) == 7 else kinds[n * 7919 % len(kinds)],
                START + timedelta(seconds=n // 20),
                f"{n:036}",
            )
            for n in range(start, min(start + 50_000, EVENTS))
        ]
        await store._database.commit(Group(kept=made))


async def index(store: Store) -> float:
    """CPU microseconds an event."""
    before = process_time()
    while await store.index_events(terms, BLOCK):
        pass
    return (process_time() - before) / EVENTS * 1e6


async def look(store: Store, attribute: str, value: str, end: datetime | None = None) -> tuple[float, int]:
    """Milliseconds for a page, the median of nine, and how many events are on it."""
    times, window = [], Window(ACCOUNT, end=end, limit=51)
    for _ in range(9):
        before = perf_counter()
        found = await store.events(window, sought(attribute, value), terms)
        times.append((perf_counter() - before) * 1e3)
    return statistics.median(times), len(found)


async def run(folder: Path) -> None:
    store = Store.open_sqlite(folder)
    await store.start()
    await fill(store)
    cost = await index(store)
    size = (folder / "iamd.db").stat().st_size / EVENTS
    print(
        f"  {EVENTS:,} events; the index costs {cost:.1f} µs of CPU an event, off the event loop; {size:.0f} bytes each"
    )
    middle = START + timedelta(seconds=EVENTS // 40)
    for attribute, value, end in (
        ("Username", "user7", None),
        ("Username", "user7", middle),
        ("Username", "rare", None),
        ("Username", "nobody", None),
        ("EventName", "GetUser", None),
        ("EventName", "DeleteRole", None),
        ("ReadOnly", "true", middle),
    ):
        took, count = await look(store, attribute, value, end)
        when = "newest" if end is None else "half-way"
        verdict = "met" if took <= TARGET else "MISSED"
        print(f"  {attribute} {value:<11} {when:<9} {count:3} found in {took:6.1f} ms (target {TARGET:.0f}: {verdict})")
    await store.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


if __name__ == "__main__":
    main()
