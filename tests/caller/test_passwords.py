"""Hashes of passwords, and how long a password may be used."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from iamd.caller.passwords import (
    FORGIVEN,
    Lockout,
    Standing,
    among,
    expiry,
    hashed,
    locked,
    matches,
    standing,
)
from iamd.store.kinds.sign_in import LoginProfile, PasswordPolicy

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_hash_knows_its_password_only() -> None:
    first, second = hashed("Übung-1"), hashed("Übung-1")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert matches(first, "Übung-1")
    assert not matches(first, "Übung-2")
    assert among([hashed("x"), first], "Übung-1")
    assert not among([], "Übung-1")


def test_wrong_passwords_in_a_row_lock_a_user_out_for_a_time() -> None:
    lockout, tried = Lockout(3, timedelta(minutes=1)), profile()
    for _ in range(2):
        tried = replace(tried, **lockout.after_failure(tried, NOW))
        assert not locked(tried, NOW)
    tried = replace(tried, **lockout.after_failure(tried, NOW))
    assert locked(tried, NOW + timedelta(minutes=1) - SECOND)
    assert not locked(tried, NOW + timedelta(minutes=1))
    assert not locked(replace(tried, **FORGIVEN), NOW)
    again = replace(tried, **lockout.after_failure(tried, NOW + timedelta(minutes=1)))
    assert again.failures == 1


def test_there_may_be_no_lockout() -> None:
    tried = profile()
    for _ in range(100):
        tried = replace(tried, **Lockout().after_failure(tried, NOW))
    assert not locked(tried, NOW)


def profile(**fields: bool) -> LoginProfile:
    return LoginProfile("1", "AIDA1", NOW, "", NOW, **fields)


def test_a_password_expires_days_after_it_was_set() -> None:
    assert expiry(profile(), None) is None
    assert expiry(profile(), PasswordPolicy("1")) is None
    assert expiry(profile(), PasswordPolicy("1", max_age=90)) == NOW + timedelta(days=90)


@pytest.mark.parametrize(
    ("policy", "late", "reset", "expected"),
    [
        (None, timedelta(days=9999), False, Standing.GOOD),
        (None, timedelta(0), True, Standing.MUST_CHANGE),
        (PasswordPolicy("1", max_age=1), timedelta(days=1) - SECOND, False, Standing.GOOD),
        (PasswordPolicy("1", max_age=1), timedelta(days=1), False, Standing.MUST_CHANGE),
        (PasswordPolicy("1", max_age=1, hard_expiry=True), timedelta(days=1), False, Standing.EXPIRED),
        (PasswordPolicy("1", max_age=1, hard_expiry=True), timedelta(0), True, Standing.MUST_CHANGE),
        (PasswordPolicy("1", hard_expiry=True), timedelta(days=9999), False, Standing.GOOD),
    ],
)
def test_where_a_user_stands(policy: PasswordPolicy | None, late: timedelta, reset: bool, expected: Standing) -> None:
    assert standing(profile(reset_required=reset), policy, NOW + late) is expected
