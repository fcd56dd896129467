"""Audit records of one account that came in together: a run, which is one row of the database.

Most calls are like one before but for the id of the request, and a row and its index cost more than the call's decision
did. So what records of a run have in common is stored once, and read once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from datetime import datetime
from itertools import islice

import msgspec

from iamd.store.event_ids import event_id, first_id, numbered, numbering
from iamd.store.interface import Recorded
from iamd.store.rows import micros, moment
from iamd.store.waiting import FLUSH_EVENTS, Kept, Shape

LENGTH = FLUSH_EVENTS
"""Records of a run, at most."""
SPAN = 10_000_000
"""Microseconds between the first and the last record of a run, at most."""


class Content(msgspec.Struct, array_like=True):
    """What is stored of a run: `places` are heads and middles of shapes; a shape is the number of one and a tail; `of`
    has the number of each record's shape, in the order of their first records; `times` say of how many records each is;
    `own` has the ids that were given before.

    INVARIANT: the order of the fields is the format. New fields are appended and have a default.
    """

    places: list[tuple[bytes, bytes]]
    shapes: list[tuple[int, bytes]]
    of: list[int]
    request_ids: list[str | None]
    times: list[tuple[int, int]]
    own: dict[int, str]


_pack = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Content).decode


class Run:
    """Records in the order of their times, numbered up to `position`; `time` is the last one's, in microseconds.

    A run of one is stored as that record and its id. Of a longer one the id is the first of those that count up.
    """

    __slots__ = ("_content", "account_id", "event_id", "length", "position", "stored", "time")

    def __init__(
        self, position: int, account_id: str, time: int, event_id: str, stored: bytes, length: int = 1
    ) -> None:
        self.position = position
        self.account_id = account_id
        self.time = time
        self.event_id = event_id
        self.stored = stored
        self.length = length
        self._content: Content | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Behind those of no other of its records: time and position of the last."""
        return self.time, self.position

    @property
    def start(self) -> int:
        """The time of the first record, in microseconds."""
        return self.time if self.length == 1 else self.content.times[0][0]

    @property
    def content(self) -> Content:
        """What is in it, once decoded."""
        if self._content is None:
            alone = self.length == 1
            self._content = self._single() if alone else _decode(self.stored)
        return self._content

    def _single(self) -> Content:
        return Content([(self.stored, b"")], [(0, b"")], [0], [None], [(self.time, 1)], {0: self.event_id})

    def records(self, shapes: Container[int] | None = None, behind: int = 0) -> list[Recorded]:
        """The records behind a position; only those of some shapes, when these are given."""
        of = self.content.of
        places = range(max(0, behind - self._before), len(of))
        return self._chosen(places if shapes is None else [at for at in places if of[at] in shapes])

    def newest(
        self, limit: int, inside: Callable[[int, int], bool], shapes: Container[int] | None = None
    ) -> list[Recorded]:
        """The same of the last records, up to a limit, whose time (in microseconds) and position are inside."""
        of, times, before = self.content.of, self.moments(), self._before
        places = range(len(of) - 1, -1, -1)
        fitting = (at for at in places if (shapes is None or of[at] in shapes) and inside(times[at], before + at + 1))
        return self._chosen(sorted(islice(fitting, limit)))

    @property
    def _before(self) -> int:
        """The position in front of the first record."""
        return self.position - self.length

    def samples(self, shapes: Iterable[int] | None = None) -> list[Recorded]:
        """The first record of each shape; only those of some shapes, in ascending order, when these are given."""
        if self.length == 1:
            return self._chosen((0,) if shapes is None else shapes)
        of, at = self.content.of, 0
        first = []
        for shape in range(len(self.content.shapes)) if shapes is None else shapes:
            at = of.index(shape, at)
            first.append(at)
        return self._chosen(first)

    def moments(self) -> list[int]:
        """The times of the records, in microseconds."""
        return [time for time, count in self.content.times for _ in range(count)]

    def _chosen(self, places: Iterable[int]) -> list[Recorded]:
        if self.length == 1:
            alone = Recorded(self.position, self.account_id, moment(self.time), self.event_id, self.stored)
            return [alone for _ in places]
        content, times, first = self.content, self.moments(), self._before + 1
        counting = numbering(self.event_id)
        found = []
        for at in places:
            place, tail = content.shapes[content.of[at]]
            head, middle = content.places[place]
            request_id, when = content.request_ids[at], moment(times[at])
            record = head if request_id is None else b"".join((head, _pack(request_id), middle, tail))
            own = content.own.get(at) or numbered(when, counting, at)
            found.append(Recorded(first + at, self.account_id, when, own, record))
        return found


def runs(records: Iterable[Kept], position: int) -> list[Run]:
    """The records, which come in behind a position, as runs: those of an account keep their order."""
    by_account: dict[str, list[Kept]] = {}
    for record in records:
        by_account.setdefault(record.shape.account_id, []).append(record)
    made = []
    for own in by_account.values():
        if len(own) == 1:  # of many accounts, most have no other record in a second
            position += 1
            made.append(_alone(own[0], position))
            continue
        for draft in _drafts(own):
            position += len(draft.of)
            made.append(draft.run(position))
    return made


def _alone(record: Kept, position: int) -> Run:
    """A run of one."""
    shape, request_id, when = record.shape, record.request_id, micros(record.time)
    stored = shape.head if request_id is None else b"".join((shape.head, _pack(request_id), shape.middle, shape.tail))
    return Run(position, shape.account_id, when, record.event_id or event_id(moment(when)), stored)


def _drafts(records: list[Kept]) -> list[_Draft]:
    drafts = [draft := _Draft(records[0])]
    for record in islice(records, 1, None):
        if not draft.add(record):
            drafts.append(draft := _Draft(record))
    return drafts


class _Draft:
    """A run that is being filled."""

    def __init__(self, first: Kept) -> None:
        self._first = first
        self._shapes: dict[Shape, int] = {}
        self._request_ids: list[str | None] = []
        self._own: dict[int, str] = {}
        self._times: list[tuple[int, int]] = []
        self._start = micros(first.time)
        self._begin(first.time, self._start)
        self.of: list[int] = []
        self.add(first)

    def add(self, record: Kept) -> bool:
        """Take the record in; False where it does not fit."""
        number = len(self.of)
        if number == LENGTH:
            return False
        if record.time is not self._of:  # most are of the same second
            when = micros(record.time)
            if when < self._when or when > self._start + SPAN:
                return False
            if when > self._when:
                self._end()
                self._begin(record.time, when)
        shape = record.shape
        known = self._shapes.get(shape)
        if known is None:
            known = self._shapes[shape] = len(self._shapes)
        self.of.append(known)
        self._request_ids.append(record.request_id)
        if record.event_id:
            self._own[number] = record.event_id
        return True

    def run(self, position: int) -> Run:
        """The run, whose last record has that position."""
        if len(self.of) == 1:
            return _alone(self._first, position)
        self._end()
        given = first_id(moment(self._start))
        return Run(position, self._first.shape.account_id, self._when, given, self._packed(), len(self.of))

    def _packed(self) -> bytes:
        places: dict[tuple[bytes, bytes], int] = {}
        shapes = [(places.setdefault((shape.head, shape.middle), len(places)), shape.tail) for shape in self._shapes]
        return _pack(Content(list(places), shapes, self.of, self._request_ids, self._times, self._own))

    def _begin(self, time: datetime, when: int) -> None:
        self._of, self._when, self._before = time, when, len(self._request_ids)

    def _end(self) -> None:
        self._times.append((self._when, len(self._request_ids) - self._before))
