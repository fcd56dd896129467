"""Notes of which rows change while a database is moved elsewhere. Triggers keep them, so that they have the changes of
every process, whatever its version."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from iamd.store import tables
from iamd.store.migrations import MOVED
from iamd.store.sqlite.connection import SqliteConnection
from iamd.store.sqlite.lock import Lock

TABLES = [table for table in tables.metadata.sorted_tables if table is not tables.schema_version]

_KEYS = {table.name: [column.name for column in table.primary_key] for table in TABLES}
_ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


class Notes(NamedTuple):
    """The keys of rows that were added, changed or removed, by table, and the last note's position."""

    last: int
    keys: dict[str, list[Sequence[object]]]

    @property
    def number(self) -> int:
        return sum(map(len, self.keys.values()))


def lock(file: Path) -> Lock:
    """What whoever moves a database holds meanwhile."""
    return Lock(file.with_name(f"{file.name}-moving"))


def begin(connection: SqliteConnection) -> None:
    """Note from now on."""
    with connection.writing():
        _drop(connection)
        connection.execute("CREATE TABLE moving (position INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL)")
        for name, columns in _KEYS.items():
            for verb, rows in _ROWS.items():
                notes = "".join(
                    f"INSERT INTO moving (name, key) VALUES ('{name}',"  # noqa: S608  # names of ours
                    f" json_array({', '.join(f'{row}.{column}' for column in columns)}));"
                    for row in rows
                )
                connection.execute(f"CREATE TRIGGER moving_{name}_{verb} AFTER {verb} ON {name} BEGIN {notes} END")


def behind(connection: SqliteConnection, position: int) -> Notes:
    """What was noted behind a position, in the caller's transaction."""
    found = connection.execute(
        "SELECT max(position), name, key FROM moving WHERE position > ? GROUP BY name, key", (position,)
    ).fetchall()
    keys: dict[str, list[Sequence[object]]] = {}
    for _, name, key in found:
        keys.setdefault(name, []).append(json.loads(key))
    return Notes(max((last for last, _, _ in found), default=position), keys)


def end(connection: SqliteConnection) -> None:
    """Note no more, and forget what was noted."""
    with connection.preparing():
        _drop(connection)


def sweep(connection: SqliteConnection, file: Path) -> None:
    """Clear away what a move has left that was killed."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'moving'").fetchone() is None:
        return
    held = lock(file)
    if held.take():
        try:
            end(connection)
        finally:
            held.release()


def mark(connection: SqliteConnection, destination: str) -> None:
    """Have the database used no more, in the caller's transaction."""
    _drop(connection)
    connection.execute("CREATE TABLE moved_to (destination TEXT NOT NULL)")
    connection.execute("INSERT INTO moved_to VALUES (?)", (destination,))
    connection.execute("INSERT INTO schema_version VALUES (?, ?)", (MOVED, time.time_ns() // 1000))


def destination(connection: sqlite3.Connection) -> str | None:
    """Where the database was moved to; None when it was not."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'moved_to'").fetchone() is None:
        return None
    return str(connection.execute("SELECT destination FROM moved_to").fetchone()[0])


def _drop(connection: SqliteConnection) -> None:
    named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'moving~_%' ESCAPE '~'"
    for (name,) in connection.execute(named).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DROP TABLE IF EXISTS moving")
