"""`iamd history`: what changed, and on demand what the server noted of its own work."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamd.cli.main import main
from iamd.store import Change
from iamd.store.kinds.trails import TrailDelivery
from iamd.store.records import Account, User
from tests import elsewhere

ACCOUNT = "123456789012"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two users, made before and after nine deliveries."""

    def account(change: Change) -> None:
        change.create(ACCOUNT).accounts.add(Account(ACCOUNT, NOW))

    async def fill() -> None:
        store = elsewhere.open_store(tmp_path)
        await store.start()
        await store.write(account)
        await store.write(lambda change: change.records(ACCOUNT).users.add(User(ACCOUNT, "AIDA1", "ann", "/", NOW)))
        for number in range(9):
            made = TrailDelivery(ACCOUNT, f"us-east-1/{number}", number)
            await store.write(lambda change, made=made: change.records(ACCOUNT).trail_deliveries.add(made))  # type: ignore[misc]
        await store.write(lambda change: change.records(ACCOUNT).users.add(User(ACCOUNT, "AIDA2", "bob", "/", NOW)))
        await store.close()

    asyncio.run(fill())
    return tmp_path


def told(folder: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> list[list[str]]:
    assert main(["history", "--json", "--data-dir", str(folder), *flags]) == 0
    return [json.loads(line)["changes"] for line in capsys.readouterr().out.splitlines()]


def test_the_servers_own_notes_are_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(folder, capsys, "-n", "2") == [["users ann added"], ["users bob added"]]
    assert len(told(folder, capsys)) == 3
    assert len(told(folder, capsys, "--all")) == 12
    assert told(folder, capsys, "--all", "-n", "2")[0] == ["trail deliveries us-east-1/8 added"]
