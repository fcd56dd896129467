"""Writes on their way to the database: executed at once on the images, committed in groups, answered after that.

While one group is being committed, the writes that come in are executed on top of it and make the next. When the commit
finds that another process was faster, everything not yet durable is taken back, the images are brought up to date, and
the same work is done again. When the commit fails, everything not yet durable fails; the images are dropped where it
is not known whether it was written.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from iamd.store.cache import ImageCache
from iamd.store.change import Change, NotLoaded
from iamd.store.errors import NotWritten, StaleRead, StoreError
from iamd.store.image import Records
from iamd.store.interface import AccountChange, Conflict, Database, Event, Group, NotUnique
from iamd.store.ledger import Ledger


class Entry:
    """One write: its work, what it did when last executed, and the future of its caller."""

    __slots__ = ("changes", "done", "error", "events", "refusals", "value", "work")

    def __init__(self, work: Callable[[Change], Any], done: asyncio.Future[Any]) -> None:
        self.work = work
        self.done = done
        self.value: Any = None
        self.error: Exception | None = None
        self.changes: list[AccountChange] = []
        self.events: list[Event] = []
        self.refusals: list[Event] = []

    def execute(self, image: Callable[[str], Records | None]) -> None:
        """Do the work on the images; raises NotLoaded, having done nothing."""
        change = Change(image)
        self.value, self.error = None, None
        self.changes, self.events, self.refusals = [], [], []
        try:
            self.value = self.work(change)
        except NotLoaded:
            change.undo()
            raise
        except Exception as error:
            change.undo()
            self.error, self.refusals = error, change.refusals
        except BaseException:
            change.undo()
            raise
        else:
            self.changes, self.events = change.take(), change.events

    def resolve(self, error: Exception | None) -> None:
        """Answer the caller, unless it has gone away."""
        if self.done.done():
            return
        if error is not None:
            self.done.set_exception(error)
        else:
            self.done.set_result(self.value)


class Batch:
    """The entries of one group, and the reads that saw what they did."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.bases: dict[str, int] = {}
        self._reads: list[asyncio.Future[None]] = []

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        for change in entry.changes:
            self.bases.setdefault(change.account_id, change.revision - 1)

    def group(self) -> Group:
        changes = [change for entry in self.entries for change in entry.changes]
        events = []
        for entry in self.entries:
            reached = {change.account_id: change.revision for change in entry.changes}
            events += [(event, reached.get(event.account_id)) for event in entry.events]
        return Group(self.bases, changes, events)

    async def settle(self) -> None:
        """Wait until the batch is durable; raises StoreError when it will never be."""
        read: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reads.append(read)
        await read

    def settled(self, error: StoreError | None) -> None:
        for read in self._reads:
            if not read.done():
                if error is None:
                    read.set_result(None)
                else:
                    read.set_exception(error)


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
        """Whether there is a group that is not committed."""
        return self._committing is not None or bool(self._filling.entries)

    async def settled(self) -> None:
        """Wait for the last group there is."""
        batch = self._filling if self._filling.entries else self._committing
        if batch is not None:
            await batch.settle()

    async def perform(self, entry: Entry) -> None:
        """Execute the entry, loading what it needs, and put it in the group that is being filled."""
        needed: Counter[str] = Counter()
        try:
            while True:
                if not self.running:
                    raise StoreError("the store is not open")
                try:
                    entry.execute(self._images.get)
                    break
                except NotLoaded as missing:
                    needed[missing.account_id] += 1
                    self._wanted[missing.account_id] += 1
                    await self._load(missing.account_id)
        except StoreError as error:
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
        while self._filling.entries or not self._closing:
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
            self._committing = self._heeded = None
            for change in group.changes:
                self._committed(change)
            batch.settled(self._heed_others(batch))
            for entry in batch.entries:
                self._answer(entry)

    def _heed_others(self, batch: Batch) -> StaleRead | None:
        """Bring the images of a batch that was committed to what others made of them since; what its reads are told."""
        overtaken = self._overtaken & batch.bases.keys()
        for account_id in overtaken:
            self._overtaken.discard(account_id)
            image = self._images.get(account_id)
            if image is not None and not self.undurable(account_id):  # else the next batch will meet theirs
                self._catch_up(image)
        return StaleRead("another process changed what was read") if overtaken else None

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
            await self._again(error.account_id)
        elif isinstance(error, NotWritten):
            self._withdraw(error)
        else:
            self.give_up(error if isinstance(error, StoreError) else _unwritable(error))

    async def _again(self, account_id: str) -> None:
        """Another process was faster with that account: execute what is not durable once more, on what there is now."""
        batches = self._take_back()
        if not self._restore(batches, {account_id}):
            return
        for batch in batches:
            batch.settled(StaleRead("another process changed what was read"))
        for batch in batches:
            for entry in batch.entries:
                await self.perform(entry)

    def _withdraw(self, error: NotWritten) -> None:
        """Fail all changes that are not durable, and keep the images, in which who saw the changes reads again."""
        batches = self._take_back()
        if self._restore(batches, set()):
            for batch in batches:
                batch.settled(StaleRead("what was read is not durable"))
            _fail(batches, error)

    def _restore(self, batches: list[Batch], others: set[str]) -> bool:
        """Bring the images of the batches' accounts, and others, to what is committed; False when this failed, and the
        batches with it."""
        try:
            self._rewind(entry for batch in batches for entry in batch.entries)
            for account_id in others.union(*(batch.bases for batch in batches)):
                image = self._images.get(account_id)
                if image is not None and not self._database.catch_up(image):
                    self._images.drop(account_id)
        except StoreError as error:
            self._abandon(batches, error)
            return False
        return True

    def give_up(self, error: StoreError) -> None:
        """Fail everything that is not durable, also when it is just being committed."""
        self._abandon(self._take_back(), error)

    def _take_back(self) -> list[Batch]:
        """All batches that are not durable, oldest first; nothing is left under way."""
        batches = [batch for batch in (self._committing, self._filling) if batch is not None]
        self._committing, self._filling = None, Batch()
        self._overtaken.clear()  # the images are brought up to date, or dropped
        return batches

    def _rewind(self, entries: Iterable[Entry]) -> None:
        for entry in reversed(list(entries)):
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


def _unwritable(error: Exception) -> StoreError:
    failure = StoreError(f"the change cannot be written: {error!r}")
    failure.__cause__ = error
    return failure
