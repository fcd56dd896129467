"""`iamd unlock`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from iamd.cli.main import main
from iamd.store import Change
from iamd.store.kinds.sign_in import LoginProfile
from iamd.store.records import Account, User
from tests import elsewhere
from tests.hostile.trail import recorded

NOW = datetime.now(UTC)
ONE, TWO = "111111111111", "222222222222"


def add(change: Change, account_id: str, locked_until: datetime | None) -> None:
    records = change.create(account_id)
    records.accounts.add(Account(account_id, NOW))
    for name, id in (("alice", f"AIDA{account_id}"), ("nopassword", f"AIDB{account_id}")):
        records.users.add(User(account_id, id, name, "/", NOW))
    profile = LoginProfile(account_id, f"AIDA{account_id}", NOW, "", NOW, failures=2, locked_until=locked_until)
    records.login_profiles.add(profile)


def stored(data: Path, *accounts: tuple[str, datetime | None]) -> dict[str, Any]:
    """Add accounts with a user each; returns every login profile by account."""

    async def run() -> dict[str, Any]:
        store = elsewhere.open_store(data)
        await store.start()
        try:
            for account_id, locked_until in accounts:
                await store.write(lambda change, a=account_id, until=locked_until: add(change, a, until))
            return {id: next(iter((await store.load(id)).login_profiles)) for id in store.account_ids()}
        finally:
            await store.close()

    return asyncio.run(run())


def test_a_locked_out_user_may_try_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(tmp_path, (ONE, NOW + timedelta(hours=1)))
    assert main(["unlock", "ALICE", "--data-dir", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"user": "ALICE", "wasLocked": True}
    profile = stored(tmp_path)[ONE]
    assert (profile.failures, profile.locked_until) == (0, None)
    [event] = recorded(tmp_path)
    assert (event["eventName"], event["recipientAccountId"]) == ("UnlockUser", ONE)
    assert event["userIdentity"]["invokedBy"] == "iamd unlock"
    assert main(["unlock", "alice", "--data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "alice was not locked out, and may try its password.\n"


def test_where_there_are_several_accounts_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(tmp_path, (ONE, NOW + timedelta(hours=1)), (TWO, NOW + timedelta(hours=1)))
    assert main(["unlock", "alice", "--data-dir", str(tmp_path)]) == 2
    assert "--account" in capsys.readouterr().err
    assert main(["unlock", "alice", "--account", TWO, "--data-dir", str(tmp_path)]) == 0
    profiles = stored(tmp_path)
    assert profiles[ONE].locked_until is not None
    assert profiles[TWO].locked_until is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bob"], f"account {ONE} has no user bob with a password"),
        (["nopassword"], f"account {ONE} has no user nopassword with a password"),
        (["alice", "--account", TWO], f"there is no account {TWO}"),
    ],
)
def test_who_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    stored(tmp_path, (ONE, None))
    assert main(["unlock", *arguments, "--data-dir", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.embedded("its file is not there")
def test_a_database_is_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["unlock", "alice", "--data-dir", str(tmp_path / "none")]) == 2
    assert "there is no database" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
