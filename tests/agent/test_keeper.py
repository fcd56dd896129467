"""Credentials are kept while they do, renewed before they end, and asked for once."""

from __future__ import annotations

import asyncio
import json

import pytest

from iamd.agent.keeper import MAX_KEPT, Keeper
from iamd.agent.source import NoCredentials, Wanted
from tests.agent.support import ROLE, Clock, Minted

WANTED = Wanted(ROLE, "ec2.amazonaws.com", "here", 3600)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def source(clock):
    return Minted(clock)


@pytest.fixture
def keys(source, clock):
    """The access keys that so many clients get who ask at the same time."""
    keeper = Keeper(source, clock)
    locks = asyncio.Runner()

    def ask(clients=1, wanted=WANTED):
        async def everyone():
            return await asyncio.gather(*(keeper.credentials(wanted) for _ in range(clients)))

        return {found.access_key_id for found in locks.run(everyone())}

    with locks:
        yield ask


def test_however_many_ask_sts_is_asked_once(keys, source):
    assert keys(50) == {"ASIA1"}
    assert keys(50) == {"ASIA1"}
    assert len(source.asked) == 1


def test_they_are_new_before_an_sdk_asks_for_new_ones(keys, clock):
    keys()
    clock.forward(minutes=39)
    assert keys() == {"ASIA1"}
    clock.forward(minutes=1)
    assert keys() == {"ASIA2"}


def test_while_sts_is_away_the_old_ones_do_until_they_end(keys, clock, source):
    keys()
    source.failure = NoCredentials("connection refused", refused=False)
    clock.forward(minutes=45)
    assert keys() == {"ASIA1"}
    assert keys() == {"ASIA1"}
    assert len(source.asked) == 2  # not at every request
    clock.forward(seconds=5)
    keys()
    assert len(source.asked) == 3
    clock.forward(minutes=15)
    with pytest.raises(NoCredentials):
        keys()
    source.failure = None
    clock.forward(seconds=5)
    assert keys() == {"ASIA5"}


def test_a_role_that_is_withdrawn_is_handed_out_no_more(keys, clock, source):
    keys()
    source.failure = NoCredentials("AccessDenied", refused=True)
    clock.forward(minutes=41)
    with pytest.raises(NoCredentials):
        keys()


def test_what_no_longer_stands_is_renewed_at_once(keys, source):
    keys()
    source.void.add("ASIA1")
    assert keys() == {"ASIA2"}


def test_memory_is_bounded(keys):
    for number in range(MAX_KEPT + 1):
        keys(1, Wanted(ROLE, "", str(number), 900))
    assert keys(1, Wanted(ROLE, "", str(MAX_KEPT), 900)) == {f"ASIA{MAX_KEPT + 1}"}
    assert keys(1, Wanted(ROLE, "", "0", 900)) == {f"ASIA{MAX_KEPT + 2}"}


def test_the_log_tells_why_and_no_secret(keys, source, logged):
    source.failure = NoCredentials("AccessDenied: not trusted", refused=True)
    with pytest.raises(NoCredentials):
        keys()
    assert [line["reason"] for line in logged] == ["AccessDenied: not trusted"]
    source.failure = None
    credentials = asyncio.run(source.assume(WANTED))
    assert "secret" not in repr(credentials)
    assert "token2" not in json.dumps(logged) + repr(credentials)
