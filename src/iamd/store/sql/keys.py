"""The keyring's rows."""

from __future__ import annotations

import time

from iamd.store.keyring import Keyring, KeyRow, first_keys, retired, token_key
from iamd.store.sealing import MasterKey
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection


def make(connection: Connection, master: MasterKey) -> None:
    """Make the first keys when there are none, in the caller's transaction."""
    if connection.execute(sql.KEYRING).fetchone() is None:
        now = time.time_ns() // 1000
        connection.executemany(sql.ADD_KEY, [(row.id, row.purpose, row.wrapped, now) for row in first_keys(master)])


def read(connection: Connection, master: MasterKey) -> Keyring:
    """The keys as they are now; raises SealError when another master key wrapped them."""
    return Keyring([KeyRow(*row) for row in connection.execute(sql.KEYRING)], master)


def newest(connection: Connection) -> int:
    """The id of the newest key."""
    return int(connection.execute(sql.LAST_KEY).fetchone()[0])


def add_token_key(connection: Connection, keyring: Keyring, forget_before: int) -> None:
    """Add a token key, and remove those whose successor was made before that time."""
    with connection.writing():
        rows = [(KeyRow(*row), made) for *row, made in connection.execute(sql.KEYRING_TIMES)]
        row = token_key(rows[-1][0].id + 1, keyring.sealer)
        connection.execute(sql.ADD_KEY, (row.id, row.purpose, row.wrapped, time.time_ns() // 1000))
        for number in retired(rows, forget_before):
            connection.execute(sql.DROP_KEY, (number,))
        connection.announce()
