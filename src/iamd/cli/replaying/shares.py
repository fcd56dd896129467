"""A long record is replayed in shares, one a processor: each process reads and decides the calls of a time of its own."""

from __future__ import annotations

import copyreg
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from iamd.cli import Failure
from iamd.cli.access.accounts import Accounts, assembled
from iamd.cli.access.moments import Moment, images
from iamd.cli.place import Place, in_store
from iamd.cli.progress import progress
from iamd.cli.replaying.calls import Gathering, Skipped
from iamd.cli.replaying.changeset import Changeset, read_changeset
from iamd.cli.replaying.flips import Outcome, Replay
from iamd.cli.replaying.proposal import propose, surrounded
from iamd.cli.replaying.record import recorded, uncollected
from iamd.cli.replaying.trail import delivered
from iamd.cli.replaying.tries import Trial, Tried
from iamd.cli.replaying.worlds import World
from iamd.policy import Decision, Grant
from iamd.store import Records, Store
from iamd.store.rows import moment

WORTH = 100_000  # events that are worth a process of their own
_MICROSECOND = timedelta(microseconds=1)


def _made_of(value: Any) -> tuple[type, tuple[object, ...]]:
    """How to make a value of the engine's again in another process: a compiled one cannot be filled in field by field."""
    return type(value), tuple(getattr(value, each.name) for each in fields(value))


for _type in (Decision, Grant):
    copyreg.pickle(_type, _made_of)


@dataclass(frozen=True, slots=True)
class Job:
    """What to replay: where the database is, the file of the change (`given`: its text, where it is in no file),
    and of CloudTrail's logs (None: the database's own record); calls and changes of which account (None: of all), or
    calls of all accounts of its organization; when it is `now`."""

    place: Place
    change: Path
    given: str | None
    cloudtrail: Path | None
    account_id: str | None
    organization: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From when (included) until when (included) calls are replayed."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay, of the calls that it could not look at, and of the requests that were tried besides."""

    outcome: Outcome
    skipped: Skipped
    tried: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class _Worlds:
    """Under which policies calls are decided, and the present state of all accounts."""

    before: World
    after: World
    present: dict[str, Records]
    members: frozenset[str] | None  # whose calls are replayed; None: everybody's
    tried: tuple[Tried, ...]


_made: tuple[Job, _Worlds] | None = None  # of what is being replayed, for the processes that are forked meanwhile


def replayed(job: Job, span: Span, jobs: int) -> Replayed:
    """What the change makes of the calls of that span, by so many processes at most. Raises Failure."""
    global _made
    spans = [span]
    if jobs > 1 and job.cloudtrail is None:
        spans = in_store(job.place, lambda store: cut(store, span, jobs))
    with uncollected():
        _made = job, _worlds(job)
        try:
            return _together(job, spans)
        finally:
            _made = None


def _together(job: Job, spans: list[Span]) -> Replayed:
    if len(spans) == 1:
        return replay(job, spans[0])
    with ProcessPoolExecutor(len(spans) - 1, get_context(_start_method())) as pool:
        others = [pool.submit(replay, job, each) for each in spans[1:]]
        whole = replay(job, spans[0])
        for other in others:
            share = other.result()
            whole.outcome.join(share.outcome)
            whole.skipped.join(share.skipped)
    return whole


def _start_method() -> str:
    """A forked process has at hand what this one has made. Only where no other thread may hold a lock meanwhile."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def replay(job: Job, span: Span) -> Replayed:
    """Replay the calls of a span in this process. Raises Failure."""
    worlds = _made[1] if _made is not None and _made[0] == job else _worlds(job)
    with uncollected():
        return in_store(job.place, lambda store: _replay(job, span, store, worlds))


def _worlds(job: Job) -> _Worlds:
    changeset = read_changeset(job.change, job.given, job.account_id)

    async def make(store: Store) -> _Worlds:
        if job.account_id is not None and not store.has_account(job.account_id):
            raise Failure(f"there is no account {job.account_id}")
        present, data_dir = await images(store, Moment(job.now)), job.place.data_dir
        before, after = assembled(present, data_dir), _after(store, await images(store), data_dir, changeset)
        members = _members(job, present)
        trial = Trial(before, after, members, job.now)
        tried = tuple(trial.decide(each) for each in changeset.requests)
        return _Worlds(World(before), World(after), present, members, tried)

    return in_store(job.place, make)


async def _replay(job: Job, span: Span, store: Store, worlds: _Worlds) -> Replayed:
    deciding, gathering = Replay(worlds.before, worlds.after), Gathering()
    if job.cloudtrail is None:
        accounts = store.account_ids() if worlds.members is None else sorted(worlds.members)
        gathered = recorded(gathering, store, accounts, span.since, span.until)
    else:
        gathered = delivered(gathering, job.cloudtrail, worlds.present, span.since, span.until)
    async for calls in gathered:
        deciding.run(progress(calls, len(calls), "kinds of calls decided"))
    return Replayed(deciding.outcome, gathering.skipped, worlds.tried)


def _members(job: Job, present: dict[str, Records]) -> frozenset[str] | None:
    """The accounts that are asked about; None: all. Raises Failure."""
    if job.account_id is None:
        return None
    if not job.organization:
        return frozenset([job.account_id])
    records = present[job.account_id]
    if not records.organizations:
        raise Failure(f"account {job.account_id} manages no organization")
    return frozenset(member.id for member in records.members)


def _after(store: Store, records: dict[str, Records], data_dir: Path, changeset: Changeset) -> Accounts:
    propose(store, records, changeset)
    return surrounded(assembled(records, data_dir), changeset)


async def cut(store: Store, span: Span, jobs: int) -> list[Span]:
    """The span in about equal shares, the newest first: as many as there are jobs, or as are worth a process."""
    last = await store.last_event()
    low = 0 if span.since is None else await _position(store, span.since, last)
    high = last if span.until is None else await _position(store, span.until, last)
    count = min(jobs, (high - low) // WORTH)
    spans = []
    for share in range(1, count):
        found = await store.runs_behind(low + (high - low) * share // count, 1)
        cut_at = moment(found[0].start)
        if (span.since is None or cut_at > span.since) and (span.until is None or cut_at <= span.until):
            spans.append(Span(span.since, cut_at - _MICROSECOND))
            span = Span(cut_at, span.until)
    return [span, *reversed(spans)]


async def _position(store: Store, when: datetime, last: int) -> int:
    """About where the events of that time begin; they come in nearly in the order of their times."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        found = await store.runs_behind(middle, 1)
        if found and moment(found[0].start) < when:
            low = middle + 1
        else:
            high = middle
    return low
