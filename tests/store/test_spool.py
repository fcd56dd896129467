"""What is recorded while the database is away: on disk at once, sealed, and in the database once."""

from __future__ import annotations

import asyncio
import sqlite3
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from secrets import token_hex

import msgspec
import pytest

from iamd.store import Store, StoreError, ledger, spool
from iamd.store.interface import Access, Group, Usage, Window
from iamd.store.ledger import Ledger
from iamd.store.runs import runs
from iamd.store.sealing import Sealer, SealError
from iamd.store.spool import Batch, Spool, SpooledDenial, accounts_of, batches, by_account, group_of, halves
from iamd.store.waiting import Kept, Shape
from tests import elsewhere
from tests.store.samples import ACCOUNT, NOW, SampleEvent, on_loop

SEALER = Sealer({1: bytes(range(32))})
GROUP = Group(
    kept=[Kept(Shape(ACCOUNT, b'{"n": %d}' % number), NOW, event_id=f"event-{number}") for number in range(3)],
    usage=[(ACCOUNT, "AKIA", Usage(NOW, "eu-west-1", "iam"))],
    accesses=[("222222222222", Access("AIDA", "iam", "GetUser", NOW, "us-east-1"))],
    denials=[(ACCOUNT, NOW, SpooledDenial("denial", b"record", {"digest": "text"}))],
)


def opened(folder: Path) -> Spool:
    return Spool(folder / "spool.db", lambda: SEALER)


def altered(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "spool.db")) as connection, connection:
        connection.execute(statement)


@on_loop
async def test_a_spool_holds_nothing_when_it_is_closed(tmp_path: Path) -> None:
    await opened(tmp_path).close()
    assert [file.name for file in tmp_path.iterdir()] == ["spool.db"]  # no lock, which only a database needs
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    await opened(tmp_path).close()
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files


@on_loop
async def test_batches_come_back_as_they_were_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "EVENTS", 2)
    held = opened(tmp_path)
    await held.add(GROUP)
    await held.close()
    again, found = opened(tmp_path), []
    while (batch := await again.first()) is not None:
        found.append(group_of(batch[1]))
        await again.drop(batch[0])
    await again.close()
    records = [record.record for group in found for run in group.runs for record in run.records()]
    assert records == [kept.shape.head for kept in GROUP.kept]
    assert [use for group in found for use in group.usage] == GROUP.usage
    assert [access for group in found for access in group.accesses] == GROUP.accesses
    [(account, when, denial)] = [denial for group in found for denial in group.denials]
    assert (account, when, denial.encode(), denial.documents()) == (ACCOUNT, NOW, b"record", {"digest": "text"})
    assert set().union(*map(accounts_of, found)) == {ACCOUNT, "222222222222"}


@on_loop
async def test_what_was_altered_is_not_taken_for_a_record_and_what_is_full_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = opened(tmp_path)
    await held.add(GROUP)
    assert b"event-0" not in (tmp_path / "spool.db").read_bytes() + (tmp_path / "spool.db-wal").read_bytes()
    monkeypatch.setattr(spool, "LARGEST", 1)
    with pytest.raises(StoreError, match="full"):
        await held.add(GROUP)
    altered(tmp_path, "UPDATE spool SET sealed = zeroblob(length(sealed))")
    with pytest.raises(SealError):
        await held.first()
    await held.close()


def test_batches_fit_into_a_request_however_much_there_is_to_record() -> None:
    texts = {f"policy-{number}": token_hex(3_000) for number in range(10)}
    agents = [token_hex(2_000).encode() for _ in range(600)]
    group = Group(
        kept=[Kept(Shape(ACCOUNT, agent), NOW, event_id=str(at)) for at, agent in enumerate(agents)],
        denials=[(ACCOUNT, NOW, SpooledDenial(str(at), agent, texts)) for at, agent in enumerate(agents)],
    )
    sent = list(batches(group))
    assert max(map(len, sent)) <= 1 << 20  # what a server takes by default
    found = [group_of(packed) for packed in sent]
    assert [each.record for told in found for run in told.runs for each in run.records()] == agents
    assert [denial.id for told in found for _, _, denial in told.denials] == [str(at) for at in range(len(agents))]
    # Each batch may be the only one that arrives, so it has what its denials were decided on.
    assert all(denial.documents() == texts for told in found for _, _, denial in told.denials)


