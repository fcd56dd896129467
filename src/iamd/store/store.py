"""The store: every account as an image in memory, every change durable before it is answered.

All methods are called on one event loop. A request is answered in these steps: `refresh`, find the account
(`account_of_key` or `load_key`), its records (`records` or `load`), then either read them and await `settled`, or
`write`. Records must not be kept over an await: they may be dropped or, after a conflict, taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from math import inf
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from iamd.store import opening
from iamd.store.batch import Entry
from iamd.store.cache import ImageCache
from iamd.store.change import Change
from iamd.store.commits import Committer
from iamd.store.directory import Directory
from iamd.store.errors import NoAccount, StoreError
from iamd.store.image import Records
from iamd.store.interface import Database, Replaced, When
from iamd.store.journal import Journal
from iamd.store.keyring import Keyring
from iamd.store.records import AccessKey
from iamd.store.spool import Spool
from iamd.store.sql.feed import Heard, Mark, News

T = TypeVar("T")

MAX_BYTES = 512 << 20
_TRIES = 3  # more changes of our own may have been begun


class Store(Journal):
    """Made by `open_sqlite`; `start` before use, `close` at the end."""

    def __init__(self, database: Database, max_bytes: int = MAX_BYTES, spool: Spool | None = None) -> None:
        """The accounts in memory take `max_bytes`, about. With a spool, what is recorded while the database is away is on
        disk at once."""
        super().__init__(database, spool)
        self._images = ImageCache(max_bytes)
        self.directory = Directory(self._images)  # what is in memory, for those who ask for every request
        self._looked = -inf
        self._committer = Committer(
            database, self._images, self._ledger, self._load, self.directory.committed, self._catch_up, self.relist
        )
        self._loading: dict[str, asyncio.Task[Records]] = {}
        self._keyring = database.keyring
        self.sealer = self._keyring.sealer  # of secrets, for the records that hold them; knows keys that are added
        self.on_new_keys: Callable[[Keyring], None] = lambda keyring: None  # told when the keyring has changed

    @classmethod
    def open_sqlite(
        cls, data_dir: Path | None, master_key_file: Path | None = None, max_bytes: int = MAX_BYTES
    ) -> Store:
        """Open the database in a directory, making both on first use; None keeps everything in memory.

        Raises StoreError; see `opening.sqlite`.
        """
        return cls(opening.sqlite(data_dir, master_key_file), max_bytes)

    @property
    def keyring(self) -> Keyring:
        """Holds the keys of session tokens."""
        return self._database.keyring

    async def start(self) -> None:
        """Raises StoreError."""
        await self._database.start()
        await self.relist()
        self._committer.start()
        self._ledger.start()

    async def close(self) -> None:
        """Commit and flush everything, then close the database. Raises StoreError when the flush fails."""
        with suppress(StoreError):
            await self._database.follow()  # writes that wait for this are begun
        await self._committer.close()
        try:
            await self._ledger.close()
        finally:
            await self._database.close()

    @property
    def healthy(self) -> bool:
        """Whether requests can be decided: the last events could be recorded, or need not be for the moment."""
        bridged = self._database.bridged
        return self._committer.running and (self._ledger.healthy if bridged is None else bridged)

    @property
    def schema(self) -> int:
        """The version of the database's schema."""
        return self._database.schema

    def lead(self) -> float:
        """See `interface.Database.lead`. Raises StoreError."""
        return self._database.lead()

    def account_ids(self) -> list[str]:
        """Every account there is, oldest first."""
        return self.directory.accounts()

    def has_account(self, account_id: str) -> bool:
        """Whether there is such an account, in memory or not."""
        return self.directory.has_account(account_id)

    def alias_owner(self, alias: str) -> str | None:
        """The account that has this alias; aliases are unique over all accounts."""
        return self.directory.alias_owner(alias)

    def email_owner(self, email: str) -> str | None:
        """The account whose root user has this address; addresses of new accounts are unique."""
        return self.directory.email_owner(email)

    def organization_of(self, account_id: str) -> str | None:
        """The management account of an account's organization; None when it is in none, or there is no such account."""
        return self.directory.organization_of(account_id)

    def records(self, account_id: str) -> Records | None:
        """The account's records when they are in memory."""
        return self.directory.records(account_id)

    async def load(self, account_id: str) -> Records:
        """The account's records; raises NoAccount."""
        # What was loaded may be dropped before we go on: a change in it, which we must not see, was not written.
        while (image := self._images.get(account_id)) is None:
            await self._load(account_id)
        if not image.accounts:
            raise NoAccount(account_id)
        return image

    def account_of_key(self, access_key_id: str) -> str | None:
        """The account that has this access key, when that is known without asking the database."""
        return self.directory.account_of_key(access_key_id)

    def key_at_hand(self, access_key_id: str) -> tuple[Records, AccessKey] | None:
        """The access key and its account's records, when both are in memory; `load_key` finds all keys."""
        return self.directory.key_at_hand(access_key_id)

    def key_of(self, account_id: str, access_key_id: str) -> tuple[Records, AccessKey] | None:
        """As `key_at_hand`, of a key that is probably that account's."""
        return self.directory.key_of(account_id, access_key_id)

    async def load_key(self, access_key_id: str) -> str | None:
        """The account that has this access key; None when there is none."""
        account_id = self.directory.account_of_key(access_key_id)
        if account_id is None:
            account_id = await self._database.find_key(access_key_id)
            if account_id is not None:
                await self.refresh()  # it may have been made elsewhere, just now
                self.directory.note_key(access_key_id, account_id)
        return account_id

    def may_be_stale(self, arrived: float) -> bool:
        """Whether `refresh` and `look` have anything to do for a request that came in then (seconds of `perf_counter`).

        Its client can only have heard of commits before that: when the database was looked at since, it need not be
        again. So the requests that come in together share one look.
        """
        return arrived >= self._looked

    async def refresh(self, arrived: float = inf) -> None:
        """Bring the images up to date with what other processes have committed before `arrived`, as far as is known; by
        default with all that has been committed. Raises StoreError."""
        if arrived == inf:
            await self._database.follow()
        if self.may_be_stale(arrived) and self.look():
            await self.relist()

    def look(self) -> bool:
        """Take in what other processes have committed, but for accounts that are not in memory: whether there are such,
        which `relist` takes in."""
        looked = perf_counter()
        changed = self._database.poll()
        if self._database.keyring is not self._keyring:
            self._keyring = self._database.keyring
            self.sealer.renew(self._keyring.sealer)
            self.on_new_keys(self._keyring)
        unknown = False
        for account_id in changed:
            image = self._images.get(account_id)
            if image is None:
                unknown = True
            elif self._committer.undurable(account_id):
                self._committer.overtaken(account_id)
            else:
                self._catch_up(image)
        self._looked = looked
        return unknown

    async def relist(self) -> None:
        """Learn which accounts there are."""
        noted = -1
        while noted != self.directory.noted:  # what is known by now may be newer than what was read
            noted = self.directory.noted
            listed = await self._database.accounts()
        self.directory.load(listed)

    def _catch_up(self, image: Records) -> None:
        try:
            current = self._database.catch_up(image)
        except Exception:  # a change is told once: what cannot be brought up to date now must not be used
            current = False
        if current:
            self.directory.note(image)
        else:
            self._images.drop(image.account_id)

    async def heard(self, mark: Mark | None) -> Heard:
        """See `interface.Database.heard`. Raises StoreError."""
        return await self._database.heard(mark)

    async def news(self, account_id: str, behind: int) -> News | None:
        """See `interface.Database.news`. Raises StoreError."""
        return await self._database.news(account_id, behind)

    async def committed(self, account_id: str) -> Records:
        """The account's records as last committed, an image of its own; none where there is no such account. Raises
        StoreError."""
        return (await self._database.load(account_id))[0]

    async def past(self, account_id: str, when: When) -> Records:
        """The account's records as they stood at a revision or a time, an image of its own that nobody else sees; of
        before there was the account: none. Raises NotKept, StoreError."""
        return await self._database.past(account_id, when)

    async def history(self, account_id: str, behind: int = 0) -> list[Replaced]:
        """What the account's changes behind that revision touched, last first; those that are still kept. Raises
        StoreError."""
        return await self._database.history(account_id, behind)

    async def time(self) -> datetime:
        """See `interface.Database.time`. Raises StoreError."""
        return await self._database.time()

    async def forget(self, before: datetime) -> None:
        """Forget the history of before that time; the state at that time can still be rebuilt. Raises StoreError."""
        await self._database.forget(before)

    async def write(self, work: Callable[[Change], T]) -> T:
        """Do the work and return what it returns once its changes are durable.

        The work runs at once, on the loop, and again when another process was faster. When it raises, nothing is
        changed and the exception comes out here. Raises StoreError when the commit fails; then nothing was
        acknowledged, and whether it became durable is what the next read shows.
        """
        await self.refresh()
        entry = Entry(work, asyncio.get_running_loop().create_future())
        await self._committer.perform(entry)
        result: T = await entry.done
        return result

    @property
    def unsettled(self) -> bool:
        """Whether changes are under way, which `settled` waits for."""
        return self._committer.under_way

    async def settled(self) -> None:
        """Return when everything read so far is durable: at once, unless changes are under way.

        Raises StaleRead when what was read has been superseded and is to be read again, StoreError when it was lost.
        """
        await self._committer.settled()

    async def hear(self) -> None:
        """Take in what has been committed before the call, by other processes, too. Raises StoreError."""
        await self._committer.ended()  # changes of our own under way hide those of others
        await self.refresh()

    async def reached(self, account_id: str) -> int:
        """The account's last revision that is committed, as far as is known; its records may show changes of our own that
        are under way, and others' then not. Raises NoAccount, StoreError."""
        image = await self.load(account_id)
        base = self._committer.base(account_id)
        return image.revision if base is None else base

    async def reach(self, account_id: str, revision: int) -> int:
        """Take in others' changes of an account until it is at that revision, if there is one, and return which one it is
        at then. Raises NoAccount, StoreError."""
        tries = 0
        while (reached := await self.reached(account_id)) < revision and tries < _TRIES:
            await self.hear()
            tries += 1
        return reached

    async def taken_back(self) -> bool:
        """Wait for the changes under way, which a refusal may rest on; whether any of them was taken back, or others' are
        to be seen, so that it is to be decided anew. Raises nothing."""
        if self.unsettled:
            try:
                await self.settled()
            except StoreError:
                return True
        return False

    async def rotate_master_key(self) -> None:
        """Wrap the data keys by the newest of the master key's keys alone, and seal under a new data key from now on, in
        every process on this database. Raises StoreError, and nothing is changed."""
        await self._database.rotate_master_key()
        await self.refresh()

    async def rotate_token_key(self, forget_before: datetime) -> None:
        """Seal new session tokens under a new key, in every process on this database; the older keys stay, but for
        those that sealed nothing since `forget_before`. Raises StoreError."""
        await self._database.rotate_token_key(forget_before)
        await self.refresh()

    async def reset(self) -> None:
        """Remove every account, in memory only; the keyring stays. Raises StoreError for a file.

        What is under way is finished first; changes that come in meanwhile fail with StoreError.
        """
        await self.settled()
        while self._loading:
            await asyncio.wait(self._loading.values())
        # From here to the end without a pause: what came in meanwhile must not be half in, half out.
        cleared = self._database.clear()
        self._committer.give_up(StoreError("everything has been removed"))
        self._images.clear()
        self._ledger.clear()
        self.directory.clear()
        await cleared

    async def _load(self, account_id: str) -> None:
        """Load the image from the database, once however many wait for it."""
        loading = self._loading.get(account_id)
        if loading is None:
            loading = asyncio.get_running_loop().create_task(self._fetch(account_id))
            self._loading[account_id] = loading
            loading.add_done_callback(lambda _: self._loading.pop(account_id, None))
        await asyncio.shield(loading)

    async def _fetch(self, account_id: str) -> Records:
        while True:
            image, usage = await self._database.load(account_id)
            if self._database.catch_up(image):  # with what was committed while it was being loaded
                break
        self._ledger.load(account_id, usage)
        self.directory.note(image)
        for dropped in self._images.put(image, self._committer.pinned()):
            self._ledger.drop(dropped)
        return image
