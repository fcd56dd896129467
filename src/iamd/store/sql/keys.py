"""The keyring's rows."""

from __future__ import annotations

import time

import structlog

from iamd.store.keyring import Keyring, KeyRow, data_key, first_keys, retired, token_key
from iamd.store.master_key import MasterKey
from iamd.store.sealing import SealError
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection

_AGAIN_SECONDS = 1.0

log = structlog.get_logger("iamd.store")


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


def add_token_key(connection: Connection, master: MasterKey, forget_before: int) -> None:
    """Add a token key, and remove those whose successor was made before that time. Raises SealError, and nothing is
    changed."""
    with connection.writing():
        keyring = read(connection, master)
        rows = [(KeyRow(*row), made) for *row, made in connection.execute(sql.KEYRING_TIMES)]
        row = token_key(rows[-1][0].id + 1, keyring.sealer)
        connection.execute(sql.ADD_KEY, (row.id, row.purpose, row.wrapped, time.time_ns() // 1000))
        for number in retired(rows, forget_before):
            connection.execute(sql.DROP_KEY, (number,))
        connection.announce()


def rewrap(connection: Connection, master: MasterKey) -> None:
    """Wrap the data keys by the newest of the master's keys, and add one, which seals from now on and the older master
    key has never seen; unless that was done already. Raises SealError, and nothing is changed."""
    with connection.writing():
        rows = [KeyRow(*row) for row in connection.execute(sql.KEYRING)]
        wrapped = [row for row in rows if row.purpose == "data"]
        if all(master.is_newest(row.wrapped) for row in wrapped):
            return
        for row in wrapped:
            connection.execute(sql.REWRAP_KEY, (master.wrap(row.id, master.unwrap(row.id, row.wrapped)), row.id))
        added = data_key(rows[-1].id + 1, master)
        connection.execute(sql.ADD_KEY, (added.id, added.purpose, added.wrapped, time.time_ns() // 1000))
        read(connection, master.newest())  # before it is committed: that key alone opens everything
        connection.announce()


class Renewal:
    """Reads the keyring again when there is another key in it."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._told = ""
        self._not_before = 0.0

    def read(self, connection: Connection, known: Keyring) -> Keyring:
        """The keys as they are now. While the master key does not open them those that are known go on: the reason is
        logged once, and the master key's file looked at again from time to time."""
        if time.monotonic() < self._not_before:
            return known
        try:
            keyring = read(connection, self._master)
        except SealError as error:
            self._not_before = time.monotonic() + _AGAIN_SECONDS
            if str(error) != self._told:
                log.error(
                    "new keys of the database cannot be read: this server needs the new master key", reason=str(error)
                )
            self._told = str(error)
            return known
        self._told = ""
        return keyring
