"""What queries found is kept for a while."""

from __future__ import annotations

from datetime import timedelta

from tests.store.samples import ACCOUNT, LATER, NOW, OTHER, Opener, on_loop, prepared


class Results:
    """Results are kept by account, and forgotten in time."""

    @on_loop
    async def test_results_are_the_accounts_own(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.keep_result(ACCOUNT, "q", NOW, b"\x00one", NOW)
            await store.keep_result(ACCOUNT, "q", NOW, b"\x00two", NOW)
            assert await store.result(ACCOUNT, "q") == b"\x00two"
            assert await store.result(OTHER, "q") is None

    @on_loop
    async def test_old_results_are_forgotten(self, opener: Opener) -> None:
        async with prepared(opener) as store:
            await store.keep_result(ACCOUNT, "old", NOW - timedelta(days=8), b"", NOW - timedelta(days=9))
            await store.keep_result(OTHER, "new", LATER, b"x", NOW)
            assert await store.result(ACCOUNT, "old") is None
            assert await store.result(OTHER, "new") == b"x"
