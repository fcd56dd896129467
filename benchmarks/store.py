"""What the store adds to SQLite: durable changes a second, the check for other processes' commits, a cold load.

Each change is a CreateUser: a user, its row in the change feed, the account's revision, an audit event of 1 KB. The raw
rates are those of the `sqlite3` module for the very same rows, with the same durability: one change a commit, and as
many a commit as there are concurrent clients.

Run: python -m benchmarks store
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from iamd.audit import ApiEvent
from iamd.caller.caller import Caller, CallerKind
from iamd.store import Change, Store
from iamd.store.records import Account, User
from iamd.wire import model

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
CLIENTS = 32
CHANGES = 1600
ROUNDS = 3
USERS = 5000
TABLES = ("users", "changes", "events", "revisions")

_ARN = f"arn:aws:iam::{ACCOUNT}:root"
ROOT = Caller(CallerKind.ROOT, ACCOUNT, ACCOUNT, "root", _ARN, _ARN, ACCOUNT, "AKIAROOT")
CREATE_USER = model.load("iam").operations["CreateUser"]
numbers = count()


def create_user(change: Change) -> None:
    number = next(numbers)
    user = User(ACCOUNT, f"AIDA{number:017}", f"user{number}", "/", NOW)
    change.records(ACCOUNT).users.add(user)
    reply = {"User": {"Path": "/", "UserName": user.name, "UserId": user.id, "Arn": user.arn, "CreateDate": NOW}}
    change.event(
        ApiEvent(
            account_id=ACCOUNT,
            time=NOW,
            source="iam.amazonaws.com",
            name="CreateUser",
            region="us-east-1",
            request_id="8a6a1f6f-0b7c-4cde-9d1e-000000000000",
            read_only=False,
            who=ROOT,
            operation=CREATE_USER,
            params={"user_name": user.name},
            reply=reply,
            client_ip="127.0.0.1",
            agent="Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11 Botocore/1.44.5",
        )
    )


async def changes_per_second(store: Store, clients: int, changes: int) -> float:
    async def client() -> None:
        for _ in range(changes // clients):
            await store.write(create_user)

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return changes / (time.perf_counter() - start)


class Raw:
    """The rows that the store wrote, written again by the `sqlite3` module into empty tables of the same schema."""

    def __init__(self, written: Path, file: Path) -> None:
        with closing(sqlite3.connect(written)) as source:
            self._rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
            schema = source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        del self._rows["changes"][0]  # the account's
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        for (statement,) in schema:
            self._connection.execute(statement)
        self._connection.execute(f"INSERT INTO revisions VALUES ('{ACCOUNT}', 1)")

    def commits(self, group: int, changes: int) -> float:
        """Changes a second, with that many in a commit."""
        for table in ("users", "changes", "events"):
            self._connection.execute(f"DELETE FROM {table}")
        start = time.perf_counter()
        for at in range(0, changes, group):
            self._connection.execute("BEGIN IMMEDIATE")
            for table in ("users", "changes", "events"):
                rows = self._rows[table][at : at + group]
                marks = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            self._connection.execute("UPDATE revisions SET revision = ? WHERE account_id = ?", (at, ACCOUNT))
            self._connection.execute("COMMIT")
        return changes / (time.perf_counter() - start)


async def refresh_cost(store: Store, calls: int = 20_000) -> float:
    start = time.process_time()
    for _ in range(calls):
        await store.refresh()
    return (time.process_time() - start) / calls * 1e6


async def write_and_load(directory: Path) -> dict[str, float]:
    """The store's own figures: rates by number of clients, refresh in microseconds, load in milliseconds."""
    store = Store.open_sqlite(directory)
    await store.start()
    await store.write(lambda change: change.create(ACCOUNT).accounts.add(Account(ACCOUNT, NOW)))
    found = {"one": 0.0, "many": 0.0}
    for _ in range(ROUNDS):
        found["many"] = max(found["many"], await changes_per_second(store, CLIENTS, CHANGES))
        found["one"] = max(found["one"], await changes_per_second(store, 1, CHANGES // 4))
    found["refresh"] = await refresh_cost(store)
    await changes_per_second(store, 100, max(0, USERS - len((await store.load(ACCOUNT)).users)))
    await store.close()
    cold = Store.open_sqlite(directory)
    await cold.start()
    start = time.perf_counter()
    found["users"] = len((await cold.load(ACCOUNT)).users)
    found["load"] = (time.perf_counter() - start) * 1e3
    await cold.close()
    return found


def best(measure: Callable[[], float]) -> float:
    return max(measure() for _ in range(ROUNDS))


def main() -> None:
    """Print each figure, the rates beside the raw ones."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        found = asyncio.run(write_and_load(directory))
        raw = Raw(directory / "iamd.db", directory / "raw.db")
        single = best(lambda: raw.commits(1, CHANGES // 4))
        grouped = best(lambda: raw.commits(CLIENTS, CHANGES))
    print(f"raw sqlite3, 1 change a commit    {single:8.0f} /s")
    print(f"store, 1 client                   {found['one']:8.0f} /s {found['one'] / single:6.2f} x")
    print(f"store, {CLIENTS} clients                 {found['many']:8.0f} /s {found['many'] / single:6.2f} x")
    print(f"raw sqlite3, {CLIENTS} changes a commit  {grouped:8.0f} /s {grouped / single:6.2f} x")
    print(f"refresh, nothing changed          {found['refresh']:8.2f} us")
    print(f"cold load of {found['users']:.0f} users           {found['load']:8.1f} ms")


if __name__ == "__main__":
    main()
