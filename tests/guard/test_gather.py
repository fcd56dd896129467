"""What is kept of callers, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from iamd.caller.caller import Caller, CallerKind
from iamd.caller.session import Session
from iamd.guard.gather import Snapshots
from iamd.store.image import Records
from iamd.store.records import Account

ACCOUNT, NOW = "111111111111", datetime(2026, 11, 22, tzinfo=UTC)
POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'


def caller(number: int, policy: str | None = POLICY) -> Caller:
    key = f"ASIA{number}"
    session = Session(
        kind="role",
        account_id=ACCOUNT,
        access_key_id=key,
        secret_access_key="secret",
        principal_id="AROA",
        principal_name="App",
        session_name="s",
        issued=NOW,
        expires=NOW + timedelta(hours=1),
        policy=policy,
    )
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/App/s"
    return Caller(
        CallerKind.ROLE, ACCOUNT, "AROA", "App", arn, f"arn:aws:iam::{ACCOUNT}:role/App", "AROA:s", key, session
    )


def test_snapshots_are_bounded_by_bytes_and_the_oldest_go_first() -> None:
    records = Records(ACCOUNT)
    records.accounts.add(Account(ACCOUNT, NOW))
    snapshots = Snapshots(20_000)
    first = snapshots.of(caller(0), records, None)
    assert snapshots.of(caller(0), records, None) is first
    records.generation += 1  # what is made again counts once
    first = snapshots.of(caller(0), records, None)
    second = snapshots.of(caller(1), records, None)
    for number in range(2, 4):
        snapshots.of(caller(number), records, None)
    assert snapshots.of(caller(0), records, None) is first
    long = snapshots.of(caller(9, POLICY.replace('"*"', f'"arn:aws:s3:::{"x" * 1_500}"')), records, None)
    assert snapshots.of(caller(9, POLICY), records, None) is long
    assert snapshots.of(caller(1), records, None) is not second
    snapshots.clear()
    assert snapshots.of(caller(9), records, None) is not long
