"""What a store keeps beside the accounts' records: audit events, last uses, denials, results of queries, findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from iamd.store.interface import (
    Access,
    Database,
    Denial,
    Event,
    Group,
    KeptDenial,
    KeptFinding,
    Recorded,
    Remembered,
    Term,
    Terms,
    Usage,
    Window,
)
from iamd.store.ledger import Ledger
from iamd.store.runs import Run
from iamd.store.spool import Spool


class Journal:
    """The part of `Store` that has to do with them. Every coroutine raises StoreError when the database fails."""

    def __init__(self, database: Database, spool: Spool | None = None) -> None:
        self._database = database
        self._ledger = Ledger(database, spool)
        self.waiting = self._ledger.waiting  # events that go with no change, and share their shapes with others

    def append_event(self, event: Event) -> None:
        """Record an audit event that goes with no change; durable at most a second later, or at `close`."""
        self._ledger.append(event)

    async def take_over(self, recorded: Group) -> None:
        """Record what another server has recorded, of which some may be here already. Raises StoreError."""
        await self._database.commit(recorded)

    async def events(self, window: Window, term: Term | None, terms: Terms) -> list[Recorded]:
        """See `interface.Database.events`; what was recorded before the call is among them. Raises StoreError."""
        await self._ledger.flush()
        return await self._database.events(window, term, terms)

    async def runs(self, window: Window, below: tuple[int, int] = (1 << 62, 0)) -> list[Run]:
        """See `interface.Database.runs`. Raises StoreError."""
        await self._ledger.flush()
        return await self._database.runs(window, below)

    async def runs_behind(self, position: int, limit: int) -> list[Run]:
        """See `interface.Database.runs_behind`. Raises StoreError."""
        return await self._database.runs_behind(position, limit)

    async def last_event(self) -> int:
        """The position of the newest audit record, this process's own included; 0 when there is none. Raises
        StoreError."""
        await self._ledger.flush()
        return await self._database.last_event()

    async def oldest_event_behind(self, position: int) -> datetime | None:
        """When the oldest run of audit records that ends behind that position ended. Raises StoreError."""
        return await self._database.oldest_event_behind(position)

    async def forget_events(self, account_id: str, before: datetime, limit: int) -> int:
        """See `interface.Database.forget_events`. Raises StoreError."""
        return await self._database.forget_events(account_id, before, limit)

    async def holders(self, kind: str, **values: str) -> list[str]:
        """The accounts that have a record of that kind with those values in its columns, loaded or not. Raises
        StoreError."""
        return await self._database.holders(kind, **values)

    async def index_events(self, terms: Terms, size: int) -> bool:
        """Index the next `size` audit records, at least; False when so many have not come in yet. `terms` has to tell
        the same of a record always. Raises StoreError."""
        return await self._database.index_events(terms, size)

    def used(self, account_id: str, subject: str, when: datetime, region: str, service: str) -> None:
        """Note the use of an access key (its id) or a role (its unique id); durable as an event is."""
        self._ledger.used(account_id, subject, when, region, service)

    def last_used(self, account_id: str, subject: str) -> Usage | None:
        """The last use that this process knows of; the account's records must be in memory."""
        return self._ledger.last_used(account_id, subject)

    def accessed(
        self, account_id: str, principal_id: str, service: str, action: str, when: datetime, region: str
    ) -> None:
        """Note a principal's (see `Access`) attempt at an action; durable as an event is."""
        self._ledger.accessed(account_id, principal_id, service, action, when, region)

    async def accesses(self, account_id: str) -> list[Access]:
        """The last attempt of every principal of the account at every action, this process's own included.

        They are read from the database each time: reports alone ask for them. Raises StoreError.
        """
        await self._ledger.flush()
        return await self._database.accesses(account_id)

    def denied(self, account_id: str, when: datetime, denial: Denial) -> None:
        """Keep a denial for a day; durable as an event is."""
        self._ledger.denied(account_id, when, denial)

    async def denial(self, id: str, needed: Callable[[bytes], Collection[str]]) -> KeptDenial | None:
        """The denial of that id with the documents that `needed` names of its record; None when it is not kept (any
        more). Raises StoreError."""
        await self._ledger.flush()
        return await self._database.denial(id, needed)

    async def keep_result(self, account_id: str, id: str, when: datetime, content: bytes, before: datetime) -> None:
        """Keep what a query found durably, and forget what was kept before that time. Raises StoreError."""
        await self._database.keep_result(account_id, id, when, content, before)

    async def result(self, account_id: str, id: str) -> bytes | None:
        """What a query of the account found; None when it is not kept (any more). Raises StoreError."""
        return await self._database.result(account_id, id)

    async def remembered(self) -> list[Remembered]:
        """What detections remember, by account. Raises StoreError."""
        return await self._database.remembered()

    async def remember(
        self, memories: Sequence[Remembered], findings: Sequence[KeptFinding], forget_before: datetime
    ) -> bool:
        """See `interface.Database.remember`. Raises StoreError."""
        return await self._database.remember(memories, findings, forget_before)

    async def findings(self, account_id: str, id: str | None = None) -> list[KeptFinding]:
        """The account's findings, or the one of that id; last updated first. Raises StoreError."""
        return await self._database.findings(account_id, id)

    async def archive_finding(self, account_id: str, id: str, archived: bool) -> bool:
        """Archive a finding, or take it out again; False when there is none. Raises StoreError."""
        return await self._database.archive_finding(account_id, id, archived)

    async def flush(self) -> None:
        """Make the events and uses so far durable now."""
        await self._ledger.flush()
