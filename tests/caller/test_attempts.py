"""How often a secret may be tried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from iamd.caller.attempts import MOST, Attempts

START = datetime(2026, 11, 21, tzinfo=UTC)
END = START + timedelta(seconds=179)


def test_nine_tries_in_each_three_minutes() -> None:
    attempts = Attempts()
    assert all(attempts.count("phone", str(number), START) for number in range(MOST))
    assert not attempts.count("phone", "tenth", END)
    assert attempts.count("other", "first", END)
    assert attempts.count("phone", "tenth", END + timedelta(seconds=1))


def test_a_try_that_is_made_again_or_was_right_does_not_count() -> None:
    attempts = Attempts()
    assert all(attempts.count("phone", "same", START) for _ in range(2 * MOST))
    assert all(attempts.count("phone", str(number), START) for number in range(MOST - 1))
    assert not attempts.count("phone", "one more", START)
    attempts.forgive("phone", "same")
    assert attempts.count("phone", "one more", START)
    attempts.clear()
    assert attempts.count("phone", "again", START)