def test_a_batch_that_is_divided_has_the_documents_in_every_part() -> None:
    shared, own = {"shared": token_hex(3_000)}, {"own": "text"}
    denials = [
        (account, NOW, SpooledDenial(f"{account}-{at}", b"record", shared | own if at == 3 else shared))
        for at in range(4)
        for account in (ACCOUNT, "222222222222")
    ]
    [whole] = batches(Group(denials=denials))
    assert len(whole) < 10_000  # once for each account
    parts = [quarter for half in halves(whole) for part in by_account(half) for quarter in halves(part)]
    told = {denial.id: denial.documents() for part in parts for _, _, denial in group_of(part).denials}
    assert told == {denial.id: denial.documents() for _, _, denial in denials}


def test_batches_of_the_version_before_are_read() -> None:
    before = (*msgspec.structs.astuple(Batch([])), [])[:3]
    packed = zlib.compress(msgspec.msgpack.encode([*before, [(ACCOUNT, 1, "denial", b"record", {"digest": "text"})]]))
    [(_, _, denial)] = group_of(packed).denials
    assert denial.documents() == {"digest": "text"}


def lying() -> bytes:
    """A batch whose run says that it has more records than it has."""
    [run] = runs(GROUP.kept, 0)
    run.length += 1
    return next(batches(Group(runs=[run])))


def of_no_time() -> bytes:
    """A batch with a use at a time that no calendar has."""
    return zlib.compress(msgspec.msgpack.encode(Batch([], usage=[(ACCOUNT, "AKIA", 1 << 62, "eu-west-1", "iam")])))


@pytest.mark.parametrize("packed", [b"", b"x", zlib.compress(b"x"), next(batches(GROUP))[:-3], lying(), of_no_time()])
def test_nothing_else_is_taken_for_a_batch(packed: bytes) -> None:
    with pytest.raises(ValueError, match="no batch"):
        group_of(packed)


def test_a_small_batch_cannot_become_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_MOST", 100)
    with pytest.raises(ValueError, match="too long"):
        group_of(next(batches(GROUP)))


class Away:
    """The database of a store, which comes and goes: it hangs, or is known to be away."""

    def __init__(self, store: Store) -> None:
        self._database = store._database
        self.bridged: bool | None = None
        self.answers = asyncio.Event()
        self.asked = 0

    async def commit(self, group: Group) -> None:
        self.asked += 1
        await self.answers.wait()
        await self._database.commit(group)


@asynccontextmanager
async def recording(folder: Path) -> AsyncIterator[tuple[Store, Away, Ledger]]:
    store = elsewhere.open_store(folder / "data")
    await store.start()
    away = Away(store)
    held = Ledger(away, opened(folder))  # type: ignore[arg-type]
    try:
        yield store, away, held
    finally:
        await held.close()
        await store.close()


async def recorded(store: Store) -> list[str]:
    return [event.event_id for event in await store.events(Window(ACCOUNT), None, lambda event: frozenset())]


@on_loop
async def test_what_the_database_does_not_take_at_once_is_spooled_and_recorded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "FLUSH_SECONDS", 0.01)
    async with recording(tmp_path) as (store, away, held):
        held.append(SampleEvent("one"))
        await held.flush()  # the commit hangs, and the spool has it
        away.bridged = True
        asked = away.asked
        held.append(SampleEvent("two"))
        await held.flush()
        assert away.asked == asked  # who is known to be away is not asked
        assert held.healthy
        assert await recorded(store) == []
        monkeypatch.setattr(ledger, "FLUSH_SECONDS", 60)  # a busy machine is not spooled for
        away.bridged = None
        away.answers.set()  # now the first commit is done, and the spool is written as well
        held.start()
        while len(await recorded(store)) < 2:
            await asyncio.sleep(0.01)
        held.append(SampleEvent("three"))
        await held.flush()
        assert sorted(await recorded(store)) == ["one", "three", "two"]


@on_loop
async def test_what_an_ended_process_spooled_the_next_one_records(tmp_path: Path) -> None:
    left = opened(tmp_path)
    await left.add(GROUP)
    await left.close()
    async with recording(tmp_path) as (store, away, held):
        away.answers.set()
        held.start()
        while len(await recorded(store)) < 3:
            await asyncio.sleep(0.01)
