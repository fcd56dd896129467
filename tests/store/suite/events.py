"""Audit records are found by time and by terms, whether or not they have been indexed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from iamd.store import Store
from iamd.store.interface import Recorded, Term, Window
from iamd.store.waiting import Kept, Shape
from tests.store.samples import ACCOUNT, NOW, OTHER, Opener, SampleEvent, on_loop, prepared, running


@dataclass
class Worded(SampleEvent):
    """An audit event that is found by the words it says."""

    words: str = ""

    def encode(self) -> bytes:
        return self.words.encode()


def terms(record: Recorded) -> frozenset[str]:
    return frozenset(record.record.decode(errors="replace").split())


async def ids(store: Store, window: Window, term: str = "") -> list[str]:
    return [record.event_id for record in await store.events(window, Term(term) if term else None, terms)]


class Events:
    """What has happened can be looked up."""

    @on_loop
    async def test_records_come_newest_first_and_by_account(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            for number, (account, second) in enumerate(((ACCOUNT, 1), (OTHER, 2), (ACCOUNT, 3), (ACCOUNT, 2))):
                store.append_event(Worded(f"e{number}", account, NOW + timedelta(seconds=second), "a b"))
            assert await ids(store, Window(ACCOUNT)) == ["e2", "e3", "e0"]
            assert await ids(store, Window(ACCOUNT), "b") == ["e2", "e3", "e0"]
            assert await ids(store, Window(OTHER), "b") == ["e1"]
            assert await ids(store, Window(ACCOUNT), "c") == []
            came = [record for run in await store.runs_behind(0, 9) for record in run.records()]
            assert [record.event_id for record in came if record.account_id == ACCOUNT] == ["e0", "e2", "e3"]
            assert [record.position for record in came] == [1, 2, 3, 4]
            for position in range(5):
                runs = await store.runs_behind(position, 2)
                found = [record for run in runs for record in run.records() if record.position > position]
                assert found[:2] == came[position : position + 2]
            assert await store.runs_behind(await store.last_event(), 9) == []

    @on_loop
    async def test_the_index_finds_what_looking_through_all_finds(self, opener: Opener) -> None:
        """Records come in out of order, of two accounts, alike and not, and every few of them a block is indexed."""
        draw = random.Random(7)
        shapes: dict[tuple[str, str], Shape] = {}
        async with prepared(opener) as store:
            made: list[tuple[int, int, Worded]] = []
            for number in range(200):
                second, account = number // 3 + draw.randrange(-9, 3), draw.choice((ACCOUNT, OTHER))
                said = " ".join(draw.sample(("a", "b", "c"), draw.randrange(3)))
                event = Worded(f"e{number}", account, NOW + timedelta(seconds=second), said)
                made.append((second, number, event))
                if draw.random() < 0.5:
                    shape = shapes.setdefault((account, said), Shape(account, said.encode() + b" ", b" z", b" y"))
                    store.waiting.keep(Kept(shape, event.time, f"r{number}", event.event_id))
                else:
                    store.append_event(event)
                if draw.random() < 0.1:
                    await store.flush()
                    while draw.random() < 0.7 and await store.index_events(terms, 8):
                        pass
            for term in ("", "a", "b", "d"):
                start, end = sorted((draw.randrange(70), draw.randrange(70)))
                wanted = [
                    event.event_id
                    for second, _, event in sorted(made, key=lambda each: each[:2], reverse=True)
                    if event.account_id == ACCOUNT
                    and (not term or term in event.words.split())
                    and start <= second <= end
                ]
                window = Window(ACCOUNT, NOW + timedelta(seconds=start), NOW + timedelta(seconds=end), limit=4)
                found: list[str] = []
                while page := await store.events(window, Term(term, term.encode()) if term else None, terms):
                    found += [record.event_id for record in page]
                    after = (page[-1].time, page[-1].position)
                    window = Window(ACCOUNT, window.start, window.end, after, limit=4)
                assert found == wanted
            whole = Window(ACCOUNT, limit=5)
            runs = await store.runs(whole)
            while more := await store.runs(whole, runs[-1].place):
                runs += more
            every = [record.event_id for run in runs for record in run.records()]
            assert sorted(every) == sorted(event.event_id for _, _, event in made if event.account_id == ACCOUNT)
            assert [run.place for run in runs] == sorted((run.place for run in runs), reverse=True)

    @on_loop
    async def test_two_processes_index_a_block_once(self, opener: Opener) -> None:
        async with prepared(opener) as store, running(opener()) as other:
            for number in range(6):
                store.append_event(Worded(f"e{number}", ACCOUNT, NOW, "a"))
            await store.flush()
            assert await store.index_events(terms, 4)
            assert not await other.index_events(terms, 4)
            assert len(await ids(other, Window(ACCOUNT), "a")) == 6

    @on_loop
    async def test_old_records_are_forgotten_in_parts_and_the_newest_stays(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            for number in range(6):
                store.append_event(Worded(f"e{number}", ACCOUNT, NOW + timedelta(seconds=number), "a"))
                await store.flush()
            store.append_event(Worded("other", OTHER, NOW, "a"))
            await store.flush()
            await store.index_events(terms, 5)
            assert await store.oldest_event_behind(2) == NOW
            assert await store.oldest_event_behind(7) is None
            before = NOW + timedelta(seconds=4)
            assert [await store.forget_events(ACCOUNT, before, 3) for _ in range(3)] == [3, 1, 0]
            assert await ids(store, Window(ACCOUNT), "a") == await ids(store, Window(ACCOUNT)) == ["e5", "e4"]
            assert await store.forget_events(OTHER, NOW + timedelta(seconds=1), 9) == 0
            assert await store.last_event() == 7
