"""Audit records are found by time, and by terms: who called, what, with which key.

An index row for every record and term would cost each call more than the record itself. So the records are indexed
afterwards, a block of some thousands at a time: one row for each term that the block has, with the times and positions
of its records. What came in since the last block is looked through.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import accumulate, chain
from operator import sub

import msgspec

from iamd.store.interface import Recorded, Term, Terms, Window
from iamd.store.rows import micros, moment
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection
from iamd.store.sql.tail import Tail

_EVER = 1 << 62

Place = tuple[int, int]  # time in microseconds, position


class Postings(msgspec.Struct, array_like=True):
    """Ascending times and their positions, each as the difference to the one before."""

    times: list[int]
    positions: list[int]


_decode = msgspec.msgpack.Decoder(Postings).decode


@dataclass(frozen=True, slots=True)
class Block:
    """Records behind `base` up to `last`, whose event's id is `last_id`: rows of postings."""

    base: int
    last: int
    last_id: str
    rows: list[tuple[str, str, int, int, bytes]]


def recent(connection: Connection, window: Window) -> list[Recorded]:
    """The newest records of a window."""
    start, end, after = _bounds(window)
    given = (window.account_id, min(end, after[0]), start, after[0], after[1], window.limit)
    return [_recorded(row) for row in connection.execute(sql.EVENTS, given)]


def by_term(connection: Connection, window: Window, term: Term, terms: Terms) -> list[Recorded]:
    """The newest records of a window that are found by a term."""
    with connection.reading():
        fresh = {_place(record): record for record in _fresh(connection, window, term, terms)}
        places = nlargest(window.limit, [*fresh, *_posted(connection, window, term)])
        found = [fresh.get(place) or _one(connection, place[1]) for place in places]
        # Those that the index still knows of are gone when they are older than all that is kept: nothing comes behind.
        return [record for record in found if record is not None]


def behind(connection: Connection, position: int, limit: int) -> list[Recorded]:
    """The records that came in after that one."""
    return [_recorded(row) for row in connection.execute(sql.EVENTS_BEHIND, (position, limit))]


def last(connection: Connection) -> int:
    """The position of the newest record."""
    found: int | None = connection.execute(sql.LAST_EVENT).fetchone()[0]
    return found or 0


def oldest_behind(connection: Connection, position: int) -> datetime | None:
    """The time of the oldest record that came in after that one."""
    found: int | None = connection.execute(sql.OLDEST_BEHIND, (position,)).fetchone()[0]
    return None if found is None else moment(found)


def forget(connection: Connection, account_id: str, before: int, limit: int) -> int:
    """Remove some of the oldest records from before that time, and in the end what the index knows of them."""
    with connection.writing():
        old = connection.execute(sql.OLD_EVENTS, (account_id, before, limit)).fetchall()
        connection.executemany(sql.DROP_EVENT, old)
        if len(old) < limit:
            connection.execute(sql.DROP_POSTINGS, (account_id, before))
    return len(old)


def next_block(connection: Connection, tail: Tail, terms: Terms, size: int) -> Block | None:
    """The next block, if it is full."""
    base = _last_block(connection)
    if last(connection) - base < size:
        return None
    records = tail.behind(base, size)
    if len(records) < size:
        records = behind(connection, base, size)
    if len(records) < size:  # some were removed
        return None
    alike: dict[tuple[str, frozenset[str]], list[Place]] = {}  # most records have the terms of many others
    of, when = None, 0
    for number, record in enumerate(records):
        if record.time is not of:  # most are of the same second
            of, when = record.time, micros(record.time)
        alike.setdefault((record.account_id, terms(record)), []).append((when, record.position))
        if number % 256 == 0:
            time.sleep(0)  # lets the event loop have the interpreter
    groups = list(alike.values())
    found: dict[tuple[str, str], list[int]] = {}
    for number, (account_id, shared) in enumerate(alike):
        for term in shared:
            found.setdefault((account_id, term), []).append(number)
    made: dict[tuple[int, ...], tuple[int, int, bytes]] = {}
    postings = []
    for whose, numbers in found.items():
        same = tuple(numbers)
        if same not in made:
            made[same] = _postings([groups[number] for number in same])
        postings.append((*whose, *made[same]))
    return Block(base, records[-1].position, records[-1].event_id, postings)


def add_block(connection: Connection, block: Block) -> None:
    """Write a block, unless meanwhile another process has done so, or everything has been removed."""
    with connection.writing():
        last = connection.execute(sql.EVENT, (block.last,)).fetchone()
        if _last_block(connection) == block.base and last is not None and _recorded(last).event_id == block.last_id:
            connection.insert(sql.ADD_POSTINGS, block.rows)
            connection.execute(sql.ADD_BLOCK, (block.last,))


def _bounds(window: Window) -> tuple[int, int, Place]:
    start = -_EVER if window.start is None else micros(window.start)
    end = _EVER if window.end is None else micros(window.end)
    after = (_EVER, _EVER) if window.after is None else (micros(window.after[0]), window.after[1])
    return start, end, after


def _fresh(connection: Connection, window: Window, term: Term, terms: Terms) -> list[Recorded]:
    """The newest of what is in no block yet."""
    start, end, after = _bounds(window)
    base = _last_block(connection)
    rows = connection.execute(sql.EVENTS_FRESH, (base, window.account_id, term.within))
    inside = (row for row in rows if start <= row[2] <= end and (row[2], row[0]) < after)
    fitting = (record for record in map(_recorded, inside) if term.text in terms(record))
    return nlargest(window.limit, fitting, key=_place)


def _posted(connection: Connection, window: Window, term: Term) -> Iterable[Place]:
    """The newest of what the blocks have. Their times overlap where processes wrote late or a clock stepped back."""
    start, end, after = _bounds(window)
    end = min(end, after[0])
    best: list[Place] = []
    for newest, packed in connection.execute(sql.POSTINGS, (window.account_id, term.text, start, end)):
        if len(best) == window.limit and newest < best[-1][0]:
            break
        inside = [place for place in _places(packed) if start <= place[0] <= end and place < after]
        best = nlargest(window.limit, [*best, *inside])
    return best


def _postings(groups: list[list[Place]]) -> tuple[int, int, bytes]:
    """The last time, the first time and the postings of some records."""
    places = sorted(chain.from_iterable(groups))
    times = _differences([when for when, _ in places])
    packed = msgspec.msgpack.encode(Postings(times, _differences([position for _, position in places])))
    return places[-1][0], places[0][0], packed


def _differences(numbers: list[int]) -> list[int]:
    return [numbers[0], *map(sub, numbers[1:], numbers)]


def _places(packed: bytes) -> Iterator[Place]:
    postings = _decode(packed)
    return zip(accumulate(postings.times), accumulate(postings.positions), strict=True)


def _last_block(connection: Connection) -> int:
    found: int | None = connection.execute(sql.LAST_BLOCK).fetchone()[0]
    return found or 0


def _one(connection: Connection, position: int) -> Recorded | None:
    row = connection.execute(sql.EVENT, (position,)).fetchone()
    return None if row is None else _recorded(row)


def _recorded(row: tuple[int, str, int, str, bytes]) -> Recorded:
    position, account_id, when, event_id, record = row
    return Recorded(position, account_id, moment(when), event_id, record)


def _place(record: Recorded) -> Place:
    return micros(record.time), record.position
