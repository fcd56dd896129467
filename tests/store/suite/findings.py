"""Findings, and what detections remember."""

from __future__ import annotations

from datetime import timedelta

from iamd.store.interface import KeptFinding, Remembered
from tests.store.samples import ACCOUNT, LATER, NOW, OTHER, Opener, on_loop, prepared


class Findings:
    """Findings are kept with what led to them; two processes never both do so."""

    @on_loop
    async def test_findings_and_memories_go_together(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            first = Remembered(ACCOUNT, 7, b"\x00seven")
            assert await store.remember([first], [KeptFinding(ACCOUNT, "f", NOW, b"one")], NOW)
            assert not await store.remember([first], [KeptFinding(ACCOUNT, "g", NOW, b"lost")], NOW)
            assert await store.remembered() == [Remembered(ACCOUNT, 7, b"\x00seven", 7)]
            second = Remembered(ACCOUNT, 9, b"nine", 7)
            assert await store.remember([second], [KeptFinding(ACCOUNT, "f", LATER, b"two")], NOW)
            assert await store.findings(ACCOUNT) == [KeptFinding(ACCOUNT, "f", LATER, b"two")]
            assert await store.findings(OTHER) == []

    @on_loop
    async def test_what_was_archived_stays_so(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.remember([], [KeptFinding(ACCOUNT, "f", NOW, b"one"), KeptFinding(OTHER, "f", NOW, b"")], NOW)
            assert await store.archive_finding(ACCOUNT, "f", True)
            assert not await store.archive_finding(ACCOUNT, "none", True)
            await store.remember([], [KeptFinding(ACCOUNT, "f", LATER, b"two")], NOW)
            assert await store.findings(ACCOUNT, "f") == [KeptFinding(ACCOUNT, "f", LATER, b"two", True)]
            assert await store.findings(OTHER) == [KeptFinding(OTHER, "f", NOW, b"")]

    @on_loop
    async def test_old_findings_are_forgotten(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.remember(
                [], [KeptFinding(ACCOUNT, "old", NOW - timedelta(days=1), b"")], NOW - timedelta(days=2)
            )
            await store.remember([], [KeptFinding(ACCOUNT, "new", NOW, b"")], NOW)
            assert [each.id for each in await store.findings(ACCOUNT)] == ["new"]
