"""What was recorded while it could not be written to the database, kept on disk until it can: sealed, in order, and
written once, however often that is tried.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from iamd.store.errors import StoreError
from iamd.store.interface import Access, Group, Usage
from iamd.store.rows import micros, moment
from iamd.store.runs import Run, runs
from iamd.store.sealing import Sealer
from iamd.store.sqlite.connection import SqliteConnection, connect, failing
from iamd.store.sqlite.file import create
from iamd.store.waiting import Kept

T = TypeVar("T")

LARGEST = 1 << 30  # bytes on disk; beyond this nothing may be done any more that ought to be recorded
EVENTS = 1_000  # of a batch, at most
FITS = 512 << 10  # bytes of a batch of several records, so that one fits into a request
_PLAIN = 32 << 20  # bytes of the same when it is inflated
_MOST = 64 << 20  # bytes of a batch when it is inflated
_CONTEXT = b"iamd spool"
_TABLES = [
    f"CREATE TABLE IF NOT EXISTS {name} (number INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL)"
    for name in ("spool", "apart")
]
_SIZE = (
    "SELECT (SELECT coalesce(sum(length(sealed)), 0) FROM spool) + (SELECT coalesce(sum(length(sealed)), 0) FROM apart)"
)


DenialRow = tuple[str, int, str, bytes, dict[str, str]]


class Batch(msgspec.Struct, array_like=True):
    """Records as rows, by the names of their tables' columns. Of runs: account, time, first id, content and length.

    INVARIANT: the order of the fields is the format. New fields are appended and have a default.
    """

    runs: list[tuple[str, int, str, bytes, int]]
    usage: list[tuple[str, str, int, str, str]] = []
    accesses: list[tuple[str, str, str, str, int, str]] = []
    denials: list[DenialRow] = []
    shared: list[list[str]] = []
    """Of each denial, its documents that go with an earlier one of its account in this batch."""


_LISTS = ("runs", "usage", "accesses", "denials")


@dataclass(frozen=True, slots=True)
class SpooledDenial:
    """A denial as it was encoded; see `interface.Denial`."""

    id: str
    record: bytes
    texts: Mapping[str, str]

    def encode(self) -> bytes:
        return self.record

    def documents(self) -> Mapping[str, str]:
        return self.texts


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Batch).decode


def batches(group: Group) -> Iterator[bytes]:
    """What a group records, which has no changes, in pieces; its events get their ids here."""
    first = Batch(
        [],
        [(account, subject, micros(u.time), u.region, u.service) for account, subject, u in group.usage],
        [(a, x.principal_id, x.service, x.action, micros(x.time), x.region) for a, x in group.accesses],
        [(a, micros(when), denial.id, denial.encode(), dict(denial.documents())) for a, when, denial in group.denials],
    )
    for at in range(0, len(group.kept), EVENTS):
        yield from _of_events(group.kept[at : at + EVENTS])
    for batch in (first, Batch([_row(run) for run in group.runs])):
        yield from _halved(batch)


def _of_events(kept: Sequence[Kept]) -> Iterator[bytes]:
    """Events in as many batches as it takes for each to fit."""
    packed, fits = _packed(Batch([_row(run) for run in runs(kept, 0)]))
    if fits or len(kept) == 1:
        yield packed
    else:
        yield from _of_events(kept[: len(kept) // 2])
        yield from _of_events(kept[len(kept) // 2 :])


def _halved(batch: Batch) -> Iterator[bytes]:
    """A batch, unless it is empty, in as many as it takes for each to fit."""
    parts: tuple[Sized, ...] = batch.runs, batch.usage, batch.accesses, batch.denials
    if not any(parts):
        return
    packed, fits = _packed(batch)
    if fits or max(map(len, parts)) == 1:
        yield packed
    else:
        yield from _halved(_cut(batch, lambda length: slice(length // 2)))
        yield from _halved(_cut(batch, lambda length: slice(length // 2, length)))


def _cut(batch: Batch, part: Callable[[int], slice]) -> Batch:
    """What is in a part, by length, of each of a batch's lists."""
    return Batch(
        batch.runs[part(len(batch.runs))],
        batch.usage[part(len(batch.usage))],
        batch.accesses[part(len(batch.accesses))],
        batch.denials[part(len(batch.denials))],
    )


