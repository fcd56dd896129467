"""Writes on their way to the database: executed at once on the images, committed in groups, answered after that.

While one group is being committed, the writes that come in are executed on top of it and make the next. When the commit
finds that another process was faster, everything not yet durable is taken back, the images are brought up to date, and
the same work is done again. When the commit fails, everything not yet durable fails; the images are dropped where it
is not known whether it was written. A commit that takes long is set aside: the images are as they were before it, so
that reads go on, until it is known how it ended.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from iamd.store.batch import Batch, Entry
from iamd.store.cache import ImageCache
from iamd.store.change import NotLoaded
from iamd.store.errors import NotWritten, StaleRead, StoreError
from iamd.store.image import Records
from iamd.store.interface import AccountChange, Conflict, Database, NotUnique
from iamd.store.ledger import Ledger


class Committer:
    """Executes writes and commits them in groups."""

    def __init__(
        self,
        database: Database,
        images: ImageCache,
        ledger: Ledger,
        load: Callable[[str], Awaitable[None]],
        committed: Callable[[AccountChange], None],
        catch_up: Callable[[Records], None],
        relist: Callable[[], Awaitable[None]],
    ) -> None:
        self._database = database
        self._images = images
        self._ledger = ledger
        self._load = load
        self._committed = committed
        self._catch_up = catch_up  # bring an image to what others have committed
        self._relist = relist  # learn anew which accounts there are
        self._heeded: str | None = None  # the account that the work under way was done again for, as it was not unique
        self._committing: Batch | None = None
        self._filling = Batch()
        self._overtaken: set[str] = set()
        self._aside = False  # whether the changes that are being committed were taken out of the images
        self._heard = asyncio.Event()  # how that ended
        self._held = 0  # writes that wait for that
        self._again: set[asyncio.Task[None]] = set()  # such that had been executed
        self._wanted: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def running(self) -> bool:
        return self._running is not None and not self._running.done()

    def undurable(self, account_id: str) -> bool:
        """Whether the account's image holds a change that is not committed."""
        committing = self._committing
        return account_id in self._filling.bases or (committing is not None and account_id in committing.bases)

    def base(self, account_id: str) -> int | None:
        """The committed revision that changes of the account which are under way are based on; None without such."""
        for batch in (self._committing, self._filling):
            if batch is not None and account_id in batch.bases:
                return batch.bases[account_id]
        return None

    def overtaken(self, account_id: str) -> None:
        """Note that others have changed an account of which a change of our own is under way. Either theirs came first,
        and ours will be done again, or it came behind ours, of whose commit we have not heard yet."""
        self._overtaken.add(account_id)

    def pinned(self) -> set[str]:
        """The accounts whose images must stay."""
        committing = {} if self._committing is None else self._committing.bases
        return {*committing, *self._filling.bases, *self._wanted}

    @property
    def under_way(self) -> bool:
        """Whether images hold what is not committed, or lack what others are known to have changed."""
        if self._aside:
            return bool(self._overtaken)
        return self._committing is not None or bool(self._filling.entries)

    async def settled(self) -> None:
        """Wait for the last group there is; for one that is set aside only where it hides what others have changed."""
        batch = self._filling if self._filling.entries else self._committing
        if self._aside and self._overtaken:
            await self._heard.wait()
            raise _superseded()
        if batch is not None and not self._aside:
            await batch.settle()

    async def ended(self) -> None:
        """Wait for the last group there is, though it be set aside."""
        with suppress(StaleRead):
            await self.settled()
        if self._aside:
            await self._heard.wait()

    async def perform(self, entry: Entry) -> None:
        """Execute the entry, loading what it needs, and put it in the group that is being filled."""
        needed: Counter[str] = Counter()
        try:
            while True:
                if not self.running:
                    raise StoreError("the store is not open")
                if self._aside:
                    await self._hold()
                    continue
                try:
                    entry.execute(self._images.get)
                    break
                except NotLoaded as missing:
                    needed[missing.account_id] += 1
                    self._wanted[missing.account_id] += 1
                    await self._load(missing.account_id)
        except Exception as error:
            entry.resolve(error)
            return
        finally:
            self._wanted -= needed
        if self._committing is None and not (self._filling.entries or entry.changes or entry.events):
            self._answer(entry)
        else:
            self._filling.add(entry)
            self._wake.set()

    def start(self) -> None:
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Commit what there is, then take no more."""
        if self._running is not None:
            self._closing = True
            self._wake.set()
            await self._running

    async def _run(self) -> None:
        while self._filling.entries or self._held or self._again or not self._closing:
            await self._wake.wait()
            self._wake.clear()
            while self._filling.entries:
                try:
                    await self._commit()
                except Exception as error:  # whatever it is, nobody may wait for an answer that never comes
                    self.give_up(_unwritable(error))

    async def _commit(self) -> None:
        batch, self._filling = self._filling, Batch()
        self._committing = batch
        wait = self._database.reads_wait
        timer = None if wait is None else asyncio.get_running_loop().call_later(wait, self._set_aside, batch)
        try:
            group = batch.group()
            if group:
                await self._database.commit(group)
        except Exception as error:
            if self._committing is batch:
                await self._failed(error)
        else:
            if self._committing is not batch:
                return  # given up meanwhile
            self._bring_back(batch)
            self._committing = self._heeded = None
            for change in group.changes:
                self._committed(change)
            overtaken = self._overtaken & batch.bases.keys()
            batch.settled(_superseded() if overtaken else None)
            for entry in batch.entries:
                self._answer(entry)
            if overtaken:  # what is behind was executed on what others have changed, and may be refused for that
                behind, self._filling = self._filling, Batch()
                await self._do_again([behind], overtaken)
        finally:
            if timer is not None:
                timer.cancel()

    def _set_aside(self, batch: Batch) -> None:
        """Let reads go on with what was there before a commit that takes long; other changes wait for its end."""
        if self._committing is not batch:
            return
        filling, self._filling = self._filling, Batch()
        self._rewind([*batch.entries, *filling.entries])
        self._aside = True
        self._heard.clear()
        self._heed(self._overtaken & filling.bases.keys())
        for each in (batch, filling):
            each.settled(StaleRead("what was read is not durable"))
        for entry in filling.entries:
            task = asyncio.get_running_loop().create_task(self.perform(entry))
            self._again.add(task)
            task.add_done_callback(self._performed_again)

    def _performed_again(self, task: asyncio.Task[None]) -> None:
        self._again.discard(task)
        self._wake.set()

    async def _hold(self) -> None:
        """Wait until it is known how the commit that was set aside ended."""
        self._held += 1
        try:
            await self._heard.wait()
        finally:
            self._held -= 1
            self._wake.set()

    def _bring_back(self, batch: Batch) -> None:
        """Put what was set aside, if it was, into the images again."""
        if self._hear():
            for change in (change for entry in batch.entries for change in entry.changes):
                image = self._images.get(change.account_id)
                if image is not None:  # and it is as it was: nobody else's changes are taken in meanwhile
                    for step in change.steps:
                        step.collection.apply(step.key, step.before, step.after)
                    image.revision = change.revision
                    image.renew()

    def _hear(self) -> bool:
        """Take note that a commit has ended; whether it was set aside."""
        aside, self._aside = self._aside, False
        self._heard.set()
        return aside

    def _answer(self, entry: Entry) -> None:
        error = entry.error
        try:
            for event in entry.refusals:
                self._ledger.append(event)
        except StoreError as full:
            error = full
        entry.resolve(error)

    async def _failed(self, error: Exception) -> None:
        if isinstance(error, NotUnique):
            if error.account_id == self._heeded:  # work that does not ask whose it is would be done again for ever
                self._heeded = None
                self.give_up(_unwritable(error))
                return
            self._heeded = error.account_id
            await self._relist()
        if isinstance(error, Conflict):
            await self._redo(error.account_id)
        elif isinstance(error, NotWritten):
            self._withdraw(error)
        else:
            self.give_up(error if isinstance(error, StoreError) else _unwritable(error))

    async def _redo(self, account_id: str) -> None:
        """Another process was faster with that account: execute what is not durable once more, on what there is now."""
        await self._do_again(self._take_back(), {account_id})

    async def _do_again(self, batches: list[Batch], others: set[str]) -> None:
        """Execute batches that are none any more once more, where others have changed those accounts."""
        self._restore(batches, others)
        for batch in batches:
            batch.settled(_superseded())
        for batch in batches:
            for entry in batch.entries:
                await self.perform(entry)

    def _withdraw(self, error: NotWritten) -> None:
        """Fail all changes that are not durable, and keep the images, in which who saw the changes reads again."""
        batches = self._take_back()
        self._restore(batches, set())
        for batch in batches:
            batch.settled(StaleRead("what was read is not durable"))
        _fail(batches, error)

    def _restore(self, batches: list[Batch], others: set[str]) -> None:
        """Bring the images of accounts of batches that are none any more, and others, to what is committed."""
        self._rewind([entry for batch in batches for entry in batch.entries])
        self._heed(others.union(*(batch.bases for batch in batches)))

    def _heed(self, accounts: Iterable[str]) -> None:
        """Bring the images to what others made of the accounts, but for such of which a change is under way, with which
        theirs will collide."""
        for account_id in accounts:
            if not self.undurable(account_id):
                self._overtaken.discard(account_id)
                image = self._images.get(account_id)
                if image is not None:
                    self._catch_up(image)

    def give_up(self, error: StoreError) -> None:
        """Fail everything that is not durable, also when it is just being committed."""
        self._abandon(self._take_back(), error)

    def _take_back(self) -> list[Batch]:
        """All batches that are not durable, oldest first; nothing is left under way."""
        batches = [batch for batch in (self._committing, self._filling) if batch is not None]
        if self._aside:
            for entry in batches[0].entries:
                entry.changes = []  # no image has them
        self._hear()
        self._committing, self._filling = None, Batch()
        self._overtaken.clear()  # the images are brought up to date, or dropped
        return batches

    def _rewind(self, entries: list[Entry]) -> None:
        for entry in reversed(entries):
            for change in reversed(entry.changes):
                image = self._images.get(change.account_id)
                if image is not None:
                    for step in reversed(change.steps):
                        step.collection.apply(step.key, step.after, step.before)
                    image.revision = change.revision - 1
                    image.renew()

    def _abandon(self, batches: list[Batch], error: StoreError) -> None:
        """Whether a failed commit became durable is unknown, so the images are read anew."""
        for batch in batches:
            for account_id in batch.bases:
                self._images.drop(account_id)
        _fail(batches, error)


def _fail(batches: Iterable[Batch], error: StoreError) -> None:
    for batch in batches:
        batch.settled(error)
        for entry in batch.entries:
            entry.resolve(error)


def _superseded() -> StaleRead:
    return StaleRead("another process changed what was read")


def _unwritable(error: Exception) -> StoreError:
    failure = StoreError(f"the change cannot be written: {error!r}")
    failure.__cause__ = error
    return failure
