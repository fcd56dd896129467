"""What an edge node's store works on: the replica in memory, which the link to the control plane brings up to date, and
a spool for what is recorded. Nothing is changed here, and nothing decided on a replica that is too old.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from iamd.store.edge.messages import Delta, State, as_held, news_of
from iamd.store.edge.replica import Replica, ReplicaState
from iamd.store.errors import Refused, StoreError
from iamd.store.image import ACCESS_KEYS, KINDS, Records
from iamd.store.interface import Group, Listed, Usage
from iamd.store.keyring import Keyring, KeyRow, seal_token_key
from iamd.store.master_key import MasterKey
from iamd.store.migrations import LATEST
from iamd.store.postgresql.inbox import Inbox
from iamd.store.rows import micros, moment
from iamd.store.spool import Spool
from iamd.store.sql.connection import Connection
from iamd.store.sql.database import SqlDatabase
from iamd.store.sql.feed import Changed, News

P = ParamSpec("P")
T = TypeVar("T")

SKEW = 60.0  # seconds that a replica may be of the future: clocks are set
_NOTED_EVERY = 10.0  # seconds after which it is noted on disk that the replica is current


class EdgeDatabase(SqlDatabase):
    """See `interface.Database`; of what it asks for, no more than accounts, keys and their records is here.

    `source` is the control plane's URL; decisions are made for `patience` seconds after it was last heard. Raises
    StoreError when the replica is not as it was written.
    """

    def __init__(self, folder: Path, master: MasterKey, source: str, patience: float) -> None:
        super().__init__(master)
        self.source = source
        self.mark: tuple[int, int, int] | None = None
        self.newest_key = 0
        self.scope = ""
        self._patience = patience
        self._replica = Replica(folder / "replica.db", master)
        self.spool = Spool(folder / "spool.db", lambda: self._replica.sealer)
        self._thread = ThreadPoolExecutor(1, "iamd-store-replica")
        self._inbox = Inbox()
        self._held: dict[str, Records] = {}
        self._token_keys: dict[int, bytes] = {}
        self._keys: dict[str, str] = {}  # whose each access key is
        self._as_of: datetime | None = None  # when the replica was last known to be current
        self._heard = 0.0  # the same on the clock that is never set, for this process
        self._noted = 0.0
        self._dismissed = ""
        found = self._replica.read()
        if found is not None:
            self._restore(*found)

    @property
    def is_filled(self) -> bool:
        """Whether there is a replica at all."""
        return self._as_of is not None

    @property
    def revisions(self) -> Mapping[str, int]:
        """What it has of each account."""
        return {account_id: records.revision for account_id, records in self._held.items()}

    @property
    def schema(self) -> int:
        return LATEST

    @property
    def bridged(self) -> bool | None:
        return self._too_old() is None

    async def take(self, state: State, deltas: Sequence[Delta], as_of: datetime) -> None:
        """Take in what the control plane told, which was current at that time. Raises StoreError when it cannot be kept,
        ValueError when it makes no sense; nothing is taken in then."""
        news = {delta.account_id: news_of(delta, self._replica.sealer.seal) for delta in deltas}
        gone = [each for each in self._held if each not in state.revisions] if state.whole else []
        wholes = {delta.account_id for delta in deltas if delta.base is None}
        for account_id, told in news.items():
            self._apply(account_id, told, anew=account_id in wholes)
        for account_id in gone:
            self._remove(account_id)
        if state.token_keys is not None:
            self._token_keys, self.newest_key = state.token_keys, state.newest_key
            self._renew_keyring()
        self.mark, self.scope = state.mark, state.scope
        ago = max(0.0, (datetime.now(UTC) - as_of).total_seconds())
        self._heard, self._as_of, self._dismissed = time.monotonic() - ago, as_of, ""
        changed = [*news, *gone]
        if changed or state.whole or state.token_keys is not None or time.monotonic() - self._noted > _NOTED_EVERY:
            await self._note(changed)

    def dismiss(self, reason: str) -> None:
        """Decide nothing until the control plane is heard again: it does not know this edge node any more."""
        self._dismissed = reason

    async def start(self) -> None:
        if not self.is_filled:
            raise StoreError("there is no replica yet")

    def lead(self) -> float:
        return 0.0

    async def follow(self) -> None:
        """The link follows, and cannot be hurried."""

    async def commit(self, group: Group) -> None:
        if group.changes or group.events:
            raise Refused(f"An edge node changes nothing. Send changes to {self.source}.")
        await self.spool.add(group)

    async def load(self, account_id: str) -> tuple[Records, dict[str, Usage]]:
        records = Records(account_id)
        held = self._held.get(account_id)
        if held is not None:
            records.revision = held.revision
            for kind in KINDS:
                collection = records.collection(kind.name)
                for record in held.collection(kind.name):
                    collection.load(record)
        self._inbox.take(records)
        return records, {}

    async def accounts(self) -> dict[str, Listed]:
        held = sorted((each for each in self._held.values() if each.accounts), key=lambda each: each.account.created)
        return {
            each.account_id: Listed(each.account.alias, each.account.email, each.account.organization) for each in held
        }

    async def find_key(self, access_key_id: str) -> str | None:
        return self._keys.get(access_key_id)

    def poll(self) -> Collection[str]:
        refusal = self._too_old()
        if refusal is not None:
            raise Refused(refusal)
        return self._inbox.changed()

    def catch_up(self, records: Records) -> bool:
        return self._inbox.catch_up(records)

    def clear(self) -> Awaitable[None]:
        raise StoreError("only a database in memory can be cleared")

    async def close(self) -> None:
        await self.spool.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._replica.close)
        self._thread.shutdown()

    def _too_old(self) -> str | None:
        """Why nothing may be decided now, for clients; None while it may."""
        if self._dismissed:
            return self._dismissed
        if self._as_of is None:
            return f"This edge node has not heard of its control plane {self.source} yet."
        age = (datetime.now(UTC) - self._as_of).total_seconds()
        unheard = time.monotonic() - self._heard if self._heard else 0.0
        if -SKEW <= age <= self._patience and unheard <= self._patience:
            return None
        return (
            f"This edge node has not heard of its control plane {self.source} for {self._patience:g} seconds, and decides "
            "nothing until it does."
        )

    def _apply(self, account_id: str, news: News, *, anew: bool) -> None:
        if anew or account_id not in self._held:
            self._remove(account_id)
            self._held[account_id] = Records(account_id)
        held = self._held[account_id]
        first = held.revision + 1
        news.tell(held)
        added = [key for kind, key, _, record in news.touched if kind == ACCESS_KEYS.name and record is not None]
        self._keys.update(dict.fromkeys(added, account_id))
        if not anew:
            self._inbox.put([Changed(account_id, 0, 0, first, news.reached)], {account_id: news})

    def _remove(self, account_id: str) -> None:
        held = self._held.pop(account_id, None)
        if held is not None:
            for key in held.access_keys:
                self._keys.pop(key.id, None)
        self._inbox.drop(account_id)

    def _renew_keyring(self) -> None:
        tokens = [
            KeyRow(number, "token", seal_token_key(number, key, self._replica.sealer))
            for number, key in self._token_keys.items()
        ]
        self.keyring = Keyring([self._replica.key_row, *tokens], self._master)

    def _restore(self, state: ReplicaState, deltas: Sequence[Delta]) -> None:
        if state.source != self.source:
            raise StoreError(f"the replica is of {state.source}: remove it, or give another folder")
        for delta in deltas:
            held = self._held[delta.account_id] = Records(delta.account_id)
            news_of(delta, self._replica.sealer.seal).tell(held)
            self._keys.update({key.id: delta.account_id for key in held.access_keys})
        self.mark, self.newest_key, self._token_keys = state.mark, state.newest_key, state.token_keys
        self.scope, self._as_of = state.scope, moment(state.as_of)
        self._renew_keyring()

    async def _note(self, changed: Sequence[str]) -> None:
        """Write those accounts, and that the replica is current."""
        if self._as_of is None:
            return
        state = ReplicaState(
            self.source,
            self.mark,
            micros(self._as_of),
            dict(self.revisions),
            self.newest_key,
            self._token_keys,
            self.scope,
        )
        accounts = {each: as_held(self._held[each]) if each in self._held else None for each in changed}
        self._noted = time.monotonic()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._replica.write, state, accounts)

    def _read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        raise Refused(f"An edge node does not know this. Ask {self.source}.")

    def _write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        raise Refused(f"An edge node changes nothing. Send changes to {self.source}.")
