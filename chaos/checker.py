"""Holds a history against what iamd promises: linearizable decisions, lasting writes, rising revisions, a full record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from chaos.client import Answer
from chaos.history import History, Outcome, Read, Register, Revisions, Write

_SKEW = 300.0  # seconds that a client's clock may differ by
_NEAR = 1.0  # seconds
_FRACTION = 1.5  # seconds: times that are signed, and those of servers, have no fractions


def violations(history: History, last: Mapping[str, int], recorded: Iterable[int]) -> Iterator[str]:
    """Everything that breaks a promise, in sentences.

    `last` is the policy that each user of a numbered one has in the end, `recorded` the writes that the audit trail calls
    successful, one entry an event.
    """
    yield from history.wrong
    for register in history.registers.values():
        end = max([0.0, *(write.ended for write in register.writes), *(read.ended for read in register.reads)])
        there = Read(end + 1, end + 1, value=last.get(register.user, -1)) if register.numbered else None
        yield from unexplained(register, there)
    for name, revisions in history.revisions.items():
        yield from falling(name, revisions)
    yield from misrecorded(history, last, recorded)


def unexplained(register: Register, last: Read | None = None) -> Iterator[str]:
    """The first read that no order of the operations explains, if there is one: Wing and Gong's search.

    An order must keep to time: what ended before another began comes before it. Each write that is done is in it,
    each that is unknown may be, none that was refused is; each read sees the write before it.
    """
    writes = sorted((w for w in register.writes if w.outcome is not Outcome.REFUSED), key=lambda w: w.started)
    reads = sorted([*register.reads, *([last] if last else [])], key=lambda read: read.started)
    told = _Search(writes, reads).stuck()
    if told is not None:
        what = f"policy {told.value}" if told.value is not None else f"{'allowed' if told.allows else 'denied'}"
        between = f"read between {told.started:.6f} and {told.ended:.6f}"
        yield f"{register.user}: {what}, {between}, fits no order of the writes; near it:{_near(register, told)}"


def _near(register: Register, read: Read) -> str:
    """What was written and read about that time, a line each, for who looks for the reason."""
    both: list[Write | Read] = [*register.writes, *register.reads]
    found = [each for each in both if _is_near(each, read)]
    return "".join(
        f"\n  {each.started:.6f} to {each.ended:.6f} {_told(each)}{each.how and ', '}{each.how}"
        for each in sorted(found, key=attrgetter("started"))
    )


def _is_near(other: Write | Read, read: Read) -> bool:
    return other.ended > read.started - _NEAR and other.started < read.ended + _NEAR


def _told(operation: Write | Read) -> str:
    if isinstance(operation, Write):
        return f"write {operation.value} {'allows' if operation.allows else 'denies'}, {operation.outcome.value}"
    return f"read {operation.value}" if operation.allows is None else f"{'allowed' if operation.allows else 'denied'}"


class _Search:
    """Depth first over what can come next; a state is which operations are placed and what the last write was.

    A client writes to a register one write after the other, so that few operations overlap and the search is short.
    """

    def __init__(self, writes: list[Write], reads: list[Read]) -> None:
        self._writes, self._reads = writes, reads
        self._furthest: Read | None = None
        self._most = -1

    def stuck(self) -> Read | None:
        """The read before which no order gets any further; None if there is an order of all."""
        # (writes placed: the first so many, and others out of order; reads likewise; the last write placed)
        start = (0, frozenset[int](), 0, frozenset[int](), -1)
        pending, seen = [start], {start}
        while pending:
            state = pending.pop()
            first_write, _, first_read, more_reads, _ = state
            if first_write == len(self._writes) and first_read == len(self._reads):
                return None
            if first_read + len(more_reads) > self._most and first_read < len(self._reads):
                self._most, self._furthest = first_read + len(more_reads), self._reads[first_read]
            for following in self._following(state):
                if following not in seen:
                    seen.add(following)
                    pending.append(following)
        return self._furthest

    def _following(
        self, state: tuple[int, frozenset[int], int, frozenset[int], int]
    ) -> Iterator[tuple[int, frozenset[int], int, frozenset[int], int]]:
        first_write, more_writes, first_read, more_reads, last = state
        open_writes = _open(first_write, more_writes, len(self._writes))
        open_reads = _open(first_read, more_reads, len(self._reads))
        due = min((self._reads[i].ended for i in _until(open_reads, self._reads)), default=float("inf"))
        due = min(due, min((self._writes[i].ended for i in _until(open_writes, self._writes)), default=float("inf")))
        for index in open_writes:
            write = self._writes[index]
            if write.started > due:
                break
            placed = _placed(first_write, more_writes, index)
            if write.outcome is Outcome.UNKNOWN:
                yield (*placed, first_read, more_reads, last)  # it never happened
            yield (*placed, first_read, more_reads, index)
        if last < 0:
            return
        for index in open_reads:
            read = self._reads[index]
            if read.started > due:
                break
            if read.agrees(self._writes[last]):
                yield (first_write, more_writes, *_placed(first_read, more_reads, index), last)


def _open(first: int, more: frozenset[int], number: int) -> range | list[int]:
    """The operations that are not placed, in the order of their beginnings."""
    return range(first, number) if not more else [i for i in range(first, number) if i not in more]


def _until(indices: range | list[int], operations: list[Write] | list[Read]) -> Iterator[int]:
    """Those that can end first: once one has begun after another has ended, so have all behind it."""
    soonest = float("inf")
    for index in indices:
        if operations[index].started > soonest:
            return
        soonest = min(soonest, operations[index].ended)
        yield index


def _placed(first: int, more: frozenset[int], index: int) -> tuple[int, frozenset[int]]:
    if index != first:
        return first, more | {index}
    first += 1
    while first in more:
        more -= {first}
        first += 1
    return first, more


def falling(name: str, revisions: Revisions) -> Iterator[str]:
    """Where a node told an older revision than before."""
    for before, after in zip(revisions.told, revisions.told[1:], strict=False):
        if after < before:
            yield f"{name}: revision {after} after {before}"


def misrecorded(history: History, last: Mapping[str, int], recorded: Iterable[int]) -> Iterator[str]:
    """Where the audit trail and the writes differ: a write that happened has one event, one that did not has none."""
    counts = Counter(recorded)
    stays = set(last.values())
    for register in history.registers.values():
        for write in (each for each in register.writes if each.value >= 0):
            number = counts.pop(write.value, 0)
            if number > 1:
                yield f"{register.user}: write {write.value} is recorded {number} times"
            elif number == 1 and write.outcome is Outcome.REFUSED:
                yield f"{register.user}: write {write.value} was refused and is recorded as done"
            elif number == 0 and register.recorded and (write.outcome is Outcome.DONE or write.value in stays):
                yield f"{register.user}: write {write.value} was done and is not recorded"
    for value in counts:
        yield f"write {value} is recorded and nobody made it"


def mistimed(answer: Answer, offsets: Sequence[float]) -> Iterator[str]:
    """Where a call was refused for its time, or was not, against what the server's clock says, which was so many seconds
    ahead at some moment of it."""
    late = answer.ended - answer.started
    apart = [abs(offset - answer.skew) for offset in offsets]
    if answer.is_skewed and max(apart) + late < _SKEW - _FRACTION:
        yield f"refused for its time, with clocks at most {max(apart):.0f} s apart"
    if answer.is_decided and min(apart) - late > _SKEW + _FRACTION:
        yield f"decided, with clocks at least {min(apart):.0f} s apart"
