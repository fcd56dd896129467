"""The index over audit records, a block of them at a time: for each term, where the block has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain, repeat
from operator import attrgetter, sub
from typing import NamedTuple

import msgspec

from iamd.store.interface import Terms
from iamd.store.runs import Run
from iamd.store.sql import statements as sql
from iamd.store.sql.connection import Connection

_ALL: list[int] = []  # shapes of a run: none are named


class Postings(msgspec.Struct, array_like=True):
    """Ascending times of runs and their positions, each as the difference to the one before, and which shapes of each
    have the term: none are named where all have it.

    INVARIANT: the order of the fields is the format. New fields are appended and have a default.
    """

    times: list[int]
    positions: list[int]
    shapes: list[list[int]] = []


class Posting(NamedTuple):
    """A run, by the time and position of its last record, and the shapes in it (None: all)."""

    place: tuple[int, int]
    shapes: Collection[int] | None


_decode = msgspec.msgpack.Decoder(Postings).decode


@dataclass(frozen=True, slots=True)
class Block:
    """Records behind `base` up to `last`, the end of the run of that id: rows of postings."""

    base: int
    last: int
    last_id: str
    rows: list[tuple[str, str, int, int, bytes]]


def block(runs: list[Run], base: int, terms: Terms) -> Block:
    """The block of some runs behind a position."""
    found: dict[tuple[str, str], tuple[list[Run], list[list[int]]]] = {}
    for run in sorted(runs, key=attrgetter("place")):
        here: dict[str, list[int]] = {}
        for shape, record in enumerate(run.samples()):
            for term in terms(record):
                here.setdefault(term, []).append(shape)
        every = 1 if run.length == 1 else len(run.content.shapes)
        for term, shapes in here.items():
            known = found.get((run.account_id, term))
            if known is None:
                known = found[run.account_id, term] = [], []
            known[0].append(run)
            known[1].append(_ALL if len(shapes) == every else shapes)
    return Block(base, runs[-1].position, runs[-1].event_id, [(*whose, *_packed(*of)) for whose, of in found.items()])


def add(connection: Connection, block: Block) -> None:
    """Write a block, unless meanwhile another process has done so, or everything has been removed."""
    with connection.writing():
        row = connection.execute(sql.EVENT, (block.last,)).fetchone()
        if last_block(connection) == block.base and row is not None and Run(*row).event_id == block.last_id:
            connection.insert(sql.ADD_POSTINGS, block.rows)
            connection.execute(sql.ADD_BLOCK, (block.last,))


def last_block(connection: Connection) -> int:
    """The position up to which records are indexed."""
    found: int | None = connection.execute(sql.LAST_BLOCK).fetchone()[0]
    return found or 0


def decoded(packed: bytes) -> Iterator[Posting]:
    """What a row of postings tells, oldest first."""
    found = _decode(packed)
    places = zip(accumulate(found.times), accumulate(found.positions), strict=True)
    for place, shapes in zip(places, chain(found.shapes, repeat([])), strict=False):
        yield Posting(place, shapes or None)


def _packed(runs: list[Run], shapes: list[list[int]]) -> tuple[int, int, bytes]:
    """The last time, the first time and the postings of some runs, in the order of their places."""
    times, positions = [run.time for run in runs], [run.position for run in runs]
    told = Postings(_differences(times), _differences(positions), shapes if any(shapes) else [])
    return times[-1], min([run.start for run in runs]), msgspec.msgpack.encode(told)


def _differences(numbers: list[int]) -> list[int]:
    return [numbers[0], *map(sub, numbers[1:], numbers)]
