"""What a server does beside answering requests, of which it may get none."""

from __future__ import annotations

import asyncio
from pathlib import Path

from iamd.store.store import Store
from tests.live import ACCOUNT, live

WITHIN = 30.0  # seconds


async def _sees(store: Store, user: str) -> None:
    """Return when the user is in the records that are in memory."""
    async with asyncio.timeout(WITHIN):
        while all(each.name != user for each in (await store.load(ACCOUNT)).users):
            await asyncio.sleep(0.02)


def test_a_server_that_nobody_asks_hears_of_the_changes_that_another_makes(tmp_path: Path) -> None:
    with (
        live(in_memory=False, data_dir=str(tmp_path)) as idle,
        live(in_memory=False, data_dir=str(tmp_path)) as asked,
    ):
        idle.run(idle.realm.store.load(ACCOUNT))
        asked.client("iam").create_user(UserName="alice")
        idle.run(_sees(idle.realm.store, "alice"))
