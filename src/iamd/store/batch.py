"""Writes, and those of them that are committed together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from iamd.store.change import Change, NotLoaded
from iamd.store.errors import StoreError
from iamd.store.image import Records
from iamd.store.interface import AccountChange, Event, Group


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
        reads, self._reads = self._reads, []
        for read in reads:
            if not read.done():
                if error is None:
                    read.set_result(None)
                else:
                    read.set_exception(error)
