"""Findings, and what detections remember."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from iamd.store.interface import KeptFinding, Remembered
from iamd.store.rows import micros, moment
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection


def remembered(connection: Connection) -> list[Remembered]:
    """What is remembered of every account."""
    rows = connection.execute(sql.REMEMBERED).fetchall()
    return [Remembered(account_id, reached, content, reached) for account_id, reached, content in rows]


def remember(
    connection: Connection, memories: Sequence[Remembered], found: Sequence[KeptFinding], before: datetime
) -> bool:
    """Keep both, unless one of the memories is no longer what it was."""
    with connection.writing():
        for memory in memories:
            reached = connection.execute(sql.REACHED, (memory.account_id,)).fetchone()
            if (None if reached is None else reached[0]) != memory.base:
                return False
        connection.executemany(sql.REMEMBER, [(each.account_id, each.reached, each.content) for each in memories])
        rows = [(each.account_id, each.id, micros(each.updated), each.archived, each.content) for each in found]
        connection.executemany(sql.KEEP_FINDING, rows)
        connection.execute(sql.DROP_FINDINGS, (micros(before),))
    return True


def found(connection: Connection, account_id: str, id: str | None) -> list[KeptFinding]:
    """The account's findings, or one of them; last updated first."""
    rows = connection.execute(sql.FINDINGS, (account_id, id, id)).fetchall()
    return [
        KeptFinding(account_id, own, moment(updated), content, bool(archived))
        for own, updated, archived, content in rows
    ]


def archive(connection: Connection, account_id: str, id: str, archived: bool) -> bool:
    """Archive a finding, or take it out again; whether there is one."""
    with connection.writing():
        there = connection.execute(sql.FINDINGS, (account_id, id, id)).fetchone() is not None
        connection.execute(sql.ARCHIVE_FINDING, (archived, account_id, id))
    return there
