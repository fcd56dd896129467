"""What is written a moment later: audit events of reads and refusals, what was denied, and when keys, roles and actions
were last used. While the database is away it is written to a spool, if there is one, and from there to the database."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog

from iamd.store.errors import StoreError
from iamd.store.interface import Access, Database, Denial, Event, Group, Usage
from iamd.store.runs import runs
from iamd.store.spool import Spool, group_of
from iamd.store.waiting import Kept, Shape, Waiting

FLUSH_SECONDS = 1.0

log = structlog.get_logger("iamd.store")


class Ledger:
    """Buffers, and writes the buffer at most FLUSH_SECONDS later; what cannot be written stays for the next time."""

    def __init__(self, database: Database, spool: Spool | None = None) -> None:
        self._database = database
        self._spool = spool
        self._spooled = spool is not None  # whether there may be something in it
        self.waiting = Waiting(self._arm, self._begin)
        self._usage: dict[str, dict[str, Usage]] = {}
        self._unwritten: dict[tuple[str, str], Usage] = {}
        self._accesses: dict[tuple[str, str, str, str], Access] = {}
        self._denials: list[tuple[str, datetime, Denial]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self.healthy = True  # whether the last flush succeeded

    def append(self, event: Event) -> None:
        """Record an event; raises StoreError when too many wait for a database that does not take them."""
        # Encoded now, while it is at hand: a thousand calls kept in pieces would not stay in the processor's cache.
        self.waiting.keep(Kept(Shape(event.account_id, event.encode()), event.time, event_id=event.event_id))

    def used(self, account_id: str, subject: str, when: datetime, region: str, service: str) -> None:
        known = self._usage.get(account_id)
        if known is None:
            known = self._usage[account_id] = {}
        last = known.get(subject)
        if last is not None and last.time == when and last.region == region and last.service == service:
            return
        known[subject] = self._unwritten[account_id, subject] = Usage(when, region, service)
        self._arm()

    def accessed(
        self, account_id: str, principal_id: str, service: str, action: str, when: datetime, region: str
    ) -> None:
        """Note an attempt at an action; it is not kept in memory once it is written."""
        key = (account_id, principal_id, service, action)
        last = self._accesses.get(key)
        if last is None or last.time != when or last.region != region:
            self._accesses[key] = Access(principal_id, service, action, when, region)
            self._arm()

    def denied(self, account_id: str, when: datetime, denial: Denial) -> None:
        """Keep a denial; its event, recorded before, bounds how many can wait."""
        self._denials.append((account_id, when, denial))
        self._arm()

    def last_used(self, account_id: str, subject: str) -> Usage | None:
        return self._usage.get(account_id, {}).get(subject)

    def load(self, account_id: str, usage: dict[str, Usage]) -> None:
        """Take in an account's last uses from the database; those in memory are newer."""
        unwritten = {subject: use for (owner, subject), use in self._unwritten.items() if owner == account_id}
        self._usage[account_id] = {**usage, **unwritten, **self._usage.get(account_id, {})}

    def drop(self, account_id: str) -> None:
        """Forget an account's last uses; those not yet written stay to be written."""
        self._usage.pop(account_id, None)

    def clear(self) -> None:
        self.waiting.events.clear()
        self._usage.clear()
        self._unwritten.clear()
        self._accesses.clear()
        self._denials.clear()

    async def flush(self) -> None:
        """Write everything that was buffered before the call; raises StoreError, and then keeps it."""
        async with self._writing:  # what others write just now was buffered before, too
            await self._write()

    def start(self) -> None:
        """Begin to write what an earlier process has left in the spool."""
        if self._spooled:
            self._begin()

    def stop(self) -> None:
        self.waiting.is_armed = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._timer is None:
            self.waiting.is_armed = True
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._begin)

    def _begin(self) -> None:
        self.stop()
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.get_running_loop().create_task(self._try())

    async def _try(self) -> None:
        try:
            await self.flush()
        except Exception as error:
            log.error("audit events wait to be recorded", waiting=len(self.waiting.events), error=str(error))
        else:
            await self._drain()
        if self._waits or self._spooled:
            self._arm()

    @property
    def _waits(self) -> bool:
        return bool(self.waiting.events or self._unwritten or self._accesses or self._denials)

    async def _write(self) -> None:
        events, self.waiting.events = self.waiting.events, []
        unwritten, self._unwritten = self._unwritten, {}
        accesses, self._accesses = self._accesses, {}
        denials, self._denials = self._denials, []
        group = Group(
            kept=events,
            usage=[(account_id, subject, usage) for (account_id, subject), usage in unwritten.items()],
            accesses=[(account_id, access) for (account_id, *_), access in accesses.items()],
            denials=denials,
        )
        try:
            if group:
                await self._keep(group)
            self.healthy = True
        except BaseException:
            self.healthy = False
            self.waiting.events[:0] = events
            self._unwritten = {**unwritten, **self._unwritten}
            self._accesses = {**accesses, **self._accesses}
            self._denials[:0] = denials
            raise

    async def _keep(self, group: Group) -> None:
        """Make a group durable; in the spool as well when the database does not answer, which then has it only once."""
        if self._spool is None:
            await self._database.commit(group)
            return
        group.runs, group.kept = runs(group.kept, 0), []  # with ids by which they are known again
        if self._database.bridged is None:
            writing = asyncio.ensure_future(self._database.commit(group))
            await asyncio.wait((writing,), timeout=FLUSH_SECONDS)
            if writing.done() and writing.exception() is None:
                return
            writing.add_done_callback(_noted)
        await self._spool.add(group)
        self._spooled = True

    async def _drain(self) -> None:
        """Write what was spooled to the database, while that is there; what fails is tried again later."""
        try:
            while self._spool is not None and self._spooled and self._database.bridged is None:
                found = await self._spool.first()
                if found is None:
                    self._spooled = False
                    return
                number, packed = found
                await self._database.commit(group_of(packed))
                await self._spool.drop(number)
        except (StoreError, ValueError) as error:
            log.error("spooled audit events wait to be recorded", error=str(error))

    async def close(self) -> None:
        """Write everything, also what comes in meanwhile, and close the spool, in which what is left waits for the next
        start. Nothing is under way then. Raises StoreError when it cannot be written."""
        try:
            waits = True
            while waits:
                await self.flush()
                await self._rest()
                waits = self._waits
        finally:
            await self._rest()
            if self._spool is not None:
                await self._drain()
                await self._spool.close()

    async def _rest(self) -> None:
        """Have nothing under way, and nothing that would begin by itself."""
        self.stop()
        if self._flushing is not None:
            await self._flushing
            self.stop()  # what it could not write was to be tried again


def _noted(writing: asyncio.Future[None]) -> None:
    """Its outcome is of no interest: what it should write is in the spool."""
    if not writing.cancelled():
        writing.exception()
