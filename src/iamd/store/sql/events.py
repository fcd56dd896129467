"""Audit records are found by time, and by terms: who called, what, with which key.

An index row for every record and term would cost each call more than the record itself. So the records are indexed
afterwards, a block of some thousands at a time: one row for each term that the block has, with the runs that have such
records, and the shapes of these. What came in since the last block is looked through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain, islice, repeat
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, TypeVar

from iamd.store.interface import Recorded, Term, Terms, Window
from iamd.store.rows import micros, moment
from iamd.store.runs import SPAN, Run
from iamd.store.sql import postings
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection

T = TypeVar("T")

_EVER = 1 << 62
_ROWS = 4, 8, 16, 32, 64, 128  # read at a time: more and more of them, since few long runs may be enough

Place = tuple[int, int]  # time in microseconds, position


class Part(NamedTuple):
    """A run, of which records of some shapes are asked for; None: all."""

    run: Run
    shapes: Collection[int] | None = None

    @property
    def place(self) -> Place:
        return self.run.place


def recent(connection: Connection, window: Window) -> list[Recorded]:
    """The newest records of a window."""
    with connection.reading():
        return _newest(map(Part, _runs(connection, window, (_EVER, _EVER))), window)


def by_term(connection: Connection, window: Window, term: Term, terms: Terms) -> list[Recorded]:
    """The newest records of a window that are found by a term."""
    with connection.reading():
        fresh = sorted(_fresh(connection, window, term, terms), key=attrgetter("place"), reverse=True)
        posted = _posted(connection, window, term)
        return _newest(merge(fresh, posted, key=attrgetter("place"), reverse=True), window)


def below(connection: Connection, window: Window, place: Place) -> list[Run]:
    """Runs below a place that may have records of a window, newest first: as many as have as many records as its limit,
    if there are."""
    found, count = [], 0
    for run in _runs(connection, window, place):
        found.append(run)
        count += run.length
        if count >= window.limit:
            break
    return found


def behind(connection: Connection, position: int, limit: int) -> list[Run]:
    """Runs that end behind that position, in order: as many as have so many records behind it, if there are."""
    found: list[Run] = []
    at = position
    for count in chain(_ROWS, repeat(_ROWS[-1])):
        rows = connection.execute(sql.EVENTS_BEHIND, (at, count)).fetchall()
        for row in rows:
            found.append(Run(*row))
            at = found[-1].position
            if at - position >= limit:
                return found
        if len(rows) < count:
            break
    return found


def last(connection: Connection) -> int:
    """The position of the newest record."""
    found: int | None = connection.execute(sql.LAST_EVENT).fetchone()[0]
    return found or 0


def oldest_behind(connection: Connection, position: int) -> datetime | None:
    """The time of the oldest run that ends behind that position: when the last of its records was."""
    found: int | None = connection.execute(sql.OLDEST_BEHIND, (position,)).fetchone()[0]
    return None if found is None else moment(found)


def forget(connection: Connection, account_id: str, before: int, limit: int) -> int:
    """Remove some of the oldest runs from before that time, and in the end what the index knows of them."""
    with connection.writing():
        old = connection.execute(sql.OLD_EVENTS, (account_id, before, limit)).fetchall()
        connection.executemany(sql.DROP_EVENT, old)
        if len(old) < limit:
            connection.execute(sql.DROP_POSTINGS, (account_id, before))
    return len(old)


def _bounds(window: Window) -> tuple[int, int, Place]:
    start = -_EVER if window.start is None else micros(window.start)
    end = _EVER if window.end is None else micros(window.end)
    after = (_EVER, _EVER) if window.after is None else (micros(window.after[0]), window.after[1])
    return start, min(end, after[0]), after


def _runs(connection: Connection, window: Window, below: Place) -> Iterator[Run]:
    """The runs below a place that may have records of a window, newest first."""
    start, end, _ = _bounds(window)
    place = min(below, (end + SPAN, _EVER))
    for count in chain(_ROWS, repeat(_ROWS[-1])):
        given = (window.account_id, place[0], start, *place, count)
        rows = connection.execute(sql.EVENTS, given).fetchall()
        for row in rows:
            run = Run(*row)
            yield run
            place = run.place
        if len(rows) < count:
            return


def _newest(parts: Iterable[Part], window: Window) -> list[Recorded]:
    """The newest records of a window in parts that come newest first."""
    start, end, after = _bounds(window)

    def inside(time: int, position: int) -> bool:
        return start <= time <= end and (time, position) < after

    groups = ((part.place, part.run.newest(window.limit, inside, part.shapes)) for part in parts)
    return list(islice(_descending(groups, _place), window.limit))


def _descending(groups: Iterable[tuple[Any, Iterable[T]]], key: Callable[[T], Any]) -> Iterator[T]:
    """The greatest items first. Groups come with a bound that none of their items is behind, greatest first; they may
    overlap."""
    waiting: list[T] = []
    for bound, items in groups:
        while waiting and key(waiting[-1]) > bound:
            yield waiting.pop()
        waiting = sorted([*waiting, *items], key=key)
    yield from reversed(waiting)


def _fresh(connection: Connection, window: Window, term: Term, terms: Terms) -> Iterator[Part]:
    """What is in no block yet."""
    start, end, _ = _bounds(window)
    base = postings.last_block(connection)
    for row in connection.execute(sql.EVENTS_FRESH, (base, window.account_id, term.within)):
        run = Run(*row)
        if start <= run.time and run.start <= end:
            shapes = [number for number, record in enumerate(run.samples()) if term.text in terms(record)]
            if shapes:
                yield Part(run, shapes)


def _posted(connection: Connection, window: Window, term: Term) -> Iterator[Part]:
    """What the blocks have, newest first. Their times overlap where processes wrote late or a clock stepped back."""
    start, end, _ = _bounds(window)
    rows = connection.execute(sql.POSTINGS, (window.account_id, term.text, start, end))
    blocks = (((newest, _EVER), postings.decoded(packed)) for newest, packed in rows)
    for posting in _descending(blocks, itemgetter(0)):
        if posting.place[0] < start or posting.place[0] > end + SPAN:
            continue
        row = connection.execute(sql.EVENT, (posting.place[1],)).fetchone()
        if row is not None:  # the index knows of records that are gone until none are left that are as old
            yield Part(Run(*row), posting.shapes)


def _place(record: Recorded) -> Place:
    return micros(record.time), record.position
