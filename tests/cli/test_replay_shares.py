"""A record that several processes replay, each its own time, comes out as if one had."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from iamd.audit import ApiEvent
from iamd.caller.caller import Caller, CallerKind
from iamd.cli.replaying import shares
from iamd.cli.replaying.shares import Job, Span, cut, replay, replayed
from iamd.guard.ask import Ask
from iamd.store import Change
from iamd.store.records import Account, InlinePolicy, User
from tests import elsewhere

ACCOUNT = "123456789012"
START = datetime(2026, 1, 1, tzinfo=UTC)
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
CALLER = Caller(CallerKind.USER, ACCOUNT, "AIDAANN", "ann", ANN, ANN, "AIDAANN", "AKIAANN")
SECONDS = (0, 1, 2, 1, 1, 5, 9, 9, 9, 4, 12, 13, 20)  # a clock that stepped back


def second(number: int) -> datetime:
    return START + timedelta(seconds=number)


def event(number: int) -> ApiEvent:
    asked = Ask("iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/{number}", ACCOUNT)
    given = (ACCOUNT, second(number), "iam.amazonaws.com", "ListUsers", "us-east-1", "r", True, CALLER)
    return ApiEvent(*given, asked=(asked,))


@dataclass(frozen=True)
class Place:
    job: Job

    def cut(self, span: Span, jobs: int) -> list[Span]:
        async def run() -> list[Span]:
            store = self.job.place.store()
            await store.start()
            try:
                return await cut(store, span, jobs)
            finally:
                await store.close()

        return asyncio.run(run())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A user's calls, and a change that would deny them."""
    documents = [
        {"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "iam:ListUsers", "Resource": "*"}}
        for effect in ("Allow", "Deny")
    ]

    def people(change: Change) -> None:
        records = change.create(ACCOUNT)
        records.accounts.add(Account(ACCOUNT, START))
        records.users.add(User(ACCOUNT, "AIDAANN", "ann", "/", START))
        records.inline.add(InlinePolicy(ACCOUNT, "AIDAANN", "own", json.dumps(documents[0])))

    async def fill() -> None:
        store = elsewhere.open_store(tmp_path)
        await store.start()
        await store.write(people)
        for number in SECONDS:
            store.append_event(event(number))
        await store.close()

    asyncio.run(fill())
    put = {"iam:PutUserPolicy": {"UserName": "ann", "PolicyName": "no", "PolicyDocument": documents[1]}}
    change = tmp_path / "change.json"
    change.write_text(json.dumps({"changes": [put]}))
    return Place(Job(elsewhere.place(tmp_path), change, None, None, None, False, datetime.now(UTC)))


SPANS = [Span(), Span(second(1)), Span(None, second(9)), Span(second(1), second(9)), Span(second(3), second(3))]


@pytest.mark.parametrize("span", SPANS)
def test_every_call_is_in_one_share(place: Place, span: Span, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "WORTH", 2)
    spans = place.cut(span, 4)
    whole = replay(place.job, span).outcome
    assert sum(replay(place.job, each).outcome.calls for each in spans) == whole.calls
    starts = [each.since for each in spans[:-1]]
    assert starts == sorted((each for each in starts if each is not None), reverse=True)
    assert (spans[0].until, spans[-1].since) == (span.until, span.since)


def test_a_long_record_is_cut(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.cut(Span(), 4) == [Span()]
    monkeypatch.setattr(shares, "WORTH", 3)
    assert len(place.cut(Span(), 4)) == 3  # where the clock stepped back, a cut is left out
    assert len(place.cut(Span(), 2)) == 2


def test_processes_together_tell_what_one_tells(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "WORTH", 3)
    one, many = (replayed(place.job, Span(), jobs) for jobs in (1, 2))
    assert many == one
    (flip,) = one.outcome.flips.values()
    assert (flip.count, flip.allowed) == (len(SECONDS), False)
    assert (flip.first, flip.last) == (1767225600000000, 1767225620000000)
