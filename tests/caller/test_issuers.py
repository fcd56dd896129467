"""How long keys are kept, and how often an issuer is asked."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from iamd.caller.issuers import LONGEST, RETRIES, SHORTEST, USUAL, WINDOW, Issuers
from iamd.caller.outgoing import Outgoing, Unreachable
from iamd.wire.errors import IDPCommunicationError, InvalidIdentityToken
from tests.issuer import signing_key

KEY = signing_key("ES256").as_dict(private=False)


class Answers(Outgoing):
    """Answers without a network; counts what is asked, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Any]] = []
        self.kids = ["one"]
        self.headers: dict[str, str] = {}
        self.fails = False

    async def get(self, url: str, thumbprints: Any = ()) -> tuple[bytes, dict[str, str]]:
        await asyncio.sleep(0)
        self.asked.append((url, thumbprints))
        if self.fails:
            raise Unreachable("it is away")
        if url.endswith("/keys"):
            return json.dumps({"keys": [{**KEY, "kid": kid} for kid in self.kids]}).encode(), self.headers
        issuer = url.removesuffix("/.well-known/openid-configuration")
        return json.dumps({"issuer": issuer, "jwks_uri": f"{issuer}/keys"}).encode(), {}

    @property
    def fetches(self) -> int:
        return len(self.asked) // 2 + self.fails


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuers(answers: Answers, clock: Clock) -> Issuers:
    return Issuers(answers, clock)


def key(issuers: Issuers, kid: str | None = "one", thumbprints: tuple[str, ...] = ()) -> Any:
    return asyncio.run(issuers.key("idp.example", thumbprints, kid))


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("", USUAL),
        ("public, max-age=7200, must-revalidate", 7200.0),
        ("max-age=1", SHORTEST),
        ("no-store", USUAL),
        ("max-age=999999999", LONGEST),
        ("max-age=-1", USUAL),
    ],
)
def test_keys_expire(issuers: Issuers, answers: Answers, clock: Clock, control: str, seconds: float) -> None:
    answers.headers = {"cache-control": control}
    key(issuers)
    clock.now += seconds - 1
    key(issuers)
    assert answers.fetches == 1
    clock.now += 1
    key(issuers)
    assert answers.fetches == 2


def test_many_at_once_fetch_once(issuers: Issuers, answers: Answers) -> None:
    async def many() -> None:
        await asyncio.gather(*(issuers.key("idp.example", (), "one") for _ in range(50)))

    asyncio.run(many())
    assert answers.fetches == 1


def test_one_that_stops_waiting_does_not_stop_the_others(issuers: Issuers, answers: Answers) -> None:
    async def one_leaves() -> Any:
        waiting = [asyncio.create_task(issuers.key("idp.example", (), "one")) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        return await waiting[1]

    assert asyncio.run(one_leaves()) is not None
    assert answers.fetches == 1


def test_unknown_keys_are_asked_for_a_few_times_a_minute(issuers: Issuers, answers: Answers, clock: Clock) -> None:
    key(issuers)
    for number in range(100):
        with pytest.raises(InvalidIdentityToken, match="Couldn't retrieve verification key"):
            key(issuers, f"garbage-{number}")
    assert answers.fetches == 1 + RETRIES
    key(issuers)
    answers.kids = ["one", "two"]
    clock.now += WINDOW
    key(issuers, "two")
    assert answers.fetches == 2 + RETRIES


def test_an_issuer_that_is_away_is_asked_a_few_times_a_minute(issuers: Issuers, answers: Answers, clock: Clock) -> None:
    answers.fails = True
    for _ in range(50):
        with pytest.raises(IDPCommunicationError, match="could not be reached: it is away"):
            key(issuers)
    assert len(answers.asked) == 1 + RETRIES
    answers.fails = False
    clock.now += WINDOW
    key(issuers)


def test_a_failure_that_is_told_often_keeps_nothing_of_who_heard_it(issuers: Issuers, answers: Answers) -> None:
    answers.fails = True
    lengths = []
    for _ in range(RETRIES + 20):
        for told in (key, lambda issuers: asyncio.run(issuers.configuration("idp.example", ()))):
            with pytest.raises(IDPCommunicationError) as refusal:
                told(issuers)
            lengths.append(len(refusal.traceback))
    assert max(lengths[-20:]) <= max(lengths[:2])


def test_expired_keys_are_not_used_when_the_issuer_is_away(issuers: Issuers, answers: Answers, clock: Clock) -> None:
    key(issuers)
    answers.fails = True
    with pytest.raises(IDPCommunicationError):
        key(issuers, "two")
    key(issuers)  # one that is known is good until it expires
    clock.now += USUAL
    with pytest.raises(IDPCommunicationError):
        key(issuers)


def test_what_other_thumbprints_made_trusted_is_fetched_anew(issuers: Issuers, answers: Answers) -> None:
    key(issuers, thumbprints=("a",))
    key(issuers, thumbprints=("b",))
    assert [thumbprints for _, thumbprints in answers.asked] == [("a",), ("a",), ("b",), ("b",)]


def test_without_an_id_only_a_lone_key_is_meant(issuers: Issuers, answers: Answers) -> None:
    assert key(issuers, None) is not None
    answers.kids = ["one", "two"]
    issuers.clear()
    with pytest.raises(InvalidIdentityToken):
        key(issuers, None)