def _packed(batch: Batch) -> tuple[bytes, bool]:
    """The batch as bytes, and whether it is small enough."""
    plain = _pack(_sparing(batch))
    packed = zlib.compress(plain, level=3)
    return packed, len(packed) <= FITS and len(plain) <= _PLAIN


def _sparing(batch: Batch) -> Batch:
    """The same, each document once: with the first denial of its account. Batches may arrive alone, or never."""
    told: set[tuple[str, str]] = set()
    rows, shared = [], []
    for account, when, id, record, texts in batch.denials:
        own = {key: text for key, text in texts.items() if (account, key) not in told}
        rows.append((account, when, id, record, own))
        shared.append([key for key in texts if key not in own])
        told.update((account, key) for key in own)
    return Batch(batch.runs, batch.usage, batch.accesses, rows, shared)


def _in_full(batch: Batch) -> Batch:
    """The same, each denial with all of its documents. Raises KeyError for one that is nowhere."""
    known: dict[tuple[str, str], str] = {}
    rows: list[DenialRow] = []
    for (account, when, id, record, own), keys in zip(batch.denials, chain(batch.shared, repeat([]))):  # noqa: B905  # earlier versions share none
        known.update(((account, key), text) for key, text in own.items())
        rows.append((account, when, id, record, own | {key: known[account, key] for key in keys}))
    return Batch(batch.runs, batch.usage, batch.accesses, rows)


def halves(packed: bytes) -> list[bytes]:
    """The records of such a piece in two; none where it has one only. Raises ValueError for anything else."""
    batch = _opened(packed)
    rows = _rows_of(batch)
    if len(rows) == 1 and batch.runs:
        alone = [
            Run(1, each.account_id, micros(each.time), each.event_id, each.record)
            for each in _run(batch.runs[0]).records()
        ]
        rows = [("runs", _row(each)) for each in alone]
    middle = len(rows) // 2
    return [_of_rows(rows[:middle]), _of_rows(rows[middle:])] if middle else []


def by_account(packed: bytes) -> list[bytes]:
    """The records of such a piece, those of each account in one. Raises ValueError for anything else."""
    sorted_out: dict[str, list[tuple[str, Any]]] = {}
    for name, row in _rows_of(_opened(packed)):
        sorted_out.setdefault(row[0], []).append((name, row))
    return [_of_rows(rows) for rows in sorted_out.values()]


def _rows_of(batch: Batch) -> list[tuple[str, Any]]:
    """All rows, with the name of their list; the account comes first in each."""
    return [(name, row) for name in _LISTS for row in getattr(batch, name)]


def _of_rows(rows: Sequence[tuple[str, Any]]) -> bytes:
    lists: dict[str, list[Any]] = {name: [] for name in _LISTS}
    for name, row in rows:
        lists[name].append(row)
    return _packed(Batch(**lists))[0]


def _opened(packed: bytes) -> Batch:
    inflating = zlib.decompressobj()
    try:
        plain = inflating.decompress(packed, _MOST)
        if inflating.unconsumed_tail or not inflating.eof:
            raise ValueError("no batch of records: it is too long, or not all of it is there")
        return _in_full(_unpack(plain))
    except (zlib.error, msgspec.MsgspecError, KeyError) as error:
        raise ValueError(f"no batch of records: {error}") from error


def group_of(packed: bytes) -> Group:
    """The group that such a piece makes; raises ValueError for anything else."""
    batch = _opened(packed)
    try:
        made = [_run(row) for row in batch.runs]
        for run in made:
            if len(run.records()) != run.length:
                raise ValueError("no batch of records: a run has not as many as it says")
        return Group(
            runs=made,
            usage=[
                (account, subject, Usage(moment(at), region, service))
                for account, subject, at, region, service in batch.usage
            ],
            accesses=[
                (account, Access(who, service, action, moment(at), region))
                for account, who, service, action, at, region in batch.accesses
            ],
            denials=[
                (account, moment(at), SpooledDenial(id, record, texts))
                for account, at, id, record, texts in batch.denials
            ],
        )
    except (msgspec.MsgspecError, IndexError, KeyError, OverflowError) as error:
        raise ValueError(f"no batch of records: {error}") from error


