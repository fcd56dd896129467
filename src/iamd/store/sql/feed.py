"""The change feed: what others have changed, and what it makes of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from iamd.store.image import Records
from iamd.store.rows import CODECS
from iamd.store.sql import history
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection


class Changed(NamedTuple):
    """An account that a process changed, where in the feed it last did, and its first and last revision of these."""

    account_id: str
    writer: int
    position: int
    first: int
    last: int


class Mark(NamedTuple):
    """A row of the feed: where it is, and who wrote it when."""

    position: int
    writer: int
    time: int


class Heard(NamedTuple):
    """Where the feed ends, who changed what behind a mark, whether that mark is of another feed or was forgotten, so that
    nothing is known behind it, and the id of the newest key."""

    mark: Mark | None
    changed: list[Changed]
    lost: bool
    newest_key: int


class Touched(NamedTuple):
    """A record that changes touched: where in the feed it was last added (None: it was there), and what it is now
    (None: gone)."""

    kind: str
    key: str
    added: int | None
    record: Any


@dataclass(frozen=True, slots=True)
class News:
    """What changed in an account behind revision `base` up to `reached`."""

    base: int
    reached: int
    touched: list[Touched]

    def tell(self, records: Records) -> None:
        """Bring an image to `reached`; it must be at `base` or between the two, and hold no uncommitted change."""
        # First take out what is gone, what was added anew (it comes last in listings) and what has another name
        # (names may have been exchanged), then take in what there is.
        for kind, key, added, record in self.touched:
            held = records.collection(kind).get(key)
            records.changed(kind, added=held is None)
            if held is not None and (record is None or added is not None or CODECS[kind].renamed(held, record)):
                records.collection(kind).forget(key)
        for kind, _, _, record in self.touched:
            if record is not None:
                records.collection(kind).load(record)
        records.revision = self.reached


def revision(connection: Connection, account_id: str) -> int:
    """The account's last committed change; 0 when it has none."""
    found = connection.execute(sql.REVISION, (account_id,)).fetchone()
    return 0 if found is None else int(found[0])


def last_position(connection: Connection) -> int:
    """The newest row of the feed."""
    found: int | None = connection.execute(sql.LAST_POSITION).fetchone()[0]
    return found or 0


def end(connection: Connection) -> Mark | None:
    """The newest row of the feed."""
    found = connection.execute(sql.LAST_CHANGE).fetchone()
    return None if found is None else Mark(*found)


def look(connection: Connection, position: int) -> tuple[Mark | None, list[Changed], int, int]:
    """Where the feed ends, who changed what behind a position, the id of the newest key and the version of the schema,
    all asked at once.

    What is committed meanwhile may be among the changes though it lies behind the end, but never the other way round.
    """
    asked = [(sql.LAST_CHANGE, ()), (sql.CHANGED, (position,)), (sql.LAST_KEY, ()), (sql.SCHEMA, ())]
    ends, changed, keys, schema = connection.each(asked)
    mark = Mark(*ends[0]) if ends else None
    return mark, [Changed(*row) for row in changed], int(keys[0][0]), int(schema[0][0])


def heard(connection: Connection, mark: Mark | None) -> Heard:
    """What was committed behind a mark; without one, where the feed ends."""
    end, changed, newest_key, _ = look(connection, last_position(connection) if mark is None else mark.position)
    return Heard(end, changed, mark is not None and not is_at(connection, mark), newest_key)


def is_at(connection: Connection, mark: Mark) -> bool:
    """Whether the feed has that row, so that everything up to it is as it was."""
    found = connection.execute(sql.WRITER, (mark.position,)).fetchone()
    return found is not None and Mark(mark.position, *found) == mark


def behind(connection: Connection, position: int) -> list[Changed]:
    """Who changed what behind that position."""
    return [Changed(*row) for row in connection.execute(sql.CHANGED, (position,)).fetchall()]


def news(connection: Connection, account_id: str, base: int) -> News | None:
    """What changed in an account behind a revision, as of one moment; None when that is forgotten. What a newer program
    keeps, of kinds that this one does not know, is passed over."""
    with connection.reading():
        if history.forgotten_up_to(connection, account_id) > base:
            return None
        touched = [row for row in connection.execute(sql.TOUCHED, (account_id, base)) if row[0] in CODECS]
        rows = [*connection.each([(sql.RECORDS[kind].by_key, (account_id, key)) for kind, key, _ in touched])]
        reached = revision(connection, account_id)
    found = [
        Touched(kind, key, added, CODECS[kind].record(own[0]) if own else None)
        for (kind, key, added), own in zip(touched, rows, strict=True)
    ]
    return News(base, reached, found)
