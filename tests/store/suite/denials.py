"""Denials are kept for a day, with their documents as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from iamd.store.sql import writing
from tests.store.samples import ACCOUNT, NOW, OTHER, Opener, on_loop, prepared, running


@dataclass(frozen=True)
class Refusal:
    """A denial that was decided on those documents."""

    id: str
    texts: Mapping[str, str] = field(default_factory=lambda: {"d1": "one"})

    def encode(self) -> bytes:
        return " ".join(self.texts).encode()

    def documents(self) -> Mapping[str, str]:
        return self.texts


def needed(record: bytes) -> list[str]:
    return record.decode().split()


class Denials:
    """What was denied can be read by all, for a day."""

    @on_loop
    async def test_a_denial_is_read_with_its_documents_by_other_processes(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            store.denied(ACCOUNT, NOW, Refusal("a", {"d1": "one", "d2": "two"}))
            store.denied(OTHER, NOW, Refusal("b", {"d1": "one"}))
            kept = await store.denial("a", needed)
            assert kept is not None
            assert (kept.account_id, kept.time, kept.documents) == (ACCOUNT, NOW, {"d1": "one", "d2": "two"})
            assert await store.denial("c", needed) is None
            async with running(opener()) as late:
                assert await late.denial("a", needed) == kept

    @on_loop
    async def test_it_is_kept_for_a_day_and_its_documents_with_it(self, opener: Opener) -> None:
        day = timedelta(days=1)
        async with prepared(opener) as store:
            for number in range(40):  # one in half an hour: documents are noted as used at most once an hour
                store.denied(ACCOUNT, NOW + timedelta(minutes=30 * number), Refusal(f"a{number}", {"d1": "one"}))
                await store.flush()
            store.denied(ACCOUNT, NOW + day, Refusal("b", {"d2": "two"}))
            assert await store.denial("a0", needed) is not None
            store.denied(ACCOUNT, NOW + day + timedelta(minutes=2), Refusal("c", {"d2": "two"}))
            assert await store.denial("a0", needed) is None
            store.denied(ACCOUNT, NOW + day + timedelta(minutes=30 * 39), Refusal("d", {"d2": "two"}))
            last = await store.denial("a39", needed)
            assert last is not None
            assert last.documents == {"d1": "one"}

    @on_loop
    async def test_the_newest_stay_when_there_are_too_many(
        self, opener: Opener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writing, "MAX_DENIALS", 3)
        async with prepared(opener) as store:
            store.denied(OTHER, NOW, Refusal("other"))
            for number in range(5):
                store.denied(ACCOUNT, NOW, Refusal(f"a{number}"))
            assert [await store.denial(f"a{number}", needed) is not None for number in range(5)] == [
                *(False, False),
                *(True, True, True),
            ]
            assert await store.denial("other", needed) is not None
