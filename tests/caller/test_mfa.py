"""Codes of MFA devices: the RFC's test vectors, windows, and no code twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamd.caller.mfa import STEP, after_code, after_pair, code, new_seed, step_at
from iamd.store.kinds.sign_in import MfaDevice

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HERE = step_at(NOW)
SEED = b"12345678901234567890"


def device(**fields: int) -> MfaDevice:
    return MfaDevice("1", "phone", "/", b"", NOW, **fields)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, expected: str) -> None:
    assert code(SEED, step_at(datetime.fromtimestamp(seconds, UTC))) == expected


def test_a_seed_is_64_characters_in_base32() -> None:
    assert len(new_seed()) * 8 / 5 == 64
    assert new_seed() != new_seed()


def pair(step: int) -> tuple[str, str]:
    return code(SEED, step - 1), code(SEED, step)


@pytest.mark.parametrize("ahead", [-997, -3, -2, 0, 2, 3, 1000])
def test_two_codes_are_found_far_around_and_tell_the_drift(ahead: int) -> None:
    position = after_pair(device(), SEED, *pair(HERE + ahead), NOW)
    assert position == {"drift": 0 if abs(ahead) <= 2 else ahead, "last_step": HERE + ahead, "used": 31}


@pytest.mark.parametrize("ahead", [-998, 1001])
def test_and_no_farther(ahead: int) -> None:
    assert after_pair(device(), SEED, *pair(HERE + ahead), NOW) is None


def test_two_codes_must_be_consecutive_and_right() -> None:
    first, second = pair(HERE)
    assert after_pair(device(), SEED, second, first, NOW) is None
    assert after_pair(device(), SEED, second, second, NOW) is None
    assert after_pair(device(), SEED, code(SEED, HERE - 2), second, NOW) is None
    assert after_pair(device(), b"other", first, second, NOW) is None


def test_both_codes_must_be_newer_than_the_last() -> None:
    used = device(last_step=HERE)
    assert after_pair(used, SEED, *pair(HERE), NOW) is None
    assert after_pair(used, SEED, *pair(HERE + 1), NOW) is None
    assert after_pair(used, SEED, *pair(HERE + 2), NOW) is not None


@pytest.mark.parametrize("drift", [0, -40, 7])
def test_one_code_is_found_two_steps_around_the_devices_clock(drift: int) -> None:
    for ahead in range(-2, 3):
        assert after_code(device(drift=drift), SEED, code(SEED, HERE + drift + ahead), NOW) is not None
    for ahead in (-3, 3):
        assert after_code(device(drift=drift), SEED, code(SEED, HERE + drift + ahead), NOW) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-4, 4)), max_size=30))
def test_no_code_works_twice_and_every_other_one_near_does(tries: list[tuple[int, int]]) -> None:
    phone, now, used = device(), NOW, set()
    for waited, ahead in tries:
        now += timedelta(seconds=waited * STEP)
        step = step_at(now) + ahead
        position = after_code(phone, SEED, code(SEED, step), now)
        assert (position is not None) == (abs(ahead) <= 2 and step not in used)
        if position is not None:
            used.add(step)
            phone = replace(phone, **position)


@settings(max_examples=30, deadline=None)
@given(st.integers(-2, 2))
def test_after_two_codes_none_of_before_works(ahead: int) -> None:
    position = after_pair(device(), SEED, *pair(HERE + ahead), NOW)
    assert position is not None
    phone = replace(device(), **position)
    for step in range(HERE - 2, HERE + 3):
        assert (after_code(phone, SEED, code(SEED, step), NOW) is None) == (step <= HERE + ahead)
