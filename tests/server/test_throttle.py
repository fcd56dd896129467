"""Request rates: what is too fast is refused, recorded, and passes when it comes again later."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.endpoint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.caller.buckets import BURST, MOST, SECOND, Buckets
from iamd.services.catalogue import APIS
from iamd.services.throttle import Rates, Throttle
from iamd.wire.errors import Throttling
from tests.hostile.trail import recorded
from tests.live import Live, live
from tests.services.iam.refusals import assert_refused
from tests.services.iam.support import refused

LIST_USERS = APIS["iam"].operations["ListUsers"]
CREATE_USER = APIS["iam"].operations["CreateUser"]
GET_CALLER_IDENTITY = APIS["sts"].operations["GetCallerIdentity"]
RATE_EXCEEDED = ("Throttling", "Rate exceeded")


class Clock:
    """A clock that stands still until it is told how long somebody slept."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttled(clock: Clock, tmp_path: Path) -> Iterator[Live]:
    with live(in_memory=False, data_dir=str(tmp_path), throttle="reads=2,writes=1") as server:
        server.realm.throttle = Throttle(Rates(reads=2, writes=1), Buckets(clock))
        yield server


def passes(throttle: Throttle, who: str, operation: Any) -> bool:
    try:
        throttle.take(who, "", operation)
    except Throttling:
        return False
    return True


def test_each_operation_and_account_has_a_bucket_of_its_own(throttled: Live) -> None:
    iam, other = throttled.client("iam"), throttled.client("iam", throttled.add_account("210987654321"))
    for _ in range(2 * BURST):
        iam.list_users()
    assert refused(iam.list_users) == RATE_EXCEEDED
    iam.list_groups()
    other.list_users()
    for number in range(BURST):
        iam.create_user(UserName=f"user{number}")
    assert_refused(iam.create_user, *RATE_EXCEEDED, UserName="user5")
    iam.get_user(UserName="user4")


def test_a_throttled_request_changes_nothing_and_is_recorded(throttled: Live, tmp_path: Path) -> None:
    iam = throttled.client("iam")
    for number in range(BURST):
        iam.create_user(UserName=f"user{number}")
    assert refused(iam.create_user, UserName="late") == RATE_EXCEEDED
    assert len(iam.list_users()["Users"]) == BURST
    throttled.run(throttled.realm.store.flush())
    event = next(event for event in recorded(tmp_path) if event.get("errorMessage"))
    assert (event["errorCode"], event["errorMessage"]) == ("ThrottlingException", "Rate exceeded")
    assert (event["eventName"], event["requestParameters"]) == ("CreateUser", {"userName": "late"})


def test_organizations_says_it_in_its_own_way(throttled: Live) -> None:
    organizations = throttled.client("organizations")
    told = {refused(organizations.list_roots)[0] for _ in range(2 * BURST)}
    assert "TooManyRequestsException" not in told
    assert refused(organizations.list_roots) == ("TooManyRequestsException", "Rate exceeded")


def test_clients_that_wait_get_through(throttled: Live, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.endpoint, "time", types.SimpleNamespace(sleep=clock.sleep))
    patient = throttled.client("iam", retries={"mode": "standard", "max_attempts": 10})
    for number in range(2 * BURST):
        patient.create_user(UserName=f"user{number}")
    assert len(patient.list_users()["Users"]) == 2 * BURST
    assert clock.now > 0


def test_a_server_limits_nothing_unless_told() -> None:
    with live() as server:
        assert server.realm.throttle is None


def test_a_reset_fills_the_buckets() -> None:
    with live(throttle="writes=1") as server:
        iam = server.client("iam")
        for number in range(BURST):
            iam.create_user(UserName=f"user{number}")
        server.reset()
        iam.create_user(UserName="again")


def test_sts_has_a_rate_of_its_own(clock: Clock) -> None:
    throttle = Throttle(Rates(reads=1, writes=1, sts=3), Buckets(clock))
    assert [passes(throttle, "a", GET_CALLER_IDENTITY) for _ in range(16)] == [True] * 15 + [False]


def test_forwarded_requests_have_a_rate_of_their_own(clock: Clock) -> None:
    throttle = Throttle(Rates(reads=1, writes=1, forwarded=2), Buckets(clock))
    for _ in range(2 * BURST):
        throttle.take_forwarded("a", "", "s3", "GetObject")
    throttle.take_forwarded("a", "", "s3", "PutObject")
    with pytest.raises(Throttling):
        throttle.take_forwarded("a", "", "s3", "GetObject")


def test_memory_is_bounded_and_those_at_their_limit_stay_there(clock: Clock) -> None:
    throttle = Throttle(Rates(writes=1), Buckets(clock))
    for number in range(MOST * 2):
        throttle.take(str(number), "", LIST_USERS)
        passes(throttle, "hot", CREATE_USER)
    assert not passes(throttle, "hot", CREATE_USER)


@settings(max_examples=50)
@given(rate=st.integers(1, 1000), waits=st.lists(st.integers(0, 3 * SECOND), max_size=200))
def test_no_more_pass_than_the_bucket_holds_and_the_rate_refills(rate: int, waits: list[int]) -> None:
    clock = Clock()
    throttle = Throttle(Rates(reads=rate), Buckets(clock))
    passed = 0
    for wait in waits:
        clock.now += wait
        passed += passes(throttle, "a", LIST_USERS)
    assert passed <= BURST * rate + clock.now * rate // SECOND + 1
    if all(wait * rate >= SECOND for wait in waits):
        assert passed == len(waits)
