"""How far a database has come: by that one tells whether another server, which follows it, has as much and the same."""

from __future__ import annotations

from typing import NamedTuple

from iamd.store.sql import feed
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection
from iamd.store.sql.feed import Mark


class Recorded(NamedTuple):
    """A run of audit records: where it is, when its last one was, and its id."""

    position: int
    time: int
    event_id: str


class Tip(NamedTuple):
    """The newest rows of the change feed and of the record of events; None where there is none.

    Rows come there in the order of commits, so whoever has a tip has everything that was committed before it.
    """

    change: Mark | None
    run: Recorded | None


def tip(connection: Connection) -> Tip:
    """The database's tip."""
    changes, runs = connection.each([(sql.LAST_CHANGE, ()), (sql.LAST_RUN, ())])
    return Tip(Mark(*changes[0]) if changes else None, Recorded(*runs[0]) if runs else None)


def has(connection: Connection, tip: Tip) -> bool:
    """Whether those rows are in the database, which has gone on perhaps."""
    if tip.change is not None and not feed.is_at(connection, tip.change):
        return False
    if tip.run is None:
        return True
    found = connection.execute(sql.RUN, (tip.run.position,)).fetchone()
    return found is not None and Recorded(tip.run.position, *found) == tip.run
