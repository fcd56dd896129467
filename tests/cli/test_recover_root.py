"""`iamd recover-root`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamd.caller.passwords import matches
from iamd.cli.main import main
from iamd.store import Change
from iamd.store.image import Records
from iamd.store.kinds.sign_in import MfaDevice, Passkey
from iamd.store.records import Account
from tests import elsewhere
from tests.hostile.trail import recorded

NOW = datetime.now(UTC)
ONE, TWO = "111111111111", "222222222222"


def add(change: Change, account_id: str, email: str) -> None:
    records = change.create(account_id)
    records.accounts.add(Account(account_id, NOW, email=email))
    records.mfa_devices.add(MfaDevice(account_id, "phone", "/", b"", NOW, owner_id=account_id, enabled=NOW))
    serial = f"arn:aws:iam::{account_id}:u2f/root-account/key-A"
    records.passkeys.add(Passkey(account_id, f"k{account_id}", account_id, serial, "localhost", b"", 0, (), NOW))


def stored(data: Path, *accounts: tuple[str, str]) -> dict[str, Records]:
    """Add accounts with that e-mail address each; the records of all."""

    async def run() -> dict[str, Records]:
        store = elsewhere.open_store(data)
        await store.start()
        try:
            for account_id, email in accounts:
                await store.write(lambda change, a=account_id, e=email: add(change, a, e))
            return {id: await store.load(id) for id in store.account_ids()}
        finally:
            await store.close()

    return asyncio.run(run())


def test_the_root_user_gets_in_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(tmp_path, (ONE, ""))
    assert main(["recover-root", "--data-dir", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["email"] == "root@iamd.internal"
    assert told["removedDevices"] == [f"arn:aws:iam::{ONE}:mfa/phone", f"arn:aws:iam::{ONE}:u2f/root-account/key-A"]
    records = stored(tmp_path)[ONE]
    assert records.account.email == told["email"]
    assert matches(records.account.root_password or "", told["password"])
    assert not records.passkeys.count("owner", ONE)
    assert not records.mfa_devices.count("owner", ONE)
    [event] = recorded(tmp_path)
    assert (event["eventName"], event["userIdentity"]["invokedBy"]) == ("RecoverRootUser", "iamd recover-root")
    assert told["password"] not in json.dumps(event)


def test_two_root_users_never_have_one_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(tmp_path, (ONE, "one@example.com"), (TWO, "two@example.com"))
    told = ["recover-root", "--data-dir", str(tmp_path), "--account", TWO]
    assert main([*told, "--email", "One@example.com"]) == 2
    assert "is the root user's address of account" in capsys.readouterr().err
    assert main([*told, "--email", "new@example.com"]) == 0
    assert "new@example.com" in capsys.readouterr().out
    assert stored(tmp_path)[TWO].account.email == "new@example.com"