def accounts_of(group: Group) -> set[str]:
    """The accounts that a group records something of."""
    return {
        *(run.account_id for run in group.runs),
        *(account for account, *_ in group.usage),
        *(account for account, _ in group.accesses),
        *(account for account, *_ in group.denials),
    }


def _run(row: tuple[str, int, str, bytes, int]) -> Run:
    account, time, id, stored, length = row
    return Run(length, account, time, id, stored, length)


def _row(run: Run) -> tuple[str, int, str, bytes, int]:
    return run.account_id, run.time, run.event_id, run.stored, run.length


class Spool:
    """A file of batches, which several processes may use. Coroutines raise StoreError."""

    def __init__(self, file: Path, sealer: Callable[[], Sealer]) -> None:
        """Opens the file, which is made where there is none. Raises StoreError."""
        create(file)
        self._file = file
        self._sealer = sealer
        self._connection: SqliteConnection = connect(file)
        with failing("open", file):
            self._connection.execute("PRAGMA journal_mode = WAL")
            for table in _TABLES:
                self._connection.execute(table)
        self._thread = ThreadPoolExecutor(1, "iamd-store-spool")

    async def add(self, group: Group) -> None:
        """Keep what a group records, durably."""

        def work(connection: SqliteConnection) -> None:
            sealed = [(self._sealer().seal(packed, _CONTEXT),) for packed in batches(group)]
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                size = connection.execute(_SIZE).fetchone()[0]
                if size > LARGEST:
                    raise StoreError(f"{self._file} is full of records that wait for the database")
                connection.executemany("INSERT INTO spool (sealed) VALUES (?)", sealed)

        await self._do("write", work)

    async def first(self) -> tuple[int, bytes] | None:
        """The oldest batch with its number; None when there is none. Raises SealError when it was altered."""

        def work(connection: SqliteConnection) -> tuple[int, bytes] | None:
            found = connection.execute("SELECT number, sealed FROM spool ORDER BY number LIMIT 1").fetchone()
            return None if found is None else (found[0], self._sealer().open(found[1], _CONTEXT))

        return await self._do("read", work)

    async def drop(self, number: int) -> None:
        """Forget a batch, which is where it belongs."""
        await self._do("write", lambda connection: connection.execute("DELETE FROM spool WHERE number = ?", (number,)))

    async def replace(self, number: int, parts: Sequence[bytes]) -> None:
        """Put parts in the place of the oldest batch, all or nothing."""

        def work(connection: SqliteConnection) -> None:
            sealed = [(number - at, self._sealer().seal(part, _CONTEXT)) for at, part in enumerate(reversed(parts))]
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                connection.execute("DELETE FROM spool WHERE number = ?", (number,))
                connection.executemany("INSERT INTO spool (number, sealed) VALUES (?, ?)", sealed)

        await self._do("write", work)

    async def set_apart(self, number: int) -> None:
        """Keep a batch that nobody takes where it is in no other one's way."""
        await self._move("spool", "apart", " WHERE number = ?", number)

    async def take_back(self) -> None:
        """Put what was set apart behind the rest again."""
        await self._move("apart", "spool", "")

    async def _move(self, source: str, target: str, chosen: str, *number: int) -> None:
        def work(connection: SqliteConnection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                moved = f"SELECT sealed FROM {source}{chosen} ORDER BY number"  # noqa: S608  # names of ours
                connection.execute(f"INSERT INTO {target} (sealed) {moved}", number)
                connection.execute(f"DELETE FROM {source}{chosen}", number)  # noqa: S608

        await self._do("write", work)

    async def close(self) -> None:
        """Nothing is lost: what was added is on disk."""
        await self._do("close", lambda connection: connection.close())
        self._thread.shutdown()

    async def _do(self, verb: str, work: Callable[[SqliteConnection], T]) -> T:
        def guarded() -> T:
            with failing(verb, self._file):
                return work(self._connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, guarded)
