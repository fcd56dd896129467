"""Looks at the stream of events for what deserves attention, behind the requests' backs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter

import msgspec

from iamd.audit.detections.catalogue import ADMINISTRATOR
from iamd.audit.detections.detectors import Sighting, changes_policies, sightings
from iamd.audit.detections.finding import Finding, found, id_of
from iamd.audit.detections.memory import Memory, decoded, encoded
from iamd.audit.detections.routine import Routine
from iamd.audit.detections.seen import Seen, seen
from iamd.guard.administrators import affected, is_administrator
from iamd.guard.organizations import Standing
from iamd.server import telemetry
from iamd.server.finding_sinks import Outbox
from iamd.server.known_time import Known, KnownTime
from iamd.services.call import Cold, Realm
from iamd.store.errors import NoAccount, StoreError
from iamd.store.interface import KeptFinding, Recorded, Remembered
from iamd.store.records import Role, User
from iamd.store.runs import Run

PAUSE = 2.0  # seconds
CHUNK = 500  # events looked at before requests have their turn
LAG = 100_000  # positions that what is stored of an account may be behind
REFRESH = timedelta(minutes=15)  # how often a finding that is seen again and again is told again, as GuardDuty does
KEPT = timedelta(days=90)  # findings, since they were last seen
# An estate may have a million principals to be asked about: seconds before requests have their turn, and how many times
# as long that is.
_AT_ONCE, _REST = 0.001, 3.0


@dataclass(slots=True)
class _Tally:
    """Sightings of one thing that are not stored yet: the first, so many after it, the last; and the finding `before`."""

    first: Sighting
    before: Finding | None
    last: Sighting
    times: int = 1

    def finding(self, now: datetime) -> Finding:
        before, first = self.before, self.first
        whole = found(first, before, now)
        if self.times > 1:
            whole = found(self.last, whole, now, self.times - 1)
        return msgspec.structs.replace(whole, updated=now)


@dataclass(slots=True)
class _Watch:
    """What is known of one account: what is stored (`base` is how far that went), and what is not yet."""

    memory: Memory
    base: int | None
    unstored: dict[tuple[str, str], _Tally] = field(default_factory=dict)  # in the order in which they were seen
    stored: datetime | None = None

    @property
    def has_new(self) -> bool:
        return any(tally.before is None for tally in self.unstored.values())


class Detections:
    """Watches all accounts of a realm; the `clock` tells the time in UTC."""

    def __init__(
        self,
        realm: Realm,
        outbox: Outbox,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        known: Known | None = None,
    ) -> None:
        self._realm = realm
        self._outbox = outbox
        self._clock = clock
        self._known = known or KnownTime(realm.store).now
        self._watches: dict[str, _Watch] = {}
        self._position: int | None = None  # of the last event looked at
        self._routine = Routine()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.turn()
            await asyncio.sleep(PAUSE)

    async def turn(self) -> None:
        """Look at what came in since the last turn. Failures are logged, never raised: it is looked at again."""
        try:
            if self._position is not None and self._position > await self._realm.store.last_event():
                self._forget()  # everything was removed meanwhile
            if self._position is None:
                self._position = await self._remembered()
            while runs := await self._realm.store.runs_behind(self._position, CHUNK):
                for run in runs:
                    await self._look(run)
                self._position = runs[-1].position
                await self._store(self._position)
        except (StoreError, NoAccount, msgspec.DecodeError) as error:
            telemetry.log.error("events wait to be looked at", error=str(error))
            self._forget()

    def _forget(self) -> None:
        """Begin again with what is stored."""
        self._watches.clear()
        self._routine.clear()
        self._position = None

    async def _remembered(self) -> int:
        """Take up what is stored; returns the position behind which events are to be looked at. The first time, that
        is what happens from now on."""
        store = self._realm.store
        last, kept = await store.last_event(), await store.remembered()
        self._watches = {each.account_id: _Watch(decoded(each.content), each.base) for each in kept}
        for account_id in store.account_ids():
            if account_id not in self._watches:
                records = await store.load(account_id)
                present = await self._administrators([*records.users, *records.roles])
                memory = Memory(administrators=[holder.id for holder in present], changed=True)
                self._watches[account_id] = _Watch(memory, None)
        return min((each.reached for each in kept), default=last)

    async def _look(self, run: Run) -> None:
        watch = self._watches.get(run.account_id)
        if watch is None:
            watch = self._watches[run.account_id] = _Watch(Memory(), None)  # the account is new
        if watch.base is not None and run.position <= watch.base:
            return
        for number, event in enumerate(run.records(self._routine.unusual(run))):
            if number % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
            await self._look_at(event, watch)

    async def _look_at(self, event: Recorded, watch: _Watch) -> None:
        key = self._routine.of(event)
        if key is not None and self._routine.holds(key, event.time):
            return
        what = seen(event)
        shown = list(sightings(what, watch.memory))
        for sighting in shown:
            await self._note(watch, sighting)
        if changes_policies(what):
            await self._look_at_holders(watch, what)
        if key is not None and not shown:
            self._routine.note(key, event.time)

    async def _look_at_holders(self, watch: _Watch, what: Seen) -> None:
        """Note whom an event has made an administrator."""
        asked = list(affected(await self._realm.store.load(what.account_id), dict(what.params)))
        present = await self._administrators(asked)
        new = watch.memory.new_administrators([holder.id for holder in present], [holder.id for holder in asked])
        for holder in present:
            if holder.id in new:
                await self._note(watch, Sighting(ADMINISTRATOR, holder.id, what, holder.arn))

    async def _administrators(self, holders: Sequence[User | Role]) -> list[User | Role]:
        """Those users and roles of one account that are administrators now, as the engine decides."""
        present = []
        await asyncio.sleep(0)
        began = perf_counter()
        for holder in holders:
            if (taken := perf_counter() - began) > _AT_ONCE:
                await asyncio.sleep(taken * _REST)
                began = perf_counter()
            records = await self._realm.store.load(holder.account_id)
            if is_administrator(holder, records, await self._standing(holder.account_id)):
                present.append(holder)
        return present

    async def _standing(self, account_id: str) -> Standing | None:
        while True:
            try:
                return self._realm.standing(account_id)
            except Cold as cold:
                await self._realm.store.load(cold.account_id)

    async def _note(self, watch: _Watch, sighting: Sighting) -> None:
        thing = (sighting.detection.type, sighting.subject)
        tally = watch.unstored.get(thing)
        if tally is None:
            kept = await self._realm.store.findings(sighting.seen.account_id, id_of(sighting))
            before = msgspec.msgpack.decode(kept[0].content, type=Finding) if kept else None
            watch.unstored[thing] = _Tally(sighting, before, sighting)
        else:
            tally.last, tally.times = sighting, tally.times + 1

    async def _store(self, position: int) -> None:
        """Store what is new at once, and what was only seen again now and then; then tell it."""
        now = self._clock()
        due = {
            account_id: watch
            for account_id, watch in self._watches.items()
            if watch.has_new
            or ((watch.unstored or watch.memory.changed) and _is_old(watch.stored, now))
            or (watch.base is not None and position - watch.base > LAG)
        }
        if not due:
            return
        memories = [Remembered(each, position, encoded(watch.memory), watch.base) for each, watch in due.items()]
        findings = [tally.finding(now) for watch in due.values() for tally in watch.unstored.values()]
        kept = [KeptFinding(each.account_id, each.id, now, msgspec.msgpack.encode(each)) for each in findings]
        if not await self._realm.store.remember(memories, kept, await self._known() - KEPT):
            self._forget()  # another process looks at the same events: go on from where it is
            self._position = await self._remembered()
            return
        for finding in findings:
            self._outbox.put(finding)
        for watch in due.values():
            watch.base, watch.stored, watch.memory.changed = position, now, False
            watch.unstored.clear()


def _is_old(stored: datetime | None, now: datetime) -> bool:
    return stored is None or now - stored >= REFRESH
