"""The replica on an edge node's disk: a row an account, each sealed under the edge node's own key, and one that says
which rows belong together and how old they are.

What was altered, exchanged or taken away is noticed when it is read: a row opens only under its own name, and the state
names the revision of every account. An old copy of it all is as old as its state says, and too old before long.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from iamd.store.edge.messages import Delta
from iamd.store.errors import StoreError
from iamd.store.keyring import KeyRow, data_key
from iamd.store.master_key import MasterKey
from iamd.store.sealing import Sealer, SealError
from iamd.store.sqlite.connection import SqliteConnection, connect, failing
from iamd.store.sqlite.file import create

DATA_KEY = 1
_KEY, _STATE = "key", "state"
_TABLE = "CREATE TABLE IF NOT EXISTS replica (name TEXT PRIMARY KEY, content BLOB NOT NULL)"
_PUT = "INSERT INTO replica VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET content = excluded.content"


class ReplicaState(msgspec.Struct):
    """Of which control plane, up to which row of its feed, and when (microseconds since 1970) it was last known to be
    current; the revisions of all accounts, the keys of session tokens, and what stands for the accounts it may have."""

    source: str
    mark: tuple[int, int, int] | None
    as_of: int
    revisions: dict[str, int]
    newest_key: int
    token_keys: dict[int, bytes]
    scope: str = ""


_pack = msgspec.msgpack.Encoder().encode
_state = msgspec.msgpack.Decoder(ReplicaState).decode
_delta = msgspec.msgpack.Decoder(Delta).decode


class Replica:
    """The file, for one thread at a time. Raises StoreError."""

    def __init__(self, file: Path, master: MasterKey) -> None:
        create(file)
        self._file = file
        self._connection: SqliteConnection = connect(file)
        with failing("open", file):
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(_TABLE)
            self.key_row = self._data_key(master)
        self.sealer = Sealer({DATA_KEY: master.unwrap(DATA_KEY, self.key_row.wrapped)})

    def read(self) -> tuple[ReplicaState, list[Delta]] | None:
        """What was last written; None before that. Raises StoreError when it is not what was written."""
        with failing("read", self._file):
            rows = dict(self._connection.execute("SELECT name, content FROM replica"))
        rows.pop(_KEY)
        if not rows:
            return None
        try:
            state = _state(self.sealer.open(rows.pop(_STATE, b""), _STATE.encode()))
            deltas = [_delta(self.sealer.open(content, name.encode())) for name, content in rows.items()]
        except (SealError, msgspec.MsgspecError) as error:
            raise self._altered() from error
        if {delta.account_id: delta.reached for delta in deltas} != state.revisions:
            raise self._altered()
        return state, deltas

    def write(self, state: ReplicaState, accounts: Mapping[str, Delta | None]) -> None:
        """Put the state and those accounts (None: there is none any more), all or nothing."""
        put = [(name, self._sealed(name, delta)) for name, delta in accounts.items() if delta is not None]
        with failing("write", self._file):
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                self._connection.executemany(_PUT, [*put, (_STATE, self._sealed(_STATE, state))])
                gone = [(name,) for name, delta in accounts.items() if delta is None]
                self._connection.executemany("DELETE FROM replica WHERE name = ?", gone)

    def close(self) -> None:
        self._connection.close()

    def _sealed(self, name: str, content: Delta | ReplicaState) -> bytes:
        return self.sealer.seal(_pack(content), name.encode())

    def _data_key(self, master: MasterKey) -> KeyRow:
        """The key that is in the file, else a new one: of an empty file."""
        found = self._connection.execute("SELECT name, content FROM replica WHERE name = ?", (_KEY,)).fetchone()
        if found is not None:
            return KeyRow(DATA_KEY, "data", found[1])
        if self._connection.execute("SELECT 1 FROM replica").fetchone():
            raise self._altered()
        row = data_key(DATA_KEY, master)
        self._connection.execute(_PUT, (_KEY, row.wrapped))
        return row

    def _altered(self) -> StoreError:
        return StoreError(f"{self._file} is not as this edge node wrote it: remove it, and it is fetched anew")
