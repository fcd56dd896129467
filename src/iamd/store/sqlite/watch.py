"""What other processes on the same file have committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from pathlib import Path

from iamd.store import migrations
from iamd.store.errors import StoreError
from iamd.store.image import Records
from iamd.store.keyring import Keyring
from iamd.store.sql import feed, keys
from iamd.store.sqlite.connection import connect, failing


class Watch:
    """Follows the change feed over a connection of its own, on the event loop's thread."""

    def __init__(self, file: Path, writer: int) -> None:
        self._file = file
        self._writer = writer
        self._connection = connect(file)
        self._version = self._data_version()  # a row: it is only ever compared
        self._seen = feed.last_position(self._connection)
        self.last_key = keys.newest(self._connection)  # at the last look
        self.schema = migrations.version(self._connection)

    def written(self, first: int, last: int) -> None:
        """Note what this process wrote: the feed's rows behind `first` up to `last`."""
        if first == self._seen:
            self._seen = last

    def poll(self) -> Collection[str]:
        """The accounts that others have changed since the last call."""
        try:  # on the path of every request: no context manager
            version = self._data_version()
            if version == self._version:
                return ()
            # Mostly it was this process's own commit, and the feed ends where that did.
            end = feed.last_position(self._connection)
            found = feed.behind(self._connection, self._seen) if end > self._seen else []
            self.last_key = keys.newest(self._connection)
            self.schema = migrations.version(self._connection)
        except sqlite3.Error as error:
            raise StoreError(f"cannot read the database {self._file}: {error}") from error
        self._version = version
        self._seen = max((changed.position for changed in found), default=self._seen)
        return {changed.account_id for changed in found if changed.writer != self._writer}

    def catch_up(self, records: Records) -> bool:
        """Exchange the records that were changed behind the image's revision; False when these are forgotten."""
        with failing("read", self._file):
            news = feed.news(self._connection, records.account_id, records.revision)
        if news is None:
            return False
        news.tell(records)
        return True

    def close(self) -> None:
        self._connection.close()

    def keyring(self, renewal: keys.Renewal, known: Keyring) -> Keyring:
        """The keys, some of which others have added."""
        with failing("read", self._file):
            return renewal.read(self._connection, known)

    def _data_version(self) -> object:
        """A number that changes when another connection has committed."""
        return self._connection.execute("PRAGMA data_version").fetchone()
