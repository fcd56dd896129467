"""The change feed as history: which revision stood when, and what came behind it."""

from __future__ import annotations

from datetime import datetime

from iamd.store.errors import NotKept
from iamd.store.interface import Replaced, When
from iamd.store.rows import CODECS, micros, moment
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection


def accounts(connection: Connection) -> list[str]:
    """The accounts that have ever been changed."""
    return [account_id for (account_id,) in connection.execute(sql.CHANGED_ACCOUNTS)]


def forgotten_up_to(connection: Connection, account_id: str) -> int:
    """The newest revision whose state is the oldest that can be rebuilt; 0 where nothing was forgotten."""
    oldest: int | None = connection.execute(sql.OLDEST_REVISION, (account_id,)).fetchone()[0]
    return 0 if oldest is None else oldest - 1


def revision_at(connection: Connection, account_id: str, when: When, last: int) -> int:
    """The revision that stood then, `last` being the account's newest; 0: there was no account yet. Raises NotKept."""
    floor = forgotten_up_to(connection, account_id)
    if isinstance(when, datetime):
        found = connection.execute(sql.STOOD, (account_id, micros(when))).fetchone()
        if found is None and floor:
            raise NotKept(f"the history of account {account_id} does not go back to {when:%Y-%m-%dT%H:%M:%SZ}")
        return 0 if found is None else int(found[0])
    if when > last:
        raise NotKept(f"account {account_id} has no revision {when}: its last one is {last}")
    if when < floor:
        raise NotKept(f"revision {when} of account {account_id} is no longer kept: the oldest is {floor}")
    return when


def touched(connection: Connection, account_id: str, behind: int) -> list[Replaced]:
    """What the changes behind that revision touched, last first; those that are still kept, of the kinds that this program
    knows."""
    rows = connection.execute(sql.HISTORY, (account_id, behind)).fetchall()
    return [
        Replaced(revision, moment(time), kind, key, before)
        for revision, time, kind, key, before in rows
        if kind in CODECS
    ]


def forget(connection: Connection, account_id: str, before: datetime) -> None:
    """Forget what came before the revision that stood at that time, but nothing that came behind a later one: a clock may
    have been set back when a change was made.

    INVARIANT: the newest change of an account always stays, or other processes would not notice that they missed some.
    """
    with connection.writing():
        stood = connection.execute(sql.STOOD, (account_id, micros(before))).fetchone()
        after: int | None = connection.execute(sql.FIRST_AFTER, (account_id, micros(before))).fetchone()[0]
        if stood is not None:
            connection.execute(sql.FORGET, (account_id, stood[0] if after is None else min(stood[0], after - 1)))
