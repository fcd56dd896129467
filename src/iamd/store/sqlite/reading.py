"""What is read from SQLite: whole accounts, and what other processes have committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from pathlib import Path

from iamd.store.errors import StoreError
from iamd.store.history import rewind
from iamd.store.image import KINDS, Records
from iamd.store.interface import Access, KeptDenial, Listed, Usage, When
from iamd.store.keyring import Keyring
from iamd.store.rows import CODECS, moment
from iamd.store.sealing import MasterKey
from iamd.store.sqlite import history
from iamd.store.sqlite import statements as sql
from iamd.store.sqlite.file import connect, failing, read_keyring, transaction


def load(connection: sqlite3.Connection, account_id: str) -> tuple[Records, dict[str, Usage]]:
    """All of an account, of one moment."""
    with transaction(connection, "BEGIN"):
        records = image(connection, account_id)
        used = connection.execute(sql.LAST_USED, (account_id,)).fetchall()
    return records, {subject: Usage(moment(time), region, service) for subject, time, region, service in used}


def image(connection: sqlite3.Connection, account_id: str) -> Records:
    """All records of an account, in the caller's transaction."""
    records = Records(account_id)
    records.revision = revision(connection, account_id)
    for kind in KINDS:
        codec, collection = CODECS[kind.name], records.collection(kind.name)
        for row in connection.execute(sql.RECORDS[kind.name].by_account, (account_id,)):
            collection.load(codec.record(row))
    return records


def past(connection: sqlite3.Connection, account_id: str, when: When) -> Records:
    """All records of an account as they stood; raises NotKept."""
    with transaction(connection, "BEGIN"):
        records = image(connection, account_id)
        behind = history.revision_at(connection, account_id, when, records.revision)
        rewind(records, history.touched(connection, account_id, behind))
    return records


def accesses(connection: sqlite3.Connection, account_id: str) -> list[Access]:
    """The last attempt of every principal at every action."""
    rows = connection.execute(sql.ACCESSES, (account_id,)).fetchall()
    return [
        Access(principal, service, action, moment(time), region) for principal, service, action, time, region in rows
    ]


def denial(connection: sqlite3.Connection, id: str, needed: Callable[[bytes], Collection[str]]) -> KeptDenial | None:
    """The denial of that id with its documents, as far as they are there."""
    with transaction(connection, "BEGIN"):
        found = connection.execute(sql.DENIAL, (id,)).fetchone()
        if found is None:
            return None
        account_id, time, record = found
        texts = {}
        for digest in needed(record):
            text = connection.execute(sql.DENIAL_DOCUMENT, (account_id, digest)).fetchone()
            if text is not None:
                texts[digest] = text[0]
    return KeptDenial(account_id, moment(time), record, texts)


def result(connection: sqlite3.Connection, account_id: str, id: str) -> bytes | None:
    """What a query found."""
    found = connection.execute(sql.RESULT, (account_id, id)).fetchone()
    return None if found is None else bytes(found[0])


def revision(connection: sqlite3.Connection, account_id: str) -> int:
    """The account's last committed change; 0 when it has none."""
    found = connection.execute(sql.REVISION, (account_id,)).fetchone()
    return 0 if found is None else int(found[0])


def accounts(connection: sqlite3.Connection) -> dict[str, Listed]:
    """What is listed of every account by its id, oldest account first."""
    rows = connection.execute(sql.ACCOUNTS).fetchall()
    return {account_id: Listed(alias, email, organization) for account_id, alias, email, organization in rows}


def holders(connection: sqlite3.Connection, kind: str) -> list[str]:
    """The accounts that have a record of that kind."""
    return [account_id for (account_id,) in connection.execute(sql.HOLDERS[kind])]


def find_key(connection: sqlite3.Connection, access_key_id: str) -> str | None:
    found = connection.execute(sql.FIND_KEY, (access_key_id,)).fetchone()
    return None if found is None else str(found[0])


def last_position(connection: sqlite3.Connection) -> int:
    """The newest row of the change feed."""
    found: int | None = connection.execute(sql.LAST_POSITION).fetchone()[0]
    return found or 0


class Watch:
    """Follows the change feed over a connection of its own, on the event loop's thread."""

    def __init__(self, file: Path, writer: int) -> None:
        self._file = file
        self._writer = writer
        self._connection = connect(file)
        self._version = self._data_version()  # a row: it is only ever compared
        self._seen = last_position(self._connection)
        self.last_key = self._last_key()

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
            end = last_position(self._connection)
            found = self._connection.execute(sql.CHANGED, (self._seen,)).fetchall() if end > self._seen else ()
            self.last_key = self._last_key()
        except sqlite3.Error as error:
            raise StoreError(f"cannot read the database {self._file}: {error}") from error
        self._version = version
        self._seen = max((position for _, _, position in found), default=self._seen)
        return {account_id for account_id, writer, _ in found if writer != self._writer}

    def catch_up(self, records: Records) -> bool:
        """Exchange the records that were changed behind the image's revision; False when these are forgotten."""
        account_id = records.account_id
        with failing("read", self._file), transaction(self._connection, "BEGIN"):
            if history.forgotten_up_to(self._connection, account_id) > records.revision:
                return False
            touched = self._connection.execute(sql.TOUCHED, (account_id, records.revision)).fetchall()
            rows = [
                self._connection.execute(sql.RECORDS[kind].by_key, (account_id, key)).fetchone()
                for kind, key, _ in touched
            ]
            reached = revision(self._connection, account_id)
        fresh = [
            None if row is None else CODECS[kind].record(row) for (kind, _, _), row in zip(touched, rows, strict=True)
        ]
        # First take out what is gone, what was added anew (it comes last in listings) and what has another name
        # (names may have been exchanged), then take in what there is.
        for (kind, key, added), record in zip(touched, fresh, strict=True):
            held = records.collection(kind).get(key)
            records.changed(kind, added=held is None)
            if held is not None and (record is None or added is not None or CODECS[kind].renamed(held, record)):
                records.collection(kind).forget(key)
        for (kind, _, _), record in zip(touched, fresh, strict=True):
            if record is not None:
                records.collection(kind).load(record)
        records.revision = reached
        return True

    def close(self) -> None:
        self._connection.close()

    def keyring(self, master: MasterKey) -> Keyring:
        with failing("read", self._file):
            return read_keyring(self._connection, master)

    def _last_key(self) -> int:
        """The id of the newest key there was at the last look."""
        return int(self._connection.execute(sql.LAST_KEY).fetchone()[0])

    def _data_version(self) -> object:
        """A number that changes when another connection has committed."""
        return self._connection.execute("PRAGMA data_version").fetchone()
